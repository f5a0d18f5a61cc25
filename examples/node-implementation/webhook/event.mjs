// The events that tell of a transition, by the table of the document (HOOK-05, HOOK-06).

import { randomUUID } from "node:crypto";

import { toText } from "../payment/clock.mjs";
import { toUnits } from "../session/amount.mjs";

/** @typedef {import("../payment/session.mjs").Session} Session */
/** @typedef {{ eventId: string, type: string, body: string }} Event */

export const EVENT_TYPES = [
  ...["created", "initiated", "submitted", "accepted", "failed", "completed"].map((status) => `partner.customer.deposit.${status}`),
  "transaction.status.changed",
];

/**
 * The events of one transition; they share its instant by the session clock (HOOK-07).
 *
 * @param {Session} before
 * @param {Session} after
 * @param {number} at
 * @returns {Event[]}
 */
export function tell(before, after, at) {
  const events = [];
  if (after.deposit && after.deposit.status !== before.deposit?.status) {
    events.push(event(`partner.customer.deposit.${after.deposit.status}`, at, depositData(after)));
  }
  if (after.status !== before.status) {
    const statuses = { reference: after.deposit?.reference ?? null, previousStatus: before.status, status: after.status };
    events.push(event("transaction.status.changed", at, { ...common(after), ...statuses }));
  }
  return events;
}

/** @param {string} eventType @param {number} at @param {object} data @returns {Event} */
function event(eventType, at, data) {
  const eventId = randomUUID();
  return { eventId, type: eventType, body: JSON.stringify({ eventId, data: { eventType, timestamp: toText(at), ...data } }) };
}

/** What every event tells; nullable members are there, with null (HOOK-09). @param {Session} session */
function common(session) {
  return {
    sessionId: session.id,
    partnerName: session.partner,
    websiteReference: session.websiteReference ?? null,
    idempotencyKey: session.idempotencyKey,
    customFields: session.customFields ?? {},
  };
}

/** @param {Session} session */
function depositData(session) {
  const { deposit, payer, bank } = session;
  if (!deposit || !payer || !bank) throw new Error("a deposit without payer or bank");
  const data = {
    ...common(session),
    reference: deposit.reference,
    endToEndId: deposit.endToEndId,
    amount: toUnits(/** @type {number} */ (session.amount)),
    currency: session.currency,
    paymentMethod: deposit.paymentMethod,
    paymentCountryCode: bank.ibanMasked.slice(0, 2),
    customerId: payer.customerId,
    customerEmail: payer.email,
  };
  switch (deposit.status) {
    case "created": // the one event with identity data (HOOK-11)
      return {
        ...data,
        customerFullName: payer.kyc.fullName ?? null,
        customerResidenceAddress: payer.kyc.residenceAddress ?? null,
        customerCitizenshipCountryCode: payer.kyc.citizenshipCountryCode ?? null,
      };
    case "submitted":
      return { ...data, externalPaymentId: deposit.externalPaymentId };
    case "failed":
      return { ...data, failureCode: deposit.failureCode, failureReason: deposit.failureReason };
    case "accepted":
    case "completed":
      return { ...data, debtorAccount: { ibanMasked: bank.ibanMasked } };
    default:
      return data;
  }
}
