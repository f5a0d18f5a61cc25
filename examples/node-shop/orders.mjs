// Orders, and the webhooks that were handled, in a file of JSON lines: a line is written before anything follows from it.
import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";

const HOUR = 3_600_000; // milliseconds
const KEY_KEPT = 24 * HOUR; // for how long an idempotency key is remembered at least

/** How far a session is, by its status. News may arrive late or twice; an order goes forwards alone. */
const STAGE = { new: 0, open: 1, processing: 2, completed: 3, failed: 3, expired: 3, cancelled: 3 };

export class Orders {
  #file;
  #orders = new Map();
  #bySession = new Map();
  #events = new Set();

  constructor(path) {
    this.#file = openSync(path, "a+");
    const text = readFileSync(path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1); // a crash may have left the beginning of a line
    truncateSync(path, Buffer.byteLength(whole));
    for (const line of whole.split("\n").filter(Boolean)) this.#apply(JSON.parse(line));
  }

  find(id) {
    return this.#orders.get(id);
  }

  /**
   * The order of this identifier, placed unless it was: a form that is sent twice is one order. Its idempotency key is
   * stored before anything is sent, so that every later try, even after a crash, takes the same key and can make no
   * second session.
   */
  place(order) {
    if (!this.#orders.has(order.id)) {
      const placed = { ...order, idempotencyKey: randomUUID(), placedAt: Date.now(), status: "new", session: null };
      this.#write({ placed });
    }
    return this.find(order.id);
  }

  /** Remember which session pays the order, and what the widget wants to know of it. */
  keepSession(id, { sessionId, status, allowedPaymentMethods, savedBanks }) {
    this.#write({ id, session: { sessionId, allowedPaymentMethods, savedBanks } });
    this.advance(sessionId, status);
  }

  /** Take over what the API says of a session. */
  advance(sessionId, status) {
    const order = this.#bySession.get(sessionId);
    if (STAGE[status] > STAGE[order.status]) this.#write({ sessionId, status });
  }

  /**
   * Take over what a webhook says, once; false for a session that is not ours. The event and its effect are one line: a
   * crash loses both or neither.
   */
  handleEvent({ eventId, sessionId, status }) {
    if (!this.#bySession.has(sessionId)) return false;
    if (!this.#events.has(eventId)) this.#write({ eventId, sessionId, status });
    return true;
  }

  /** Whether nothing can change any more. */
  isSettled(order) {
    return STAGE[order.status] === 3;
  }

  /** Whether a session can still be asked for with this order's key; later, the key could make a second one. */
  mayBeTried(order) {
    return order.session === null && Date.now() - order.placedAt < KEY_KEPT - HOUR;
  }

  #write(record) {
    writeSync(this.#file, `${JSON.stringify(record)}\n`);
    fsyncSync(this.#file);
    this.#apply(record);
  }

  #apply({ placed, id, session, eventId, sessionId, status }) {
    if (placed) this.#orders.set(placed.id, placed);
    if (session) {
      this.#orders.get(id).session = session;
      this.#bySession.set(session.sessionId, this.#orders.get(id));
    }
    if (eventId) this.#events.add(eventId);
    const order = this.#bySession.get(sessionId);
    // What must happen once for an order that is paid, such as sending the goods, begins where this becomes true.
    if (order && STAGE[status] > STAGE[order.status]) order.status = status;
  }
}
