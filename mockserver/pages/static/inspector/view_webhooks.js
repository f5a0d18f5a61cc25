// Webhooks: each delivery with its attempts, sent again at the press of a button; and where they go.

import { path } from "./api.js";
import { h } from "./dom.js";
import { brief, eventName, shortTime, took, toneOfAnswer, words } from "./format.js";
import { button, empty, facts, field, fields, fold, foreign, gone, identifier, json, masterDetail, moment, pill, section, select, verbatim } from "./parts.js";

const STATUSES = ["pending", "delivered", "failed", "not_configured"];

export const title = "Webhooks";

export async function load(app) {
  const { id } = app.route;
  const { status } = app.filters("webhooks");
  const [{ deliveries }, delivery, endpoints] = await Promise.all([
    app.api.get(status ? `deliveries?${new URLSearchParams({ status })}` : "deliveries"),
    id && app.find(`deliveries/${path(id)}`),
    id ? [] : loadEndpoints(app),
  ]);
  return { deliveries, delivery, endpoints };
}

async function loadEndpoints(app) {
  const { partners } = await app.api.get("partners");
  return Promise.all(
    partners.slice(0, 20).map(async ({ partner }) => ({ partner, ...(await app.api.get(`partners/${path(partner)}/endpoints`)) })),
  );
}

export function show(app, { deliveries, delivery, endpoints }) {
  const { status = "" } = app.filters("webhooks");
  const choices = [["", "All"], ...STATUSES.map((each) => [each, words(each)])];
  const failed = deliveries.some((each) => each.status === "failed");
  return masterDetail(app, {
    view: "webhooks",
    title,
    tools: [
      failed && button(app, "Resend failed", () => app.api.post("deliveries/resend-failed")),
      select("delivery-status", choices, status, (value) => app.filter("webhooks", { status: value }), { "aria-label": "Status" }),
    ],
    rows: deliveries.map((each) => ({ id: each.deliveryId, content: row(app, each) })),
    none: status ? empty(`No webhook is ${words(status).toLowerCase()}`) : empty("No webhooks yet", "Play a session: every event of it is listed here, with each attempt to deliver it."),
    detail: app.route.id === null ? receivers(app, endpoints) : delivery ? detail(app, delivery) : gone("webhook"),
    heading: "Endpoints",
  });
}

function row(app, delivery) {
  const next = delivery.dueAt ? `next at ${shortTime(delivery.dueAt, app.now())}` : tries(delivery.attempts);
  return [
    h("span", { class: "row-main" }, h("strong", {}, eventName(delivery.eventType)), pill(delivery.status)),
    h("span", { class: "row-more" }, h("span", {}, `${delivery.partner} · ${brief(delivery.sessionId)} · ${next}`), moment(delivery.createdAt, app.now())),
  ];
}

const tries = (count) => (count === 1 ? "1 attempt" : `${count} attempts`);

function detail(app, delivery) {
  const resend = () => app.api.post(`deliveries/${path(delivery.deliveryId)}/resend`);
  const isSendable = delivery.status !== "not_configured";
  return [
    h(
      "header",
      { key: "head", class: "detail-head" },
      h("div", { class: "detail-title" }, h("h2", { tabindex: "-1" }, eventName(delivery.eventType)), pill(delivery.status)),
      identifier(app, delivery.eventId, "event identifier"),
      isSendable && button(app, delivery.status === "pending" ? "Send now" : "Resend", resend, { kind: "primary", name: "resend" }),
    ),
    !isSendable && h("p", { key: "never", class: "note" }, "No endpoint was set for this type when it arose, so it is never sent. Set one, and play another session."),
    section("Attempts", delivery.log.length ? attempts(app, delivery) : h("p", { class: "hint" }, "None was made yet.")),
    delivery.dueAt && h("p", { key: "due", class: "note" }, "The next attempt is due at ", moment(delivery.dueAt, app.now()), ", by the session clock."),
    section("Body", json(delivery.body, "Body of the event")),
    section(
      "Details",
      facts([
        ["Type", h("code", {}, delivery.eventType)],
        ["Partner", delivery.partner],
        ["Session", h("a", { href: app.link("sessions", delivery.sessionId) }, brief(delivery.sessionId))],
        ["Arose", moment(delivery.createdAt, app.now())],
        ["Delivery", identifier(app, delivery.deliveryId, "delivery identifier")],
      ]),
    ),
  ];
}

function attempts(app, delivery) {
  const latest = delivery.log.length - 1;
  return h(
    "ol",
    { class: "attempts" },
    delivery.log.map((attempt, index) => h("li", { key: index }, fold("attempt", summary(app, attempt), index === latest, ...exchange(attempt)))),
  );
}

function summary(app, attempt) {
  return [
    h("span", { class: `answer ${toneOfAnswer(attempt.answerStatus)}` }, attempt.answerStatus ?? "—"),
    h("span", { class: "attempt-url" }, h("strong", {}, `Attempt ${attempt.number}`), " ", attempt.behaviour && [pill(attempt.behaviour), " "], foreign(attempt.url)),
    h("span", { class: "attempt-when" }, took(attempt.durationSeconds), " · ", moment(attempt.startedAt, app.now())),
  ];
}

function exchange(attempt) {
  return [
    attempt.error && h("p", { class: "fault" }, attempt.error),
    h("h4", {}, "Request"),
    fields(attempt.requestHeaders),
    attempt.requestBody !== null && verbatim(attempt.requestBody, "Body of the request, as it was sent"),
    attempt.answerStatus !== null && [
      h("h4", {}, "Answer"),
      fields(attempt.answerHeaders),
      attempt.answerBody ? verbatim(attempt.answerBody, "Body of the answer") : h("p", { class: "hint" }, "Without a body."),
    ],
  ];
}

function receivers(app, endpoints) {
  return [
    h("header", { key: "head", class: "detail-head" }, h("h2", { tabindex: "-1" }, "Endpoints"), h("p", { class: "hint" }, "Where the events of each partner are sent. Types can have URLs of their own, by the control API.")),
    endpoints.map((each) => receiver(app, each)),
  ];
}

function receiver(app, { partner, endpoints }) {
  const urls = [...new Set(endpoints.map(({ url }) => url))];
  const id = `endpoint-${partner}`;
  const set = async () => {
    const url = document.getElementById(id).value.trim();
    const place = `partners/${path(partner)}/endpoints`;
    if (!url && urls.length > 1) throw new Error("Fill in the URL that all types are to go to.");
    return url ? app.api.put(place, { url }) : app.api.remove(place);
  };
  const save = (event) => {
    event.preventDefault();
    app.act(id, set, "Saved.");
  };
  const input = h("input", { key: urls.join(" "), id, class: "input", type: "url", placeholder: "http://localhost:3000/webhooks", value: urls.length === 1 ? urls[0] : "", autocomplete: "off", spellcheck: "false" });
  return h(
    "form",
    { key: partner, class: "receiver", novalidate: true, on: { submit: save } },
    field(partner, input, urls.length > 1 ? `${endpoints.length} types go to ${urls.length} URLs.` : null),
    h("button", { class: "button" }, h("span", {}, "Save")),
  );
}
