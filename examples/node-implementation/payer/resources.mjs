// Of the payer API (openapi/payer/dist/openapi.yaml) the one operation that no driver has: the payer leaves (PAY-07).

import { Problem } from "../http/problem.mjs";
import { toText } from "../payment/clock.mjs";
import { METHODS, represent } from "../payment/session.mjs";
import { MINIMUM, toUnits } from "../session/amount.mjs";
import { requireJsonAnswers } from "../session/resources.mjs";

/** @typedef {import("../payment/session.mjs").Session} Session */

/**
 * @param {object} parts
 * @param {import("../storage/store.mjs").Store} parts.store
 * @param {import("../payment/clock.mjs").Clock} parts.clock
 * @param {import("../payment/payments.mjs").Payments} parts.payments
 * @param {import("../payment/dispatcher.mjs").Dispatcher} parts.dispatcher
 * @param {number} parts.maximumAmount in hundredths
 * @returns {import("../http/listener.mjs").Resource[]}
 */
export function payerResources({ store, clock, payments, dispatcher, maximumAmount }) {
  const exit = async (/** @type {import("../http/listener.mjs").Call} */ call) => {
    dispatcher.catchUp();
    /** @type {Session | undefined} */
    const session = store.get("sessions", call.parameters[0]);
    if (session === undefined) throw new Problem("session_not_found", "There is no session with this identifier.");
    requireJsonAnswers(call);
    const left = payments.exit(session, clock.now());
    await store.synchronised();
    dispatcher.wake();
    const view = { ...payerView(left, clock.now()), maximumAmount: toUnits(maximumAmount) };
    return { status: 200, headers: { "Access-Control-Allow-Origin": "*" }, body: JSON.stringify(view) };
  };
  return [{ path: /^\/payer\/session\/([^/]+)\/exit$/, methods: { POST: exit } }];
}

/** What a payer sees, who has just left. @param {Session} session @param {number} now */
function payerView(session, now) {
  const { sessionId, type, customerManagement, status, amount, currency, country, createdAt, expiresAt, deposit } = represent(session, "");
  return {
    ...{ sessionId, type, customerManagement, status, amount, currency, country, createdAt, expiresAt },
    merchant: { name: session.partner },
    minimumAmount: toUnits(MINIMUM),
    now: toText(now),
    needsIdentity: session.payer === null,
    needsAmount: session.amount === null,
    allowedPaymentMethods: METHODS,
    savedBanks: session.savedBanks,
    paymentMethod: deposit?.paymentMethod ?? null,
    supportUrl: session.supportUrl ?? null,
    redirectUrl: session.exitUrl ?? null,
    deposit: deposit && {
      reference: deposit.reference,
      status: deposit.status,
      paymentMethod: deposit.paymentMethod,
      bankName: session.bank?.name,
      failureCode: deposit.failureCode,
      failureReason: deposit.failureReason,
      awaitsConsent: session.steps[0]?.action === "consent",
    },
  };
}
