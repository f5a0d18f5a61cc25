// What the simulated bank can be told to play: the steps after the deposit was made, and the amount that chooses it.

/** @typedef {"initiate" | "consent" | "submit" | "accept" | "complete" | "fail" | "never"} Action */
/** @typedef {{ action: Action, after?: number, failureCode?: string }} Step `after` the step before, in milliseconds */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** @param {...Action} actions @returns {Step[]} */
const steps = (...actions) => actions.map((action) => ({ action }));
/** @param {string} failureCode @param {Step[]} before @returns {Step[]} */
const fails = (failureCode, before = [], after = 0) => [...before, { action: "fail", after, failureCode }];

const AUTHORISED = steps("initiate", "consent", "submit");

/** @type {Record<string, { magicAmount: number, bankName: string, steps: Step[] }>} */
export const OUTCOMES = {
  success: { magicAmount: 400, bankName: "Bank of Success", steps: [...AUTHORISED, ...steps("accept", "complete")] },
  refused_by_bank: { magicAmount: 401, bankName: "Refusal Savings Bank", steps: fails("refused_by_bank", AUTHORISED) },
  insufficient_funds: {
    magicAmount: 402,
    bankName: "Empty Pockets Bank",
    steps: fails("insufficient_funds", steps("initiate", "consent")),
  },
  authorisation_timed_out: {
    magicAmount: 403,
    bankName: "Endless Queue Bank",
    steps: steps("initiate", "consent", "never"),
  },
  identity_rejected: { magicAmount: 404, bankName: "Bank of Strangers", steps: fails("identity_rejected") },
  risk_declined: { magicAmount: 405, bankName: "Caution Credit Union", steps: fails("risk_declined") },
  amount_mismatch: { magicAmount: 406, bankName: "Miscount Bank", steps: fails("amount_mismatch", AUTHORISED) },
  processing_error: { magicAmount: 407, bankName: "Bank of Errors", steps: fails("processing_error", steps("initiate")) },
  failed_after_submission: {
    magicAmount: 408,
    bankName: "Second Thoughts Bank",
    steps: fails("processing_error", AUTHORISED, 5 * MINUTE),
  },
  abandoned: { magicAmount: 409, bankName: "Closed Tab Bank", steps: steps("initiate", "never") },
  accepted_late: {
    magicAmount: 410,
    bankName: "Slow & Steady Bank",
    steps: [...AUTHORISED, { action: "accept", after: 10 * MINUTE }, ...steps("complete")],
  },
  waiting: {
    magicAmount: 411,
    bankName: "Tomorrow Bank",
    steps: [...AUTHORISED, ...steps("accept"), { action: "complete", after: DAY }],
  },
};

/** The outcome that an amount chooses, in hundredths. @param {number | null} amount */
export function chosenBy(amount) {
  return Object.keys(OUTCOMES).find((code) => OUTCOMES[code].magicAmount === amount);
}

/** @type {Record<string, string>} */
export const FAILURE_REASONS = {
  refused_by_bank: "The bank refused the payment.",
  insufficient_funds: "The account does not hold the amount.",
  authorisation_timed_out: "The payment was not authorised within 15 minutes.",
  identity_rejected: "The payer's identity could not be confirmed.",
  risk_declined: "The payment was declined by screening.",
  amount_mismatch: "Another amount arrived than the session's.",
  processing_error: "The payment order could not be processed.",
};
