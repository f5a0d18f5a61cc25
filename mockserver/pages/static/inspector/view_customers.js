// Customers: whoever a partner's events call by one identifier.

import { path } from "./api.js";
import { h } from "./dom.js";
import { brief, money } from "./format.js";
import { empty, facts, foreign, gone, identifier, masterDetail, moment, pill, section } from "./parts.js";

export const title = "Customers";

export async function load(app) {
  const { id } = app.route;
  const [{ customers }, customer] = await Promise.all([app.api.get("customers"), id && app.find(`customers/${path(id)}`)]);
  return { customers, customer };
}

export function show(app, { customers, customer }) {
  return masterDetail(app, {
    view: "customers",
    title,
    rows: customers.map((each) => ({ id: each.customerId, content: row(app, each) })),
    none: empty("No customers yet", "A customer is known as soon as a session's payer is: at its creation, or at the identity step."),
    detail: app.route.id === null ? empty("Choose a customer", "Sessions, payments and saved banks.") : customer ? detail(app, customer) : gone("customer"),
    heading: "Customer",
  });
}

const called = (customer) => foreign(customer.userId ?? brief(customer.customerId));
const count = (number) => (number === 1 ? "1 session" : `${number} sessions`);

function row(app, customer) {
  return [
    h("span", { class: "row-main" }, h("strong", {}, called(customer)), h("span", { class: "hint" }, count(customer.sessionCount))),
    h("span", { class: "row-more" }, h("span", {}, customer.partner), moment(customer.latestSessionAt, app.now())),
  ];
}

function detail(app, customer) {
  return [
    h("header", { key: "head", class: "detail-head" }, h("div", { class: "detail-title" }, h("h2", { tabindex: "-1" }, called(customer))), identifier(app, customer.customerId, "customer identifier")),
    section("Sessions", h("ul", { class: "plain" }, customer.sessions.map((each) => h("li", { key: each.sessionId }, session(app, each))))),
    section("Payments", customer.payments.length ? h("ul", { class: "plain" }, customer.payments.map((each) => h("li", { key: each.reference }, payment(app, each)))) : none("No payment yet.")),
    section("Saved banks", customer.savedBanks.length ? h("ul", { class: "plain" }, customer.savedBanks.map((bank) => h("li", { key: bank.id, class: "line" }, h("strong", {}, foreign(bank.name)), h("code", {}, bank.ibanMasked)))) : none("No bank is saved: that takes a completed payment.")),
    section("Details", facts([["Partner", customer.partner], ["Partner's identifier", customer.userId && foreign(customer.userId)]])),
  ];
}

const none = (sentence) => h("p", { class: "hint" }, sentence);

function session(app, each) {
  return h("a", { class: "line", href: app.link("sessions", each.sessionId) }, h("strong", {}, money(each.amount, each.currency)), h("span", { class: "hint" }, brief(each.sessionId)), moment(each.createdAt, app.now()), pill(each.status));
}

function payment(app, each) {
  return h("a", { class: "line", href: app.link("sessions", each.sessionId) }, h("strong", {}, money(each.amount, each.currency)), h("span", { class: "hint" }, each.reference, " · ", foreign(each.bankName)), moment(each.createdAt, app.now()), pill(each.status));
}
