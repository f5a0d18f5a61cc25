// Sessions: what happened to each, and the bank in the developer's hands.

import { path } from "./api.js";
import { h, icon } from "./dom.js";
import { brief, eventName, money, shortTime, words } from "./format.js";
import { button, empty, facts, field, foreign, gone, identifier, masterDetail, moment, pill, section, select } from "./parts.js";
import { PACES } from "./vocabulary.js";

const STATUSES = ["open", "processing", "completed", "failed", "expired", "cancelled"];
const OUTCOME_TONES = { success: "good", accepted_late: "good", abandoned: "idle", waiting: "busy" };
const STEPS = {
  initiate: "The bank begins the payment",
  consent: "The payer consents",
  submit: "The bank submits the payment",
  accept: "The bank accepts the payment",
  complete: "The payment completes",
  fail: "The payment fails",
  never: "Nothing more, until the deposit times out",
};

export const title = "Sessions";

export async function load(app) {
  const { id } = app.route;
  const { status } = app.filters("sessions");
  const [{ sessions }, { outcomes }, session] = await Promise.all([
    app.api.get(status ? `sessions?${new URLSearchParams({ status })}` : "sessions"),
    app.api.get("outcomes"),
    id && app.find(`sessions/${path(id)}`),
  ]);
  return { sessions, outcomes, session };
}

export function show(app, { sessions, outcomes, session }) {
  const { status = "" } = app.filters("sessions");
  const choices = [["", "All"], ...STATUSES.map((each) => [each, words(each)])];
  return masterDetail(app, {
    view: "sessions",
    title,
    tools: [select("session-status", choices, status, (value) => app.filter("sessions", { status: value }), { "aria-label": "Status" })],
    rows: sessions.map((each) => ({ id: each.sessionId, content: row(app, each) })),
    none: status
      ? empty(`No session is ${status}`)
      : empty("No sessions yet", "Create one through the session API: it appears here by itself. The terminal that started the mock server shows a command to paste."),
    detail: app.route.id === null ? empty("Choose a session", "Its timeline, its webhooks, and a bank that does what you say.") : session ? detail(app, session, outcomes) : gone("session"),
    heading: "Session",
  });
}

function row(app, session) {
  return [
    h("span", { class: "row-main" }, h("strong", {}, money(session.amount, session.currency)), pill(session.status)),
    h("span", { class: "row-more" }, h("span", {}, `${session.partner} · ${session.type} · ${brief(session.sessionId)}`), moment(session.createdAt, app.now())),
  ];
}

function detail(app, session, outcomes) {
  const isPlayable = session.status === "open" && !session.deposit;
  return [
    h(
      "header",
      { key: "head", class: "detail-head" },
      h("div", { class: "detail-title" }, h("h2", { tabindex: "-1" }, money(session.amount, session.currency)), pill(session.status)),
      identifier(app, session.sessionId, "session identifier"),
      session.status === "open" && session.sessionUrl && checkoutLink(session.sessionUrl),
    ),
    isPlayable && play(app, session, outcomes),
    session.nextStep && step(app, session),
    section("Timeline", timeline(app, session)),
    section("Details", details(app, session)),
  ];
}

function checkoutLink(address) {
  if (!/^https?:\/\//.test(address)) return null;
  return h("a", { class: "button", href: address, target: "_blank", rel: "noopener noreferrer" }, h("span", {}, "Open checkout"), icon("away"), h("span", { class: "visually-hidden" }, "(new tab)"));
}

function play(app, session, outcomes) {
  const { pace = "" } = app.filters("play");
  const paces = [["", "Pace: as set"], ...Object.entries(PACES)];
  const run = (outcome) => {
    const typed = Number(document.getElementById("play-amount")?.value);
    const body = { outcome: outcome.code, ...(pace && { pace }), ...(typed && { amount: typed }) };
    return app.api.post(`sessions/${path(session.sessionId)}/play`, body);
  };
  return section(
    "Play the payment",
    h(
      "div",
      { class: "controls" },
      select("play-pace", paces, pace, (value) => app.filter("play", { pace: value }), { "aria-label": "Pace" }),
      session.amount === null && field("Amount", h("input", { id: "play-amount", class: "input", type: "number", min: "0.01", step: "0.01", value: "5" })),
    ),
    h(
      "div",
      { class: "outcomes", role: "group", "aria-label": "Outcomes" },
      outcomes.map((outcome) =>
        h(
          "button",
          {
            key: outcome.code,
            type: "button",
            class: `outcome ${OUTCOME_TONES[outcome.code] ?? "bad"}`,
            title: outcome.description,
            "aria-disabled": app.busy.has("play") && "true",
            on: { click: () => !app.busy.has("play") && app.act("play", () => run(outcome)) },
          },
          outcome.title,
        ),
      ),
    ),
  );
}

function step(app, session) {
  const { action, dueAt } = session.nextStep;
  const when = dueAt ? `By itself at ${shortTime(dueAt, app.now())}, by the session clock.` : "It waits to be told to.";
  const go = () => app.api.post(`sessions/${path(session.sessionId)}/step`);
  return section(
    "Next",
    h(
      "div",
      { class: "next" },
      h("div", {}, h("p", { class: "next-title" }, STEPS[action] ?? words(action)), h("p", { class: "hint" }, action === "never" ? "Advance the clock to see it." : when)),
      action !== "never" && button(app, "Do this step", go, { kind: "primary", picture: "play" }),
    ),
  );
}

function timeline(app, session) {
  const left = [...session.deliveries];
  const takeFor = (entry) =>
    entry.eventTypes.map((type) => {
      const found = left.findIndex((delivery) => delivery.eventType === type && delivery.createdAt === entry.at);
      return found < 0 ? { eventType: type } : left.splice(found, 1)[0];
    });
  const entries = session.timeline.map((entry) => ({ ...entry, told: takeFor(entry) }));
  const others = left.map((delivery) => ({ at: delivery.createdAt, status: null, depositStatus: null, told: [delivery] }));
  const ordered = [...entries, ...others].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return h("ol", { class: "timeline" }, ordered.map((entry, index) => h("li", { key: index, class: `tone-${entry.status ?? entry.depositStatus ?? "open"}` }, happened(app, entry))));
}

function happened(app, { at, status, depositStatus, told }) {
  const what = status ? `Session ${status}` : depositStatus ? `Deposit ${depositStatus}` : "Told again";
  return [
    h("div", { class: "happened" }, h("strong", {}, what), status && depositStatus && h("span", { class: "hint" }, `deposit ${depositStatus}`), moment(at, app.now())),
    told.map((delivery, index) =>
      h(
        "div",
        { key: `told ${index}`, class: "told" },
        delivery.deliveryId ? h("a", { href: app.link("webhooks", delivery.deliveryId) }, eventName(delivery.eventType)) : h("span", {}, eventName(delivery.eventType)),
        delivery.status && pill(delivery.status),
      ),
    ),
  ];
}

function details(app, session) {
  const deposit = session.deposit ?? {};
  return facts([
    ["Partner", session.partner],
    ["Type", `${session.type}, customers managed by ${session.customerManagement === "partner" ? "the partner" : "Stable Mint"}`],
    ["Country", session.country],
    ["Customer", session.customerId && h("a", { href: app.link("customers", session.customerId) }, session.userId ? foreign(session.userId) : brief(session.customerId))],
    ["Created", moment(session.createdAt, app.now())],
    ["Expires", session.status === "open" && moment(session.expiresAt, app.now())],
    ["Reference", deposit.reference && identifier(app, deposit.reference, "reference")],
    ["Bank", session.bank && foreign(session.bank.name)],
    ["Method", deposit.paymentMethod && words(deposit.paymentMethod)],
    ["Failure", deposit.failureCode && `${deposit.failureCode}${deposit.failureReason ? `: ${deposit.failureReason}` : ""}`],
    ["Outcome", session.outcome && words(session.outcome)],
    ["Pace", session.pace && PACES[session.pace]],
    ["Partner's reference", session.websiteReference && foreign(session.websiteReference)],
    ["Idempotency key", session.idempotencyKey && foreign(session.idempotencyKey)],
    ["Custom fields", session.customFields && Object.keys(session.customFields).length > 0 && h("code", {}, JSON.stringify(session.customFields))],
  ].map(([term, value]) => [term, value || null]));
}
