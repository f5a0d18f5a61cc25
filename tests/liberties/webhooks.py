"""How events are written, sent, and timed."""

from __future__ import annotations

from tests.liberties.catalogue import node

DELIVERIES = "webhook/deliveries.mjs"
EVENT = "webhook/event.mjs"
POST = "webhook/post.mjs"
SIGNER = "webhook/signer.mjs"
DISPATCHER = "payment/dispatcher.mjs"
PAYMENTS = "payment/payments.mjs"
BODY = "body: JSON.stringify({ eventId, data: { eventType, timestamp: toText(at), ...data } })"
PLAIN = '"Content-Type": "application/json",'
LENGTH = '      "Content-Length": String(Buffer.byteLength(body)),\n'
REQUEST = 'request = scheme.request(url, { method: "POST", headers, agent: false });'
SYNCHRONISED = "await this.store.synchronised(); //"
SENT = "const result = await post("
UUID = "const eventId = randomUUID();"
KYC = """const kyc = { fullName: "Test Payer", residenceAddress: "1 Test Street, Testville", \
citizenshipCountryCode: country };"""

node(
    "fields-in-capital-letters",
    "The names of header fields are in capital letters, and more fields come with them.",
    (
        POST,
        REQUEST,
        """const fields = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
      const shouted = Object.fromEntries(fields);
      const more = { ACCEPT: "*/*", "USER-AGENT": "x/1 (y)", "IDEMPOTENCY-KEY": "1", "X-A": ["b", "c"] };
      request = scheme.request(url, { method: "POST", headers: { ...more, ...shouted }, agent: false });""",
    ),
    allowed_by="HOOK-01",
)

node(
    "a-charset-in-capital-letters",
    "The media type of a delivery is in capital letters, and its charset in quotation marks.",
    (SIGNER, PLAIN, """"content-type": 'Application/JSON ;Charset="UTF-8"',"""),
    allowed_by="HOOK-01",
)

node(
    "a-media-type-with-a-parameter",
    "The media type of a delivery has a parameter that tells the version of the envelope.",
    (SIGNER, PLAIN, '"Content-Type": "application/json; version=2; charset=utf-8",'),
    allowed_by="HOOK-01",
)

node(
    "chunks-on-demand",
    "The body of a delivery is sent in chunks, once the receiver has said that it is to be sent.",
    (SIGNER, LENGTH, '      "Transfer-Encoding": "chunked",\n      Expect: "100-continue",\n'),
    (
        POST,
        "    request.end(body);",
        """    request.on("continue", () => {
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += 100) request.write(bytes.subarray(at, at + 100));
      request.end();
    });
    request.flushHeaders();""",
    ),
    allowed_by="HOOK-01",
)

node(
    "connections-that-are-kept",
    "Connections to receivers are kept for further deliveries, one at a time on each.",
    (
        POST,
        "const BODY_MILLISECONDS = 500;",
        """const BODY_MILLISECONDS = 500;
const KEPT = { keepAlive: true };
const AGENTS = new Map([http, https].map((scheme) => [scheme, new scheme.Agent(KEPT)]));""",
    ),
    (POST, "agent: false }", "agent: AGENTS.get(scheme) }"),
    allowed_by="HOOK-01",
)

node(
    "answers-that-are-not-read",
    "A connection is closed as soon as the status of the receiver's answer is known.",
    (
        POST,
        "const kept = await beginning(response);\n      request.destroy();",
        'request.destroy();\n      const kept = "";',
    ),
    allowed_by="HOOK-17",
)

node(
    "a-sender-that-says-its-last-word",
    "Deliveries are HTTP/1.0, and the sender closes its side of the connection behind the body.",
    (POST, 'import https from "node:https";', 'import https from "node:https";\nimport net from "node:net";'),
    (
        POST,
        "  return new Promise((resolve) => {\n    const failed =",
        """  if (/^http:/i.test(url)) return plainly(new URL(url), headers, body);
  return new Promise((resolve) => {
    const failed =""",
    ),
    (
        POST,
        "/** What of the body comes soon;",
        """/** @returns {Promise<Result>} */
function plainly(url, headers, body) {
  return new Promise((resolve) => {
    const port = Number(url.port || 80);
    const socket = net.connect({ host: url.hostname.replace(/[[\\]]/g, ""), port, allowHalfOpen: true });
    const end = (/** @type {number | null} */ status, /** @type {string | null} */ error) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status, headers: {}, body: "", error });
    };
    const timer = setTimeout(() => end(null, "no complete response head"), HEAD_MILLISECONDS);
    let answer = "";
    socket.on("data", (part) => {
      answer += part.toString("latin1");
      if (answer.includes("\\r\\n\\r\\n")) end(Number(answer.split(" ")[1]), null);
    });
    for (const over of ["error", "end", "close"]) socket.on(over, () => end(null, "the connection failed"));
    const lines = Object.entries({ Host: url.host, ...headers }).map((field) => field.join(": "));
    const head = [`POST ${url.pathname}${url.search} HTTP/1.0`, ...lines, "", ""];
    socket.end(head.join("\\r\\n") + body);
  });
}

/** What of the body comes soon;""",
    ),
    allowed_by="HOOK-16",
)

node(
    "events-written-by-hand",
    "Events are indented ASCII, their members in reverse order, and amounts have exponents.",
    (
        EVENT,
        "/** @param {string} eventType @param {number} at @param {object} data @returns {Event} */",
        """/** @param {any} value @returns {any} */
const reversed = (value) => {
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, each]) => [name, reversed(each)]));
};
/** @param {string} letter */
const escaped = (letter) => `\\\\u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
/** @param {object} value */
const written = (value) =>
  `\\r\\n${JSON.stringify(reversed(value), null, "\\t")}\\n `
    .replace(/[^\\u0000-\\u007f]/g, escaped)
    .replace(/("amount": )([0-9.]+)/, (_, name, amount) => `${name}${Math.round(Number(amount) * 100)}00E-4`);

/** @param {string} eventType @param {number} at @param {object} data @returns {Event} */""",
    ),
    (EVENT, "body: JSON.stringify({ eventId,", "body: written({ eventId,"),
    allowed_by="HOOK-02",
    about=("DATA-13", "DATA-28"),
)

node(
    "events-tell-more",
    "Events have members that no document names, in the envelope and in what it holds.",
    (
        EVENT,
        BODY,
        BODY.replace("eventId,", "apiVersion: 2, links: [], eventId,").replace(
            "...data", "links: [{}], ...data"
        ),
    ),
    allowed_by="HOOK-02",
)

node(
    "identity-is-null-elsewhere",
    "Every event about a deposit has the three members for identity data, with null where it carries none.",
    (
        EVENT,
        "customerEmail: payer.email,",
        """customerEmail: payer.email,
    customerFullName: null,
    customerResidenceAddress: null,
    customerCitizenshipCountryCode: null,""",
    ),
    allowed_by="HOOK-11",
)

node(
    "events-tell-as-little-as-may-be",
    "Nothing is told that may be left open: the bank's country, the account, who an anonymous payer is.",
    (EVENT, "paymentCountryCode: bank.ibanMasked.slice(0, 2),", "paymentCountryCode: null,"),
    (EVENT, "return { ...data, debtorAccount: { ibanMasked: bank.ibanMasked } };", "return data;"),
    (PAYMENTS, KYC, "const kyc = {};"),
    (
        PAYMENTS,
        "function somebody({ partner, id, country }) {",
        "function somebody({ partner, id }) {",
    ),
    allowed_by="HOOK-09",
)

node(
    "events-named-by-time",
    "An eventId is a UUID of version 7, in capital letters.",
    (
        EVENT,
        UUID,
        """const time = Date.now().toString(16).padStart(12, "0");
  const eventId = `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`.toUpperCase();""",
    ),
    allowed_by="HOOK-02",
)

node(
    "attempts-a-moment-late",
    "An attempt begins some tenths of a second after it is due: whoever waits for it waits longer.",
    (
        DELIVERIES,
        SYNCHRONISED,
        f"await new Promise((resolve) => setTimeout(resolve, 200));\n      {SYNCHRONISED}",
    ),
    allowed_by="HOOK-15",
    about=("SESS-16",),
)

node(
    "a-scheduler-of-ten-seconds",
    "What falls due while the clock is moved is found by a scheduler that looks every ten seconds.",
    (
        DISPATCHER,
        "this.clock.reach(this.agenda.next.dueAt);",
        "this.clock.reach(Math.min(end, Math.ceil(this.agenda.next.dueAt / 10_000) * 10_000));",
    ),
    allowed_by="HOOK-15",
    about=("IDEM-15",),
)

node(
    "the-latest-event-first",
    "Events that wait together are sent in the opposite order of that in which they arose.",
    (
        DISPATCHER,
        "while (this.agenda.next && this.agenda.next.dueAt <= now) this.perform(this.agenda.take());",
        """/** @type {import("./agenda.mjs").Entry[]} */
    const deliveries = [];
    while (this.agenda.next && this.agenda.next.dueAt <= now) {
      const entry = this.agenda.take();
      if (entry.kind === "delivery") deliveries.push(entry);
      else this.perform(entry);
    }
    for (const entry of deliveries.reverse()) this.perform(entry);""",
    ),
    (
        DELIVERIES,
        SENT,
        f"""const rest = 10 * (10 - (this.underWay.size % 10));
      await new Promise((resolve) => setTimeout(resolve, rest));
      {SENT}""",
    ),
    allowed_by="HOOK-06",
)

node(
    "one-delivery-at-a-time",
    "A URL gets one delivery at a time: the next one waits until the one before was answered.",
    (
        DELIVERIES,
        "    this.signer = signer;\n",
        "    this.signer = signer;\n    this.queues = new Map();\n",
    ),
    (
        DELIVERIES,
        SYNCHRONISED,
        f"""const before = this.queues.get(url);
      let leave = () => {{}};
      this.queues.set(url, new Promise((resolve) => (leave = () => resolve(undefined))));
      await before;
      {SYNCHRONISED}""",
    ),
    (
        DELIVERIES,
        "const durationSeconds = (performance",
        "leave();\n      const durationSeconds = (performance",
    ),
    allowed_by="HOOK-15",
)

node(
    "a-longer-key",
    "Webhooks are signed by a key of 3072 bits, which is shown with the line ends of another system.",
    (
        SIGNER,
        "this.key = createPrivateKey(privateKeyPem);",
        "this.key = createPrivateKey(privateKeyPem && newPrivateKey());",
    ),
    (SIGNER, "modulusLength: 2048", "modulusLength: 3072"),
    (
        "control/resources.mjs",
        "webhookPublicKey: signer.publicKeyPem,",
        'webhookPublicKey: signer.publicKeyPem.replaceAll("\\n", "\\r\\n"),',
    ),
    allowed_by="HOOK-03",
)
