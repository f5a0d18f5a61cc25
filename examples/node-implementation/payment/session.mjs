// A session, and what can happen to it: each transition is a function from one record to the next, without I/O.

import { createHash, randomBytes } from "node:crypto";

import { toUnits } from "../session/amount.mjs";
import { toText } from "./clock.mjs";
import { FAILURE_REASONS } from "./outcome.mjs";

const LIFETIME = 30 * 60_000; // SESS-19
const AUTHORISATION_TIME = 15 * 60_000; // PAY-06
export const METHODS = ["bank_transfer", "instant_bank_transfer", "open_banking"];

/** What events tell of a payer's identity; the rest of it is not even kept. */
const TOLD_KYC = ["fullName", "residenceAddress", "citizenshipCountryCode"];

/** @typedef {{ id: string, name: string, ibanMasked: string }} Bank */
/** @typedef {{ customerId: string, email: string, kyc: Record<string, string> }} Payer */
/**
 * @typedef {object} Deposit
 * @property {string} reference
 * @property {string} endToEndId
 * @property {string} status
 * @property {string} paymentMethod
 * @property {number} madeAt
 * @property {string} [externalPaymentId]
 * @property {string} [failureCode]
 * @property {string} [failureReason]
 */
/**
 * @typedef {object} Session times in milliseconds by the session clock, the amount in hundredths
 * @property {string} id
 * @property {string} partner
 * @property {"hosted" | "embedded"} type
 * @property {"stablemint" | "partner"} management
 * @property {string} status
 * @property {string} currency
 * @property {string} country
 * @property {number | null} amount
 * @property {number} createdAt
 * @property {number} expiresAt
 * @property {Deposit | null} deposit
 * @property {string} [userId]
 * @property {string} [websiteReference]
 * @property {Record<string, string>} [customFields]
 * @property {string} [supportUrl]
 * @property {string} [exitUrl]
 * @property {string | null} idempotencyKey
 * @property {Payer | null} payer null until somebody has identified
 * @property {Bank[]} savedBanks
 * @property {Bank | null} bank of its deposit
 * @property {string | null} outcome
 * @property {string | null} pace
 * @property {import("./outcome.mjs").Step[]} steps that are still to come
 * @property {number | null} stepDueAt null while the next step waits to be told to
 */
/** @typedef {import("../json/reader.mjs").JsonValue} JsonValue */

/**
 * A new session for a request that was found valid.
 *
 * @param {import("../session/request.mjs").Creation} creation
 * @param {Map<string, any>} request
 * @param {{ partner: string, at: number, amount: number | null, outcome: string | null, savedBanks: (customerId: string) => Bank[] }} facts
 * @returns {Session}
 */
export function createSession(creation, request, { partner, at, amount, outcome, savedBanks }) {
  const userId = request.get("userId");
  /** @type {Map<string, string>} */
  const given = request.get("userKyc") ?? new Map();
  const kyc = Object.fromEntries([...given].filter(([name]) => TOLD_KYC.includes(name)));
  const payer = userId && { customerId: customerId(partner, userId), email: request.get("userEmail"), kyc };
  return {
    id: randomBytes(18).toString("base64url"), // SESS-03: 144 bits
    partner,
    type: creation.type,
    management: creation.management,
    status: "open",
    currency: request.get("currency"),
    country: request.get("userCountryCode"),
    amount,
    createdAt: at,
    expiresAt: at + LIFETIME,
    deposit: null,
    ...(request.has("userId") && { userId }),
    ...(request.has("websiteReference") && { websiteReference: request.get("websiteReference") }),
    ...(request.has("customFields") && { customFields: Object.fromEntries(request.get("customFields")) }),
    ...(creation.type === "hosted" && { supportUrl: request.get("supportUrl"), exitUrl: request.get("exitUrl") }),
    idempotencyKey: request.get("idempotencyKey") ?? null,
    payer: payer ?? null,
    savedBanks: payer ? savedBanks(payer.customerId) : [],
    bank: null,
    outcome,
    pace: null,
    steps: [],
    stepDueAt: null,
  };
}

/** The same for one partner's user, always (HOOK-12). @param {string} partner @param {string} userId */
export function customerId(partner, userId) {
  return `cus_${createHash("sha256").update(`${partner}\u0000${userId}`).digest("hex").slice(0, 32)}`;
}

/**
 * The representation that the partner gets.
 *
 * @param {Session} session
 * @param {string} checkoutUrl
 */
export function represent(session, checkoutUrl) {
  const { deposit, userId, websiteReference, customFields } = session;
  return {
    sessionId: session.id,
    type: session.type,
    customerManagement: session.management,
    status: session.status,
    currency: session.currency,
    country: session.country,
    amount: session.amount === null ? null : toUnits(session.amount),
    createdAt: toText(session.createdAt),
    expiresAt: toText(session.expiresAt),
    deposit: deposit && {
      reference: deposit.reference,
      endToEndId: deposit.endToEndId,
      status: deposit.status,
      paymentMethod: deposit.paymentMethod,
      failureCode: deposit.failureCode,
      failureReason: deposit.failureReason,
    },
    userId,
    websiteReference,
    customFields,
    ...(session.type === "hosted"
      ? { sessionUrl: `${checkoutUrl}/${session.id}` }
      : { allowedPaymentMethods: METHODS, savedBanks: session.savedBanks, paymentMethod: deposit?.paymentMethod ?? null }),
  };
}

/** @param {Session} session @returns {Session} */
export const expire = (session) => ({ ...session, status: "expired" });

/** @param {Session} session @returns {Session} */
export const cancel = (session) => ({ ...session, status: "cancelled" });

/**
 * Make the deposit: `open` becomes `processing` in the same step (PAY-02).
 *
 * @param {Session} session
 * @param {{ payer: Payer, bank: Bank, amount: number, outcome: string, pace: string | null, steps: Session["steps"], at: number }} payment
 * @returns {Session}
 */
export function makeDeposit(session, { payer, bank, amount, outcome, pace, steps, at }) {
  const token = randomBytes(5).toString("hex").toUpperCase();
  const deposit = {
    reference: `SM-${token}`,
    endToEndId: `SM${toText(at).replace(/[^0-9]/g, "").slice(0, 14)}${token}`,
    status: "created",
    paymentMethod: METHODS[0],
    madeAt: at,
  };
  return { ...session, status: "processing", deposit, payer, bank, amount, outcome, pace, steps };
}

/** @type {Record<string, string>} */
const STATUS_AFTER = { initiate: "initiated", submit: "submitted", accept: "accepted", complete: "completed", fail: "failed" };

/**
 * Make the next step of the payment; the payer's consent changes nothing of the deposit.
 *
 * @param {Session} session
 * @returns {Session}
 */
export function makeStep(session) {
  const [step, ...steps] = session.steps;
  const next = { ...session, steps, stepDueAt: null };
  if (step.action === "consent") return next;
  if (step.action === "fail") return fail(next, /** @type {string} */ (step.failureCode));
  const status = STATUS_AFTER[step.action];
  const named = status === "submitted" ? { externalPaymentId: `PISP-${randomBytes(8).toString("hex")}` } : {};
  const deposit = { .../** @type {Deposit} */ (session.deposit), status, ...named };
  return { ...next, deposit, status: status === "completed" ? "completed" : session.status }; // PAY-05
}

/** @param {Session} session @param {string} failureCode @returns {Session} */
export function fail(session, failureCode) {
  const failed = { status: "failed", failureCode, failureReason: FAILURE_REASONS[failureCode] };
  const deposit = { .../** @type {Deposit} */ (session.deposit), ...failed };
  return { ...session, status: "failed", deposit, steps: [], stepDueAt: null };
}

/** When the deposit fails unless the payer authorises it; null where it can no longer. @param {Session} session */
export function timesOutAt({ status, deposit }) {
  const waits = status === "processing" && deposit && ["created", "initiated"].includes(deposit.status);
  return waits ? deposit.madeAt + AUTHORISATION_TIME : null;
}

/** When something happens to it unasked; null if nothing does. @param {Session} session */
export function dueAt(session) {
  if (session.status === "open") return session.expiresAt;
  const times = [timesOutAt(session), session.stepDueAt].filter((time) => time !== null);
  return times.length > 0 ? Math.min(...times) : null;
}
