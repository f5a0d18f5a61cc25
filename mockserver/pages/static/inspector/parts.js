// Pieces that several views are made of.

import { h, icon } from "./dom.js";
import { clockTime, fullTime, shortTime, toneOf, words } from "./format.js";

/** A status with a dot in its colour. */
export const pill = (status, tone = toneOf(status)) => h("span", { class: `pill ${tone}` }, words(String(status)));

/** A moment; the whole of it for those who point at it. */
export const moment = (time, now) => h("time", { datetime: time, title: fullTime(time) }, now ? shortTime(time, now) : clockTime(time));

/** Text that others wrote: isolated, so that right-to-left marks in it move nothing beside it. */
export const foreign = (text) => h("bdi", {}, text);

/** A button that does one thing, and cannot be pressed again until it is done. */
export function button(app, label, doing, { name = label, kind = "", picture = null, ...attributes } = {}) {
  const isBusy = app.busy.has(name);
  const press = () => !app.busy.has(name) && app.act(name, doing);
  return h(
    "button",
    { type: "button", class: `button ${kind}`, "aria-disabled": isBusy && "true", on: { click: press }, ...attributes },
    picture && icon(picture),
    h("span", {}, label),
  );
}

/** An identifier that can be copied. */
export function identifier(app, text, label = "identifier") {
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    app.say("Copied.");
  };
  return h(
    "span",
    { class: "identifier" },
    h("code", {}, text),
    navigator.clipboard && h("button", { type: "button", class: "icon-button", "aria-label": `Copy ${label}`, on: { click: copy } }, icon("copy")),
  );
}

/** Terms and what they are; those of which nothing is known are left out. */
export function facts(entries) {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, known.map(([term, value]) => h("div", { key: term }, h("dt", {}, term), h("dd", {}, value))));
}

const headed = (heading) => (title, ...content) => h("section", { key: title, class: "section" }, h(heading, {}, title), ...content);

/** A part of a page with a heading, and a part of such a part. */
export const part = headed("h2");
export const section = headed("h3");

/** A JSON value, its names and values told apart by colour. */
export function json(value, label) {
  if (value === null || value === undefined) return h("p", { class: "hint" }, "Not shown: empty, too long, or no JSON that could be masked.");
  const text = JSON.stringify(value, null, 2);
  const tokens = text.split(/("(?:[^"\\]|\\.)*"(?=:)|"(?:[^"\\]|\\.)*"|\b(?:true|false|null|-?\d[\d.eE+-]*)\b)/);
  const coloured = tokens.slice(0, 4000).map((token, index) => {
    if (index % 2 === 0) return token;
    const kind = token.startsWith('"') ? (tokens[index + 1]?.startsWith(":") ? "name" : "string") : "number";
    return h("span", { class: kind }, token);
  });
  return h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, coloured, tokens.slice(4000).join(""));
}

/** Plain text in a box that scrolls. */
export const verbatim = (text, label) => h("pre", { class: "code", tabindex: "0", role: "region", "aria-label": label }, text);

/** Header fields. */
export function fields(headers) {
  const entries = Object.entries(headers);
  if (!entries.length) return h("p", { class: "hint" }, "No header fields.");
  return h("dl", { class: "fields" }, entries.map(([name, value]) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, foreign(value)))));
}

/** Something that is opened and closed. */
export const fold = (key, summary, isOpen, ...content) => h("details", { key, open: isOpen, class: "fold" }, h("summary", {}, summary), h("div", { class: "fold-content" }, ...content));

/** A labelled control. */
export function field(label, control, hint = null) {
  const hinted = hint ? { ...control, attributes: { ...control.attributes, "aria-describedby": `${control.attributes.id}-hint` } } : control;
  return h("div", { class: "field" }, h("label", { for: control.attributes.id }, label), hinted, hint && h("p", { class: "hint", id: `${control.attributes.id}-hint` }, hint));
}

/** A choice: pairs of value and label, `current` being the one that is chosen. */
export function select(id, options, current, change, attributes = {}) {
  const items = options.map(([value, label]) => h("option", { key: value, value }, label));
  return h("select", { id, class: "input", current, on: { change: (event) => change(event.target.value) }, ...attributes }, items);
}

/** Where there is nothing to show. */
export const empty = (title, ...sentences) => h("div", { key: "empty", class: "empty" }, h("p", { class: "empty-title" }, title), sentences.map((sentence) => h("p", {}, sentence)));

/** Prose in which `code` stands between backticks. */
export function prose(text) {
  const pieces = text.split("`").map((piece, index) => (index % 2 ? h("code", {}, piece) : piece));
  return h("p", { class: "prose" }, pieces);
}

/** A list to choose from, and beside it what was chosen. `rows` are `{ id, content, tone }`. */
export function masterDetail(app, { view, title, tools = [], rows, none, detail, heading }) {
  const { id } = app.route;
  const items = rows.map((row) =>
    h("li", { key: row.id }, h("a", { class: `row ${row.tone ?? ""}`, href: app.link(view, row.id), "aria-current": row.id === id && "true" }, row.content)),
  );
  return h(
    "div",
    { key: `${app.route.namespace}/${view}`, class: "split", "data-open": id !== null },
    h(
      "section",
      { key: "list", class: "list", "aria-label": title },
      h("header", { class: "list-head" }, h("h1", { tabindex: "-1" }, title), h("div", { class: "tools" }, tools)),
      items.length ? h("ul", { key: "rows", class: "rows", on: { keydown: walk } }, items) : none,
    ),
    h(
      "article",
      { key: `detail ${id}`, class: "detail", "aria-label": id === null ? heading : undefined },
      id !== null && h("a", { key: "back", class: "back", href: app.link(view) }, icon("back"), title),
      detail,
    ),
  );
}

function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const neighbour = step && event.target.closest("li")?.[step]?.querySelector("a");
  if (!neighbour) return;
  event.preventDefault();
  neighbour.focus();
}

/** What was asked for is not there, or not any more. */
export const gone = (what) => empty(`This ${what} is not here`, "It may have been dropped to make room, or belong to another namespace.");
