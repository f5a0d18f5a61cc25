// The session API: signed requests, repeated safely.
import { createSign } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const TIMEOUT = 10_000; // milliseconds
const PAUSES = [200, 1000]; // milliseconds before the second and the third attempt; a payer is waiting

/** No attempt got an answer that says what became of it. The same call may be made again, any time. */
export class Unavailable extends Error {}

/** The API refused, and would again: a mistake in the shop or in its settings. The message tells which. */
export class Refused extends Error {}

export class Payments {
  #settings;

  /** `settings`: url, apiKey, apiSecret, privateKey. */
  constructor(settings) {
    this.#settings = settings;
  }

  /**
   * The session of an order, made unless it was: the key is the order's own, at every attempt. Everything is taken from
   * the stored order, so that every attempt has the same body, too.
   */
  createSession(order) {
    const wanted = {
      userCountryCode: order.country,
      currency: "EUR",
      amount: order.cents / 100,
      userId: order.customer,
      userEmail: order.email,
      idempotencyKey: order.idempotencyKey,
      websiteReference: order.id,
    };
    return this.#call("POST", "/session/embedded/partner-managed-customer", JSON.stringify(wanted));
  }

  /** The session as it is now. */
  lookUp(sessionId) {
    return this.#call("GET", `/session/${sessionId}`);
  }

  async #call(method, path, body) {
    for (const wait of [...PAUSES, null]) {
      let answer;
      try {
        const headers = { ...this.#sign(body ?? ""), "Content-Type": "application/json" };
        const signal = AbortSignal.timeout(TIMEOUT);
        answer = await fetch(this.#settings.url + path, { method, headers, body, signal, redirect: "error" });
        if (answer.ok) return await answer.json();
      } catch {
        answer = null; // whether the session was made is unknown; the key makes it harmless to ask again
      }
      if (answer && answer.status < 500 && ![409, 429].includes(answer.status)) {
        throw new Refused(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      }
      if (wait !== null) await pause(wait);
    }
    throw new Unavailable(`${method} ${path}`);
  }

  /** The headers of one attempt, with a time and a signature of its own, over the text that is sent. */
  #sign(body) {
    const { apiKey, apiSecret, privateKey } = this.#settings;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createSign("RSA-SHA256").update(`${timestamp},${apiSecret},${body}`).sign(privateKey, "base64");
    return { ApiKey: apiKey, Timestamp: timestamp, Signature: signature };
  }
}
