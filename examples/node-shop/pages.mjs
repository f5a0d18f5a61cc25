// What the payer sees.
import { randomUUID } from "node:crypto";

export const PRODUCTS = {
  notebook: { name: "Dotted notebook", cents: 950 },
  pencils: { name: "Pencils, 6", cents: 480 },
  ink: { name: "Blue-black ink", cents: 790 },
};

export const COUNTRIES = { DE: "Germany", FR: "France", GB: "United Kingdom", NL: "Netherlands", ES: "Spain" };

const TOLD = {
  new: ["We could not reach the payment service", "You have not been charged. Try again, as often as you like: you pay once."],
  open: ["Pay for your order", "Choose your bank. You stay on this page."],
  processing: ["Your bank is at work", "You may close this page: your order is safe."],
  completed: ["Thank you, your order is paid", "We pack it today."],
  failed: ["The payment did not go through", "Your order was not sent. You can order again, with the same bank or another."],
  expired: ["The time to pay ran out", "Your order was not sent. You can order again."],
  cancelled: ["You cancelled the payment", "Your order was not sent. You can order again."],
};

const BADGES = { new: "not paid", open: "not paid", completed: "paid" };

export function shopPage() {
  const countries = Object.entries(COUNTRIES).map(([code, name]) => html`<option value="${code}">${name}</option>`);
  const products = Object.entries(PRODUCTS).map(
    ([id, { name, cents }]) => html`<li><form method="post" action="/orders">
        <img src="/${id}.svg" alt="" width="96" height="96">
        <h2>${name}</h2>
        <p class="price">${euros(cents)}</p>
        <input type="hidden" name="order" value="${randomUUID()}">
        <input type="hidden" name="product" value="${id}">
        <label>Your email address <input type="email" name="email" autocomplete="email" required></label>
        <label>Your bank’s country <select name="country">${countries}</select></label>
        <button>Buy for ${euros(cents)}</button>
      </form></li>`,
  );
  return page("Things to write with", html`<h1>Things to write with</h1>
      <p class="lead">Pay from your bank account, here on this page.</p>
      <ul class="products">${products}</ul>`);
}

export function orderPage(order, { api, mayBeTried }) {
  const [heading, explanation] = TOLD[order.status];
  const isPaidHere = order.status === "open" || order.status === "processing";
  const next = mayBeTried
    ? html`<form method="post" action="/orders/${order.id}/payment"><button>Try again</button></form>`
    : html`<a class="button" href="/">Back to the shop</a>`;
  return page(heading, html`<article class="order ${isPaidHere ? "wide" : ""}" data-status="${order.status}">
        <p class="badge">${BADGES[order.status] ?? order.status}</p>
        <h1>${heading}</h1>
        <p class="lead">${explanation}</p>
        <dl>
          <div><dt>Product</dt><dd>${order.product}</dd></div>
          <div><dt>Price</dt><dd>${euros(order.cents)}</dd></div>
          <div><dt>Order</dt><dd>${order.id.slice(0, 8)}</dd></div>
        </dl>
        ${isPaidHere ? widget(order, api) : next}
      </article>`);
}

/** The widget, with the attributes that the answer to the session's creation had for it. */
function widget({ country, cents, session }, api) {
  return html`<stable-payment-gateway session-id="${session.sessionId}" currency="EUR" country="${country}"
          deposit-amount="${(cents / 100).toFixed(2)}" site-id="paper-and-ink"
          allowed-payment-methods="${JSON.stringify(session.allowedPaymentMethods)}"
          saved-banks="${JSON.stringify(session.savedBanks)}"></stable-payment-gateway>
        <script type="module" src="/shop.js" data-gateway="${api}"></script>`;
}

function page(title, main) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Paper &amp; Ink</title>
    <link rel="icon" href="/mark.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/shop.css">
  </head>
  <body>
    <header><a href="/">Paper &amp; Ink</a></header>
    <main>${main}</main>
    <footer><p>Something went wrong with a payment? Write to <a href="mailto:help@shop.example">help@shop.example</a>
      and name your order.</p></footer>
  </body>
</html>
`.text;
}

function euros(cents) {
  return `€${(cents / 100).toFixed(2)}`;
}

/** Markup. Every value is escaped, unless it was made by this function itself. */
function html(strings, ...values) {
  const write = (value) => (value instanceof Markup ? value.text : Array.isArray(value) ? value.map(write).join("") : escape(value));
  return new Markup(String.raw({ raw: strings }, ...values.map(write)));
}

class Markup {
  constructor(text) {
    this.text = text;
  }
}

function escape(value) {
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
