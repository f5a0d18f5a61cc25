// What several screens are made of.

import { icon, make, write } from "./dom.js";

/** The heading that names a screen, and takes the focus when the screen appears. */
export function heading(text) {
  return make("h2", { class: "title", tabindex: "-1" }, text);
}

/** A button that shows when its step is under way. It stays focusable, so that keyboards do not lose their place. */
export function stepButton({ label, busyLabel, kind = "primary", type = "button", onClick, part }) {
  const text = make("span", {}, label);
  const node = make("button", { class: `button ${kind}`, type, part: part ?? kind, on: onClick ? { click: onClick } : {} }, text);
  const spinner = make("span", { class: "spinner", "aria-hidden": "true" });
  return {
    node,
    rename(name) {
      label = name;
      write(text, name);
    },
    update(isBusy, isBlocked) {
      write(text, isBusy ? busyLabel : label);
      isBusy ? node.prepend(spinner) : spinner.remove();
      node.setAttribute("aria-disabled", String(isBlocked));
    },
  };
}

/** Where a step that went wrong is told, with a way to try again. */
export function problemNote() {
  const text = make("p");
  const again = make("button", { class: "button quiet small", type: "button" }, "Try again");
  const node = make("div", { class: "note problem", role: "alert", hidden: true });
  let shown = null;
  return {
    node,
    update(problem) {
      if (problem === shown) return;
      shown = problem;
      node.hidden = problem === null;
      if (problem === null) return node.replaceChildren();
      write(text, problem.text);
      again.onclick = problem.retry;
      node.replaceChildren(text, ...(problem.retry ? [again] : []));
    },
  };
}

/** A line that says that a step takes longer than usual. */
export function slowNote(text) {
  const node = make("p", { class: "note slow", role: "status" });
  return { node, update: (isSlow) => write(node, isSlow ? text : "") };
}

/** A labelled field with room for its fault. */
export function field({ label, hint = null, control }) {
  const name = control.getAttribute("name");
  control.id = `field-${name}`;
  const fault = make("p", { class: "fault", id: `fault-${name}` });
  const help = hint && make("p", { class: "hint", id: `hint-${name}` }, hint);
  control.setAttribute("aria-describedby", [help && help.id, fault.id].filter(Boolean).join(" "));
  const node = make("div", { class: "field" }, make("label", { for: control.id }, label), help, control, fault);
  return {
    node,
    control,
    complain(text) {
      write(fault, text ?? "");
      text ? control.setAttribute("aria-invalid", "true") : control.removeAttribute("aria-invalid");
    },
  };
}

/** The end of a payment: a sign, a heading, what it means, and what is next. */
export function ending({ sign, tone, title, text, rows = [], actions = [] }) {
  return make(
    "div",
    { class: `ending ${tone}` },
    make("div", { class: "sign" }, icon(sign)),
    heading(title),
    ...text.filter(Boolean).map((sentence) => make("p", { class: "lead" }, sentence)),
    rows.length > 0 && facts(rows),
    make("div", { class: "actions" }, ...actions),
    make("slot"),
  );
}

/** Pairs of a name and a value. */
export function facts(rows) {
  return make(
    "dl",
    { class: "facts" },
    ...rows.filter(([, value]) => value).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))),
  );
}
