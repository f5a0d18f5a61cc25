// Events on their way: when each is attempted, and what came of it (HOOK-14 to HOOK-23).

import { randomUUID } from "node:crypto";

import { Problem } from "../http/problem.mjs";
import { post } from "./post.mjs";

/** @typedef {"pending" | "delivered" | "failed" | "not_configured"} DeliveryStatus */
/**
 * @typedef {object} Attempt
 * @property {number} number
 * @property {number} startedAt
 * @property {string} url
 * @property {Record<string, string>} requestHeaders
 * @property {import("./post.mjs").Result} result
 * @property {number} durationSeconds
 */
/**
 * @typedef {object} Delivery times in milliseconds by the session clock
 * @property {string} id
 * @property {string} eventId
 * @property {string} eventType
 * @property {string} partner
 * @property {string} sessionId
 * @property {number} createdAt
 * @property {string} body
 * @property {DeliveryStatus} status
 * @property {number | null} dueAt
 * @property {number} attempts of the present schedule
 * @property {number} schedule how often a schedule began: a resend begins one anew
 * @property {Attempt[]} log
 */

const RETRY_DELAYS = [5, 10, 30, 60, 90].map((minutes) => minutes * 60_000);
const LOGGED_ATTEMPTS = 20;

export class Deliveries {
  /**
   * @param {object} parts
   * @param {import("../storage/store.mjs").Store} parts.store
   * @param {import("../payment/clock.mjs").Clock} parts.clock
   * @param {import("../payment/agenda.mjs").Agenda} parts.agenda
   * @param {import("./signer.mjs").Signer} parts.signer
   */
  constructor({ store, clock, agenda, signer }) {
    this.store = store;
    this.clock = clock;
    this.agenda = agenda;
    this.signer = signer;
    /** Attempts under way, each by its delivery and schedule. @type {Set<string>} */
    this.underWay = new Set();
    for (const delivery of store.all("deliveries")) this.enter(delivery);
  }

  /** @param {Delivery} delivery */
  enter(delivery) {
    if (delivery.dueAt !== null) this.agenda.enter("delivery", delivery.id, delivery.dueAt);
  }

  /** @param {string} partner @param {string} eventType @returns {string | undefined} */
  url(partner, eventType) {
    return this.store.get("endpoints", partner)?.[eventType];
  }

  /**
   * The delivery of an event that arises now, to be put together with what it tells of.
   *
   * @param {import("./event.mjs").Event} event
   * @param {import("../payment/session.mjs").Session} session
   * @param {number} at
   * @returns {Delivery}
   */
  arise(event, session, at) {
    const isConfigured = this.url(session.partner, event.type) !== undefined;
    return {
      id: randomUUID(),
      eventId: event.eventId,
      eventType: event.type,
      partner: session.partner,
      sessionId: session.id,
      createdAt: at,
      body: event.body,
      status: isConfigured ? "pending" : "not_configured",
      dueAt: isConfigured ? at : null,
      attempts: 0,
      schedule: 1,
      log: [],
    };
  }

  /** @param {string} id @param {number} dueAt */
  isDue(id, dueAt) {
    /** @type {Delivery | undefined} */
    const delivery = this.store.get("deliveries", id);
    return delivery?.dueAt === dueAt && !this.underWay.has(`${id} ${delivery.schedule}`);
  }

  /**
   * Make the attempt that is due, to the URL of this moment (HOOK-23).
   *
   * @param {string} id
   * @param {number} dueAt
   */
  async attempt(id, dueAt) {
    /** @type {Delivery} */
    const delivery = this.store.get("deliveries", id);
    const url = this.url(delivery.partner, delivery.eventType);
    if (url === undefined) {
      this.store.put([["deliveries", id, { ...delivery, status: "failed", dueAt: null }]]);
      return this.occurrence(delivery, dueAt, { attempt: null, url: null, answerStatus: null, error: "the URL was removed" });
    }
    const key = `${id} ${delivery.schedule}`;
    this.underWay.add(key);
    try {
      await this.store.synchronised(); // HOOK-20: the transition is kept before anybody is told
      const startedAt = this.clock.now();
      const began = performance.now();
      const requestHeaders = this.signer.headers(delivery.body);
      const result = await post(url, requestHeaders, delivery.body);
      const durationSeconds = (performance.now() - began) / 1000;
      const number = delivery.attempts + 1;
      this.record(delivery, { number, startedAt, url, requestHeaders, result, durationSeconds });
      return this.occurrence(delivery, dueAt, { attempt: number, url, answerStatus: result.status, error: result.error });
    } finally {
      this.underWay.delete(key);
    }
  }

  /** @param {Delivery} attempted @param {Attempt} attempt */
  record(attempted, attempt) {
    /** @type {Delivery | undefined} */
    const delivery = this.store.get("deliveries", attempted.id);
    if (delivery === undefined) return; // a reset came in between
    const log = [...delivery.log, attempt].slice(-LOGGED_ATTEMPTS);
    const isPresent = delivery.schedule === attempted.schedule; // a resend may have begun another schedule
    const next = { ...delivery, log, ...(isPresent && standing(attempt)) };
    this.store.put([["deliveries", delivery.id, next]]);
    if (isPresent) this.enter(next);
  }

  /** @param {Delivery} delivery @param {number} dueAt @param {{ attempt: number | null, url: string | null, answerStatus: number | null, error: string | null }} outcome */
  occurrence({ id, sessionId, eventId, eventType }, dueAt, outcome) {
    const now = this.store.get("deliveries", id);
    const after = { deliveryStatus: now?.status ?? "failed", nextDueAt: now?.dueAt ?? null };
    return { kind: "attempt", dueAt, sessionId, deliveryId: id, eventId, eventType, ...outcome, ...after };
  }

  /** Begin the schedule anew, at once. @param {Delivery} delivery @returns {Delivery} */
  resend(delivery) {
    if (delivery.status === "not_configured") {
      throw new Problem("not_resendable", "The event had no endpoint when it arose, and is never sent.");
    }
    const { schedule } = delivery;
    /** @type {Delivery} */
    const due = { ...delivery, status: "pending", dueAt: this.clock.now(), attempts: 0, schedule: schedule + 1 };
    this.store.put([["deliveries", delivery.id, due]]);
    this.enter(due);
    return due;
  }
}

/** Where an attempt leaves its delivery. @param {Attempt} attempt @returns {Pick<Delivery, "status" | "dueAt" | "attempts">} */
function standing({ number, startedAt, result }) {
  const isAcknowledged = result.status !== null && result.status >= 200 && result.status <= 299; // HOOK-14
  if (isAcknowledged) return { status: "delivered", dueAt: null, attempts: number };
  const delay = RETRY_DELAYS[number - 1];
  if (delay === undefined) return { status: "failed", dueAt: null, attempts: number };
  return { status: "pending", dueAt: startedAt + delay, attempts: number };
}
