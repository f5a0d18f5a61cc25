// A small shop that is paid in the widget, on a page of its own. Needs Node 18 or later, and nothing else.
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";

import { Orders } from "./orders.mjs";
import { COUNTRIES, PRODUCTS, orderPage, shopPage } from "./pages.mjs";
import { Payments, Refused, Unavailable } from "./payments.mjs";
import { NotGenuine, Webhooks } from "./webhooks.mjs";

const LARGEST_REQUEST = 1_000_000; // bytes; the largest event that the OpenAPI document allows is smaller
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PUBLIC = new URL("public/", import.meta.url);
const TYPES = { css: "text/css", js: "text/javascript", svg: "image/svg+xml" };

const api = setting("STABLEMINT_URL");
const orders = new Orders(process.env.SHOP_DATABASE ?? "orders.jsonl");
const payments = new Payments({
  url: api,
  apiKey: setting("STABLEMINT_API_KEY"),
  apiSecret: setting("STABLEMINT_API_SECRET"),
  privateKey: readFileSync(setting("STABLEMINT_PRIVATE_KEY")),
});
const webhooks = new Webhooks({
  keys: setting("STABLEMINT_WEBHOOK_KEYS").split(process.platform === "win32" ? ";" : ":").map((file) => readFileSync(file)),
  partnerName: process.env.STABLEMINT_PARTNER_NAME ?? "demo",
});

function setting(name) {
  if (!process.env[name]) throw new Error(`${name} is not set`); // better now than at the first payment
  return process.env[name];
}

const ROUTES = [
  ["GET", /^\/$/, () => html(shopPage())],
  ["POST", /^\/orders$/, async (request) => placeOrder(request, new URLSearchParams((await read(request)).toString()))],
  ["GET", /^\/orders\/([^/]+)$/, (request, id) => showOrder(find(id))],
  ["POST", /^\/orders\/([^/]+)\/payment$/, (request, id) => pay(find(id))],
  ["POST", /^\/webhooks$/, async (request) => receiveWebhook(request.headers, await read(request))],
  ["GET", /^\/([a-z]+\.[a-z]+)$/, (request, name) => file(name)],
];

/** The answer to a request: status, headers, body. */
function answer(request) {
  const { pathname } = new URL(request.url, "http://shop");
  for (const [method, path, handle] of ROUTES) {
    const match = path.exec(pathname);
    if (match && method === request.method) return handle(request, match[1]);
  }
  throw new HttpError(404);
}

/** The form names its order itself: sent twice, by a double click or a reload, it is one order. */
function placeOrder(request, form) {
  const [id, product, country, email] = ["order", "product", "country", "email"].map((name) => form.get(name) ?? "");
  const isOurs = UUID.test(id) && Object.hasOwn(PRODUCTS, product) && Object.hasOwn(COUNTRIES, country);
  if (!isOurs || !EMAIL.test(email)) throw new HttpError(400);
  const { name, cents } = PRODUCTS[product];
  const customer = customerOf(request);
  const order = orders.place({ id, product: name, cents, country, email, customer });
  return pay(order, { "Set-Cookie": `customer=${customer}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000` });
}

/** Who buys: the cookie stands for the account of somebody who has logged in. Never let a payer choose a `userId`. */
function customerOf(request) {
  const [, known] = /(?:^|; )customer=([0-9a-f-]{36})(?:;|$)/.exec(request.headers.cookie ?? "") ?? [];
  return known ?? randomUUID();
}

/** Get the session of an order, where it has none yet, and show the order, which is paid on its own page. */
async function pay(order, headers = {}) {
  if (orders.mayBeTried(order)) {
    try {
      orders.keepSession(order.id, await payments.createSession(order));
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof Refused)) throw error;
      console.error("no payment session:", error.message);
    }
  }
  return [303, { Location: `/orders/${order.id}`, ...headers }, ""];
}

/** What counts is what the API says: an event of the widget, like any page that is opened, proves nothing. */
async function showOrder(order) {
  if (order.session && !orders.isSettled(order)) {
    try {
      const session = await payments.lookUp(order.session.sessionId);
      orders.advance(session.sessionId, session.status);
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof Refused)) throw error;
      console.error("no look-up, so what is known is shown:", error.message);
    }
  }
  return html(orderPage(order, { api, mayBeTried: orders.mayBeTried(order) }));
}

/** Answered with 2xx once it is stored, so that what is not stored is sent again. */
function receiveWebhook(headers, body) {
  try {
    const event = webhooks.read(headers, body);
    if (!orders.handleEvent(event)) throw new NotGenuine("the session is none of ours");
    return [204, {}, ""];
  } catch (error) {
    if (!(error instanceof NotGenuine)) throw error;
    console.error("refused a webhook:", error.message);
    return [400, { "Content-Type": "text/plain" }, `${error.message}\n`];
  }
}

function file(name) {
  if (!readdirSync(PUBLIC).includes(name)) throw new HttpError(404);
  return [200, { "Content-Type": TYPES[name.split(".").pop()] }, readFileSync(new URL(name, PUBLIC))];
}

function find(id) {
  const order = orders.find(id);
  if (order === undefined) throw new HttpError(404);
  return order;
}

function html(text) {
  const policy = `default-src 'self'; script-src 'self' ${api}; connect-src ${api}; base-uri 'none'; frame-ancestors 'none'`;
  const headers = { "Content-Security-Policy": policy, "Referrer-Policy": "same-origin", "Cache-Control": "no-store" };
  return [200, { "Content-Type": "text/html; charset=utf-8", ...headers }, text];
}

async function read(request) {
  const parts = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    parts.push(part);
    if ((length += part.length) > LARGEST_REQUEST) throw new HttpError(413);
  }
  return Buffer.concat(parts);
}

class HttpError extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

const server = createServer(async (request, response) => {
  try {
    const [status, headers, body] = await answer(request);
    response.writeHead(status, headers).end(body);
  } catch (error) {
    if (!(error instanceof HttpError)) console.error(error);
    response.writeHead(error.status ?? 500, { "Content-Type": "text/plain", Connection: "close" }).end("Not possible.\n");
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`The shop is open at http://localhost:${server.address().port}`);
});
