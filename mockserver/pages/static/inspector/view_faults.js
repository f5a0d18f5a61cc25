// Faults for requests and misbehaviour of webhooks: what waits, and forms to add more.

import { path } from "./api.js";
import { h } from "./dom.js";
import { eventName, words } from "./format.js";
import { button, empty, field, foreign, pill, select } from "./parts.js";
import { BEHAVIOURS, EVENT_TYPES, OPERATIONS, PROBLEM_CODES } from "./vocabulary.js";

const KINDS = [["code", "Answer with a problem"], ["status", "Answer with a bare status"], ["drop", "Drop the connection"], ["delay", "Only delay"]];
const LASTING = new Set(["reorder", "delay", "stale_timestamp"]);

export const title = "Faults";

export async function load(app) {
  const [{ faults }, { behaviours }, { partners }] = await Promise.all([app.api.get("faults"), app.api.get("webhook-behaviours"), app.api.get("partners")]);
  return { faults, behaviours, partners: partners.map(({ partner }) => partner) };
}

export function show(app, data) {
  return h(
    "div",
    { key: `${app.route.namespace}/faults`, class: "single" },
    h("h1", { tabindex: "-1" }, title),
    h("p", { class: "hint lead" }, "Break things on purpose: each fault strikes so many requests, each misbehaviour so many attempts, and is gone."),
    h("div", { class: "columns" }, ofRequests(app, data), ofWebhooks(app, data)),
  );
}

const valueOf = (id) => document.getElementById(id)?.value.trim() ?? "";
const numberOf = (id) => Number(valueOf(id));
const left = (count) => (count === 1 ? "once more" : `${count} times more`);
const anyPartner = (partners) => [["", "Any partner"], ...partners.map((name) => [name, name])];

function ofRequests(app, { faults, partners }) {
  const clear = () => app.api.remove("faults");
  return h(
    "section",
    { key: "requests", class: "section panel" },
    h("div", { class: "section-head" }, h("h2", {}, "Requests"), faults.length > 0 && button(app, "Clear all", clear, { name: "clear faults" })),
    faults.length ? h("ul", { class: "plain" }, faults.map((fault) => h("li", { key: fault.faultId }, waiting(app, fault)))) : empty("No fault waits"),
    faultForm(app, partners),
  );
}

function waiting(app, fault) {
  const what = fault.code ?? (fault.status ? `Status ${fault.status}` : fault.drop ? "Dropped connection" : "Delay");
  const match = Object.values(fault.match).join(", ") || "any request of the session API";
  const delayed = fault.delaySeconds > 0 ? `${fault.delaySeconds} s delay · ` : "";
  return h(
    "div",
    { class: "line" },
    h("span", { class: "waiting" }, h("strong", {}, what, " "), fault.code && pill(String(fault.status), "bad"), h("span", { class: "hint" }, delayed, left(fault.remaining), " · ", foreign(match))),
    button(app, "Remove", () => app.api.remove(`faults/${path(fault.faultId)}`), { name: fault.faultId, "aria-label": `Remove ${what}` }),
  );
}

function faultForm(app, partners) {
  const { kind = "code", code = "service_unavailable", operation = "", partner = "" } = app.filters("fault");
  const keep = (name) => (value) => app.filter("fault", { [name]: value });
  const add = (event) => {
    event.preventDefault();
    const place = valueOf("fault-path");
    const match = { ...(place && { path: place }), ...(operation && { operationId: operation }), ...(partner && { partner }) };
    const delay = numberOf("fault-delay");
    const body = {
      ...(kind === "code" && { code }),
      ...(kind === "status" && { status: numberOf("fault-status") }),
      ...(kind === "drop" && { drop: true }),
      ...((delay > 0 || kind === "delay") && { delaySeconds: delay }),
      times: numberOf("fault-times"),
      ...(Object.keys(match).length > 0 && { match }),
    };
    app.act("add fault", () => app.api.post("faults", body), "The fault waits.");
  };
  return h(
    "form",
    { key: "form", class: "form", novalidate: true, on: { submit: add } },
    h("h3", {}, "Add a fault"),
    h(
      "div",
      { class: "grid" },
      field("What happens", select("fault-kind", KINDS, kind, keep("kind"))),
      kind === "code" && field("Problem", select("fault-code", PROBLEM_CODES.map((each) => [each, each]), code, keep("code"))),
      kind === "status" && field("Status", h("input", { key: "status", id: "fault-status", class: "input", type: "number", min: "400", max: "599", value: "502" })),
      field("For how many requests", h("input", { key: "times", id: "fault-times", class: "input", type: "number", min: "1", value: "1" })),
      field("After a delay, in seconds", h("input", { key: "delay", id: "fault-delay", class: "input", type: "number", min: "0", max: "120", step: "any", value: "0" })),
      field("Operation", select("fault-operation", [["", "Any of the session API"], ...OPERATIONS.map((each) => [each, each])], operation, keep("operation"))),
      field("Partner", select("fault-partner", anyPartner(partners), partner, keep("partner"))),
      field("Path", h("input", { key: "path", id: "fault-path", class: "input", placeholder: "/session/*", autocomplete: "off", spellcheck: "false" })),
    ),
    h("button", { class: "button primary" }, h("span", {}, "Add fault")),
  );
}

function ofWebhooks(app, { behaviours, partners }) {
  const clear = () => app.api.remove("webhook-behaviours");
  return h(
    "section",
    { key: "webhooks", class: "section panel" },
    h("div", { class: "section-head" }, h("h2", {}, "Webhooks"), behaviours.length > 0 && button(app, "Clear all", clear, { name: "clear behaviours", "aria-label": "Clear all of webhooks" })),
    behaviours.length ? h("ul", { class: "plain" }, behaviours.map((each) => h("li", { key: each.behaviourId }, misbehaviour(each)))) : empty("Webhooks behave"),
    behaviourForm(app, partners),
  );
}

function misbehaviour(each) {
  const types = each.eventTypes.length === EVENT_TYPES.length ? "any event" : each.eventTypes.map(eventName).join(", ");
  const lasting = each.seconds === null ? "" : `${each.seconds} s · `;
  return h("div", { class: "line" }, h("span", { class: "waiting" }, h("strong", {}, BEHAVIOURS[each.kind] ?? words(each.kind), " "), h("span", { class: "hint" }, lasting, left(each.remaining), " · ", types, each.partner ? ` of ${each.partner}` : "")));
}

function behaviourForm(app, partners) {
  const { kind = "duplicate", type = "", partner = "" } = app.filters("behaviour");
  const keep = (name) => (value) => app.filter("behaviour", { [name]: value });
  const add = (event) => {
    event.preventDefault();
    const seconds = valueOf("behaviour-seconds");
    const body = { kind, times: numberOf("behaviour-times"), ...(type && { eventTypes: [type] }), ...(partner && { partner }), ...(seconds && { seconds: Number(seconds) }) };
    app.act("add behaviour", () => app.api.post("webhook-behaviours", body), "The next attempt that fits misbehaves.");
  };
  return h(
    "form",
    { key: "form", class: "form", novalidate: true, on: { submit: add } },
    h("h3", {}, "Add a misbehaviour"),
    h(
      "div",
      { class: "grid" },
      field("What happens", select("behaviour-kind", Object.entries(BEHAVIOURS), kind, keep("kind"))),
      field("For how many attempts", h("input", { key: "times", id: "behaviour-times", class: "input", type: "number", min: "1", max: "1000", value: "1" })),
      LASTING.has(kind) && field("Seconds", h("input", { key: "seconds", id: "behaviour-seconds", class: "input", type: "number", min: "0", placeholder: kind === "stale_timestamp" ? "600" : "2" })),
      field("Event", select("behaviour-type", [["", "Any event"], ...EVENT_TYPES.map((each) => [each, eventName(each)])], type, keep("type"))),
      field("Partner", select("behaviour-partner", anyPartner(partners), partner, keep("partner"))),
    ),
    h("button", { class: "button primary" }, h("span", {}, "Add misbehaviour")),
  );
}
