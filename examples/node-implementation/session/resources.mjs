// The four operations of the payment-session API, each check in the order in which it decides (HTTP-18, HTTP-19).

import { announcesJson, rulesJsonOut } from "../http/fields.mjs";
import { Problem, amountOutOfRange, invalidRequest } from "../http/problem.mjs";
import { fingerprint } from "../json/canonical.mjs";
import { MalformedJson, readJson } from "../json/reader.mjs";
import { chosenBy } from "../payment/outcome.mjs";
import { createSession, represent } from "../payment/session.mjs";
import { toHundredths, toUnits } from "./amount.mjs";
import { authenticate } from "./authentication.mjs";
import { CREATIONS } from "./request.mjs";

/** @typedef {import("../http/listener.mjs").Call} Call */
/** @typedef {import("../http/listener.mjs").Answer} Answer */
/** @typedef {import("../partners.mjs").Partner} Partner */
/** @typedef {import("../json/checks.mjs").Check} Check */

/**
 * @param {object} parts
 * @param {Map<string, Partner>} parts.partners by API key
 * @param {import("../storage/store.mjs").Store} parts.store
 * @param {import("../payment/clock.mjs").Clock} parts.clock
 * @param {import("../payment/payments.mjs").Payments} parts.payments
 * @param {import("../payment/dispatcher.mjs").Dispatcher} parts.dispatcher
 * @param {number} parts.maximumAmount in hundredths
 * @param {() => string} parts.checkoutUrl
 * @returns {import("../http/listener.mjs").Resource[]}
 */
export function sessionResources({ partners, store, clock, payments, dispatcher, maximumAmount, checkoutUrl }) {
  /** @param {import("./request.mjs").Creation} creation */
  const create = (creation) => async (/** @type {Call} */ call) => {
    const partner = authenticate(partners, call);
    if (!partner.managements.has(creation.management)) {
      throw new Problem("flow_not_enabled", `Customers managed by ${creation.management} are not enabled for this partner.`);
    }
    requireJsonAnswers(call);
    const request = readRequest(call, creation.check, maximumAmount);
    const key = request.get("idempotencyKey");
    // Scoped to partner and operation (IDEM-11); nothing is awaited from here to the put, so that of concurrent
    // requests with one key one makes the session and the others find its answer (IDEM-13).
    const place = JSON.stringify([partner.name, creation.type, creation.management, key]);
    const digest = fingerprint(request);
    const first = key === undefined ? undefined : store.get("answers", place);
    if (first && first.digest !== digest) {
      throw new Problem("idempotency_key_reused", "Another request has consumed this idempotencyKey. Use a new key for a new session.");
    }
    const answer = first?.answer ?? open(creation, request, partner, (made) => (key === undefined ? [] : [["answers", place, { digest, answer: made }]]));
    await store.synchronised();
    return first ? { ...answer, headers: { ...answer.headers, "Idempotency-Replayed": "true" } } : answer;
  };

  /**
   * @param {import("./request.mjs").Creation} creation
   * @param {Map<string, any>} request
   * @param {Partner} partner
   * @param {(answer: Answer) => import("../storage/store.mjs").Put[]} more
   */
  const open = (creation, request, partner, more) => {
    dispatcher.catchUp();
    const amount = request.has("amount") ? /** @type {number} */ (toHundredths(request.get("amount"))) : null;
    const session = createSession(creation, request, {
      partner: partner.name,
      at: clock.now(),
      amount,
      outcome: chosenBy(amount) ?? null,
      savedBanks: (customer) => payments.savedBanks(customer),
    });
    const answer = { status: 201, headers: { Location: `/session/${session.id}` }, body: JSON.stringify(represent(session, checkoutUrl())) };
    payments.open(session, more(answer));
    dispatcher.wake();
    return answer;
  };

  const lookUp = (/** @type {Call} */ call) => {
    const partner = authenticate(partners, call);
    requireJsonAnswers(call);
    dispatcher.catchUp();
    const session = store.get("sessions", call.parameters[0]);
    if (session?.partner !== partner.name) throw new Problem("session_not_found", "No session of this partner has this identifier.");
    return { status: 200, body: JSON.stringify(represent(session, checkoutUrl())) };
  };

  return [
    ...CREATIONS.map((creation) => ({ path: creation.path, methods: { POST: create(creation) } })),
    { path: /^\/session\/([^/]+)$/, methods: { GET: lookUp, HEAD: lookUp } },
  ];
}

/** @param {Call} call */
export function requireJsonAnswers({ request }) {
  if (rulesJsonOut(request)) throw new Problem("not_acceptable", "Answers are application/json, which the header Accept excludes.");
}

/** @param {Call} call */
export function requireJsonBody({ request }) {
  if (!announcesJson(request)) throw new Problem("unsupported_media_type", "The header Content-Type must be application/json, in UTF-8.");
}

/**
 * The members of a request that is all that its operation asks for.
 *
 * @param {Call} call
 * @param {Check} check
 * @param {number} maximumAmount in hundredths
 * @returns {Map<string, any>}
 */
export function readRequest(call, check, maximumAmount) {
  requireJsonBody(call);
  const value = parse(call.body);
  const faults = check(value, "");
  const amount = value instanceof Map ? value.get("amount") : undefined;
  const isAbove = typeof amount === "number" && amount > toUnits(maximumAmount) && !faults.some(({ pointer }) => pointer === "/amount");
  if (isAbove) {
    const problem = amountOutOfRange(toUnits(maximumAmount));
    if (faults.length === 0) throw problem;
    faults.push(.../** @type {typeof faults} */ (problem.members.errors));
  }
  if (faults.length > 0) throw invalidRequest(faults);
  return /** @type {Map<string, any>} */ (value);
}

/** @param {Buffer} body */
function parse(body) {
  try {
    return readJson(body);
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    throw new Problem("malformed_json", error.message, { members: { errors: [] } });
  }
}
