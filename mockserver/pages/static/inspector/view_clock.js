// The session clock, what its last move set off, and the pace of payments.

import { h } from "./dom.js";
import { clockTime, day, eventName, span, words } from "./format.js";
import { button, field, moment, part, pill, select } from "./parts.js";
import { PACES } from "./vocabulary.js";

const STEPS = [["+1 minute", { minutes: 1 }], ["+5 minutes", { minutes: 5 }], ["+31 minutes", { minutes: 31 }], ["+1 hour", { hours: 1 }], ["+1 day", { days: 1 }]];
const UNITS = ["seconds", "minutes", "hours", "days"].map((unit) => [unit, unit]);
const MOST_LISTED = 200;

export const title = "Clock";

export async function load(app) {
  return app.api.get("settings");
}

export function show(app, { pace }) {
  return h(
    "div",
    { key: `${app.route.namespace}/clock`, class: "single" },
    h("h1", { tabindex: "-1" }, title),
    face(app),
    h("div", { class: "columns" }, part("Move it", ...moves(app)), part("Payments and data", ...settings(app, pace))),
    app.moved && part("What the last move set off", occurrences(app)),
  );
}

function face(app) {
  const { isFrozen, aheadSeconds } = app.clock;
  const toggle = isFrozen ? ["Resume", () => app.move("clock/resume")] : ["Freeze", () => app.move("clock/freeze")];
  return h(
    "div",
    { key: "face", class: `face ${isFrozen ? "frozen" : ""}` },
    h("p", { class: "face-time" }, h("time", {}, clockTime(app.now()))),
    h("p", { class: "face-day" }, day(app.now())),
    h("p", { class: "face-state" }, isFrozen ? pill("Frozen", "calm") : pill("Running", "good"), aheadSeconds >= 1 ? `${span(aheadSeconds)} ahead of real time` : "in step with real time"),
    button(app, ...toggle, { name: "toggle", picture: isFrozen ? "play" : "snow" }),
  );
}

function moves(app) {
  const { unit = "minutes" } = app.filters("clock");
  const advance = (event) => {
    event.preventDefault();
    const amount = Number(document.getElementById("advance-by").value);
    app.act("advance", () => app.move("clock/advance", { [unit]: amount }));
  };
  const set = (event) => {
    event.preventDefault();
    const typed = new Date(document.getElementById("set-to").value);
    if (Number.isNaN(typed.getTime())) app.say("Fill in a day and a time first.", true);
    else app.act("set", () => app.move("clock/set", { now: typed.toISOString() }));
  };
  return [
    h("div", { class: "chips", role: "group", "aria-label": "Usual steps" }, STEPS.map(([label, step]) => button(app, label, () => app.move("clock/advance", step), { key: label }))),
    h(
      "form",
      { key: "advance", class: "inline", novalidate: true, on: { submit: advance } },
      field("Advance by", h("input", { id: "advance-by", class: "input", type: "number", min: "0", step: "any", value: "30" })),
      select("advance-unit", UNITS, unit, (value) => app.filter("clock", { unit: value }), { "aria-label": "Unit" }),
      h("button", { class: "button" }, h("span", {}, "Advance")),
    ),
    h(
      "form",
      { key: "set", class: "inline", novalidate: true, on: { submit: set } },
      field("Set forwards to", h("input", { id: "set-to", class: "input", type: "datetime-local", step: "1" })),
      h("button", { class: "button" }, h("span", {}, "Set")),
    ),
    h("p", { class: "hint" }, "Expiry, time-outs and retries go by this clock, and happen as it passes them. Signatures stay on real time."),
  ];
}

function settings(app, pace) {
  const { asked = false } = app.filters("reset");
  const change = (value) => app.act("pace", () => app.api.put("settings", { pace: value }), "Saved.");
  const ask = (value) => app.filter("reset", { asked: value });
  const reset = async () => {
    await app.api.post("reset");
    ask(false);
  };
  return [
    field("Pace of payments", select("pace", Object.entries(PACES), pace, change), "When the steps of a payment happen, where its session does not say."),
    asked
      ? h(
          "div",
          { key: "asked", class: "asked", role: "group", "aria-label": "Reset" },
          h("p", {}, "Forget all sessions, webhooks, customers, faults and requests of this namespace?"),
          button(app, "Yes, forget them", reset, { kind: "danger" }),
          h("button", { type: "button", class: "button", on: { click: () => ask(false) } }, h("span", {}, "Keep them")),
        )
      : h("button", { key: "ask", type: "button", class: "button", on: { click: () => ask(true) } }, h("span", {}, "Reset this namespace…")),
  ];
}

function occurrences(app) {
  const { moved } = app;
  if (!moved.length) return h("p", { class: "hint" }, "Nothing was due.");
  return [
    h("ol", { class: "plain occurrences" }, moved.slice(0, MOST_LISTED).map((each, index) => h("li", { key: index }, occurrence(app, each)))),
    moved.length > MOST_LISTED && h("p", { class: "hint" }, `And ${moved.length - MOST_LISTED} more.`),
  ];
}

function occurrence(app, each) {
  if (each.kind === "transition") {
    return h("a", { class: "line", href: app.link("sessions", each.sessionId) }, moment(each.dueAt, app.now()), h("strong", {}, `Session ${each.status}`), h("span", { class: "hint" }, each.depositStatus ? `deposit ${each.depositStatus}` : ""), pill(each.status));
  }
  const came = each.answerStatus ? `answered ${each.answerStatus}` : (each.error ?? "nothing was sent");
  return h(
    "a",
    { class: "line", href: app.link("webhooks", each.deliveryId) },
    moment(each.dueAt, app.now()),
    h("strong", {}, eventName(each.eventType)),
    h("span", { class: "hint" }, each.attempt ? `attempt ${each.attempt}, ${came}` : words(came)),
    pill(each.deliveryStatus),
  );
}
