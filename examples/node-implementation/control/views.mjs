// What the control API shows: never a secret, never who a payer is.

import { toText } from "../payment/clock.mjs";
import { dueAt, represent, timesOutAt } from "../payment/session.mjs";

const MASK = "•••";
const PAYER_MEMBERS = ["customerEmail", "customerFullName", "customerResidenceAddress", "customerCitizenshipCountryCode"];

/** @param {number | null} time */
const orNull = (time) => (time === null ? null : toText(time));

/** @param {import("../payment/session.mjs").Session} session @param {string} checkoutUrl */
export function sandboxSession(session, checkoutUrl) {
  const [step] = session.steps;
  return {
    ...represent(session, checkoutUrl),
    partner: session.partner,
    customerId: session.payer?.customerId ?? null,
    outcome: session.outcome,
    pace: session.pace,
    bank: session.bank && { id: session.bank.id, name: session.bank.name },
    nextStep: step ? { action: step.action, dueAt: orNull(step.action === "never" ? timesOutAt(session) : session.stepDueAt) } : null,
    dueAt: orNull(dueAt(session)),
  };
}

/** @param {import("../payment/clock.mjs").Clock} clock */
export function clockReading(clock) {
  const now = clock.now();
  // After standing still it may be behind real time; the schema knows no negative number for that.
  return { now: toText(now), isFrozen: clock.isFrozen, aheadSeconds: Math.max(0, now - Date.now()) / 1000 };
}

/** @param {any} occurrence */
export function occurrence(occurrence) {
  const { nextDueAt, ...rest } = occurrence;
  return { ...rest, dueAt: toText(rest.dueAt), ...(nextDueAt !== undefined && { nextDueAt: orNull(nextDueAt) }) };
}

/** @typedef {import("../webhook/deliveries.mjs").Delivery} Delivery */

/** @param {Delivery} delivery */
export function delivery({ id, eventId, eventType, partner, sessionId, createdAt, status, dueAt: due, attempts }) {
  return { deliveryId: id, eventId, eventType, partner, sessionId, createdAt: toText(createdAt), status, dueAt: orNull(due), attempts };
}

/** @param {Delivery} shown */
export function deliveryLog(shown) {
  const body = JSON.parse(shown.body);
  /** @type {string[]} */
  const secrets = [];
  for (const name of PAYER_MEMBERS) {
    if (typeof body.data[name] !== "string") continue;
    secrets.push(body.data[name]);
    body.data[name] = MASK;
  }
  const mask = (/** @type {string} */ text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  const log = shown.log.map(({ number, startedAt, url, requestHeaders, result, durationSeconds }) => ({
    number,
    startedAt: toText(startedAt),
    url,
    requestHeaders,
    requestBody: null, // this implementation sends the delivery's own body, and plays no behaviour
    behaviour: null,
    answerStatus: result.status,
    answerHeaders: Object.fromEntries(Object.entries(result.headers).map(([name, value]) => [name, mask(value)])),
    answerBody: mask(result.body),
    error: result.error,
    durationSeconds,
  }));
  return { ...delivery(shown), body, log };
}
