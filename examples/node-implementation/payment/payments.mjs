// What happens to sessions: every transition is put together with the deliveries that tell of it, in one change.

import { Problem } from "../http/problem.mjs";
import { tell } from "../webhook/event.mjs";
import { OUTCOMES } from "./outcome.mjs";
import { cancel, customerId, dueAt, expire, fail, makeDeposit, makeStep, timesOutAt } from "./session.mjs";

/** @typedef {import("./session.mjs").Session} Session */
/** @typedef {import("../storage/store.mjs").Put} Put */

const TIMER_MILLISECONDS = 2000;
const SAVED_BANKS = 10;
const DEFAULT_AMOUNT = 500;

export class Payments {
  /**
   * @param {object} parts
   * @param {import("../storage/store.mjs").Store} parts.store
   * @param {import("./agenda.mjs").Agenda} parts.agenda
   * @param {import("../webhook/deliveries.mjs").Deliveries} parts.deliveries
   */
  constructor({ store, agenda, deliveries }) {
    this.store = store;
    this.agenda = agenda;
    this.deliveries = deliveries;
    for (const session of store.all("sessions")) this.enter(session);
  }

  /** @param {Session} session */
  enter(session) {
    const time = dueAt(session);
    if (time !== null) this.agenda.enter("session", session.id, time);
  }

  /** Keep a new session, which nothing tells of (HOOK-05). @param {Session} session @param {Put[]} more */
  open(session, more) {
    this.store.put([["sessions", session.id, session], ...more]);
    this.enter(session);
  }

  /**
   * @param {Session} before
   * @param {Session} after
   * @param {number} at
   */
  move(before, after, at) {
    const events = tell(before, after, at);
    const deliveries = events.map((event) => this.deliveries.arise(event, after, at));
    /** @type {Put[]} */
    const puts = [["sessions", after.id, after], ...deliveries.map((delivery) => /** @type {Put} */ (["deliveries", delivery.id, delivery]))];
    if (after.status === "completed" && after.payer && after.bank) {
      puts.push(["savedBanks", after.payer.customerId, this.withBank(after.payer.customerId, after.bank)]);
    }
    this.store.put(puts);
    this.enter(after);
    for (const delivery of deliveries) this.deliveries.enter(delivery);
    return events.map((event) => event.type);
  }

  /** @param {string} customer @returns {import("./session.mjs").Bank[]} most recent first (SESS-11) */
  savedBanks(customer) {
    return this.store.get("savedBanks", customer) ?? [];
  }

  /** @param {string} customer @param {import("./session.mjs").Bank} bank */
  withBank(customer, bank) {
    const others = this.savedBanks(customer).filter((saved) => saved.id !== bank.id);
    return [bank, ...others].slice(0, SAVED_BANKS);
  }

  /**
   * Do what payer and bank would: identify, choose the bank, give consent, and play the outcome.
   *
   * @param {Session} session
   * @param {{ outcome?: string, amount?: number, pace?: string, steps?: number }} play the amount in hundredths
   * @param {number} at
   */
  play(session, play, at) {
    if (session.status !== "open") throw notPossible(session);
    const outcome = play.outcome ?? session.outcome ?? "success";
    const { bankName, steps } = OUTCOMES[outcome];
    const made = makeDeposit(session, {
      payer: session.payer ?? somebody(session),
      bank: { id: `bank-${outcome}`, name: bankName, ibanMasked: `${session.country}00**************0000` },
      amount: session.amount ?? play.amount ?? DEFAULT_AMOUNT,
      outcome,
      pace: play.steps === undefined ? (play.pace ?? null) : "manual",
      steps,
      at,
    });
    let now = schedule(made, at);
    this.move(session, now, at);
    for (let left = play.steps ?? 0; left > 0 && canStep(now); left -= 1) now = this.step(now, at);
    return this.proceed(now, at);
  }

  /** The payer leaves: an open session is cancelled, any other stays as it is (PAY-07). @param {Session} session @param {number} at */
  exit(session, at) {
    if (session.status !== "open") return session;
    const after = cancel(session);
    this.move(session, after, at);
    return after;
  }

  /** Make the next step, due or not. @param {Session} session @param {number} at */
  stepNow(session, at) {
    if (!canStep(session)) throw notPossible(session);
    return this.proceed(this.step(session, at), at);
  }

  /** @param {Session} session @param {number} at */
  step(session, at) {
    const after = schedule(makeStep(session), at);
    this.move(session, after, at);
    return after;
  }

  /** Make the steps that are due by now. @param {Session} session @param {number} at */
  proceed(session, at) {
    let now = session;
    while (now.stepDueAt !== null && now.stepDueAt <= at) now = this.step(now, at);
    return now;
  }

  /**
   * Do what is due to a session at this time: its expiry, its time-out, its next step.
   *
   * @param {string} id
   * @param {number} at
   * @returns {object | undefined} the occurrence, unless it is no longer due
   */
  fallDue(id, at) {
    /** @type {Session | undefined} */
    const session = this.store.get("sessions", id);
    if (session === undefined || dueAt(session) !== at) return undefined;
    const after = this.next(session, at);
    const eventTypes = this.move(session, after, at);
    if (eventTypes.length === 0) return undefined; // the payer's consent is no transition
    return { kind: "transition", dueAt: at, sessionId: id, status: after.status, depositStatus: after.deposit?.status ?? null, eventTypes };
  }

  /** @param {Session} session @param {number} at */
  next(session, at) {
    if (session.status === "open") return expire(session);
    if (timesOutAt(session) === at) return fail(session, "authorisation_timed_out");
    return schedule(makeStep(session), at);
  }
}

/** @param {Session} session */
const canStep = ({ steps }) => steps.length > 0 && steps[0].action !== "never";

/** When the next step happens by itself. @param {Session} session @param {number} at @returns {Session} */
function schedule(session, at) {
  const waits = !canStep(session) || session.pace === "manual";
  const delay = Math.max(session.steps[0]?.after ?? 0, session.pace === "timer" ? TIMER_MILLISECONDS : 0);
  return { ...session, stepDueAt: waits ? null : at + delay };
}

/** An anonymous payer who identifies on the hosted page. @param {Session} session */
function somebody({ partner, id, country }) {
  const kyc = { fullName: "Test Payer", residenceAddress: "1 Test Street, Testville", citizenshipCountryCode: country };
  return { customerId: customerId(partner, `session ${id}`), email: "payer@example.com", kyc };
}

/** @param {Session} session */
function notPossible({ status }) {
  const detail = `The session is ${status}, and not where this step begins.`;
  return new Problem("step_not_possible", detail, { members: { sessionStatus: status } });
}
