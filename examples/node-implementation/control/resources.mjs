// The operations of the control API that are marked `x-driver: true`, in the namespace `default`.

import { Problem } from "../http/problem.mjs";
import { toText } from "../payment/clock.mjs";
import { MINIMUM, toHundredths, toUnits } from "../session/amount.mjs";
import { readRequest, requireJsonAnswers, requireJsonBody } from "../session/resources.mjs";
import { EVENT_TYPES } from "../webhook/event.mjs";
import { advanceClock, choice, limit, milliseconds, playSession, setClock, setEndpoints } from "./requests.mjs";
import { clockReading, delivery, deliveryLog, occurrence, sandboxSession } from "./views.mjs";

/** @typedef {import("../http/listener.mjs").Call} Call */
/** @typedef {import("../json/checks.mjs").Check} Check */
/** @typedef {import("../webhook/deliveries.mjs").Delivery} Delivery */

const STATUSES = ["pending", "delivered", "failed", "not_configured"];

/**
 * @param {object} parts
 * @param {Set<string>} parts.partnerNames
 * @param {import("../storage/store.mjs").Store} parts.store
 * @param {import("../payment/clock.mjs").Clock} parts.clock
 * @param {import("../payment/agenda.mjs").Agenda} parts.agenda
 * @param {import("../payment/payments.mjs").Payments} parts.payments
 * @param {import("../webhook/deliveries.mjs").Deliveries} parts.deliveries
 * @param {import("../webhook/signer.mjs").Signer} parts.signer
 * @param {import("../payment/dispatcher.mjs").Dispatcher} parts.dispatcher
 * @param {number} parts.maximumAmount in hundredths
 * @param {() => string} parts.checkoutUrl
 * @param {(request: import("node:http").IncomingMessage) => void} parts.guard
 * @returns {import("../http/listener.mjs").Resource[]}
 */
export function controlResources({ partnerNames, store, clock, agenda, payments, deliveries, signer, dispatcher, maximumAmount, checkoutUrl, guard }) {
  /** @param {(call: Call, request: Map<string, any>, ...parameters: string[]) => unknown} work @param {Check} [check] of the body, where there is one */
  const operation = (work, check) => async (/** @type {Call} */ call) => {
    const [namespace, ...parameters] = call.parameters;
    // A body of another type is refused before all else, so that no form of a web page is ever taken (the fence).
    if (check || call.body.length > 0) requireJsonBody(call);
    if (namespace !== "default") throw new Problem("namespace_not_found", "This server has the namespace default alone.");
    requireJsonAnswers(call);
    const request = check ? readRequest(call, check, maximumAmount) : new Map();
    dispatcher.catchUp();
    const result = await work(call, request, ...parameters);
    await store.synchronised();
    dispatcher.wake();
    return { status: 200, body: JSON.stringify(result) };
  };

  /** @param {import("../storage/store.mjs").Table} table @param {string} id @param {string} code */
  const found = (table, id, code) => {
    const record = store.get(table, id);
    if (record === undefined) throw new Problem(code, "Nothing of this namespace has this identifier.");
    return record;
  };
  const session = (/** @type {string} */ id) => found("sessions", id, "session_not_found");
  const partner = (/** @type {string} */ name) => {
    if (!partnerNames.has(name)) throw new Problem("resource_not_found", "No partner of this namespace has this name.");
    return name;
  };
  /** @param {string} name @param {Record<string, string>} urls */
  const keepEndpoints = (name, urls) => store.put([["endpoints", name, urls]]);
  const endpoints = (/** @type {string} */ name) => {
    const urls = store.get("endpoints", name) ?? {};
    return { endpoints: EVENT_TYPES.filter((type) => type in urls).map((eventType) => ({ eventType, url: urls[eventType] })) };
  };
  /** @param {URLSearchParams} query @param {string | undefined} status @returns {Delivery[]} the latest first */
  const matching = (query, status) => {
    const wanted = { partner: query.get("partner") ?? undefined, sessionId: query.get("sessionId") ?? undefined, status };
    const conditions = Object.entries(wanted).filter(([, value]) => value !== undefined);
    return store.all("deliveries").reverse().filter((one) => conditions.every(([name, value]) => one[name] === value));
  };
  const moved = async (/** @type {() => number} */ target) => {
    const occurrences = (await dispatcher.move(target)).map(occurrence);
    return { ...clockReading(clock), occurrences };
  };

  const getLimits = operation(() => ({
    minimumAmount: toUnits(MINIMUM),
    maximumAmount: toUnits(maximumAmount),
    capacity: null,
    keyRetentionHours: null,
    webhookPublicKey: signer.publicKeyPem,
  }));

  const resetNamespace = operation(() => {
    store.reset();
    agenda.clear();
    clock.resume();
    return { reset: true };
  });

  const play = operation((_call, request, id) => {
    const { amount, ...rest } = Object.fromEntries(request);
    const given = amount === undefined ? {} : { amount: /** @type {number} */ (toHundredths(amount)) };
    return sandboxSession(payments.play(session(id), { ...rest, ...given }, clock.now()), checkoutUrl());
  }, playSession);

  const step = operation((_call, _request, id) => sandboxSession(payments.stepNow(session(id), clock.now()), checkoutUrl()));

  const advance = operation((_call, request) => moved(() => clock.now() + milliseconds(request)), advanceClock);

  const set = operation((_call, request) => {
    const target = Date.parse(request.get("now"));
    return moved(() => {
      const now = clock.now();
      if (target >= now) return target;
      throw new Problem("clock_moves_forwards", "The session clock is later already.", { members: { now: toText(now) } });
    });
  }, setClock);

  const getClock = operation(() => clockReading(clock));

  const freeze = operation(() => {
    clock.freeze();
    return clockReading(clock);
  });

  const resume = operation(() => {
    clock.resume();
    return clockReading(clock);
  });

  const listEndpoints = operation((_call, _request, name) => endpoints(partner(name)));

  const putEndpoints = operation((_call, request, name) => {
    const types = request.get("eventTypes") ?? EVENT_TYPES;
    const urls = Object.fromEntries(types.map((/** @type {string} */ type) => [type, request.get("url")]));
    keepEndpoints(partner(name), { ...store.get("endpoints", name), ...urls });
    return endpoints(name);
  }, setEndpoints);

  const removeEndpoints = operation(({ query }, _request, name) => {
    const type = choice(query, "eventType", EVENT_TYPES);
    const urls = Object.entries(store.get("endpoints", partner(name)) ?? {});
    keepEndpoints(name, Object.fromEntries(urls.filter(([each]) => type !== undefined && each !== type)));
    return endpoints(name);
  });

  const listDeliveries = operation(({ query }) => {
    const [status, most] = [choice(query, "status", STATUSES), limit(query)];
    return { deliveries: matching(query, status).slice(0, most).map(delivery) };
  });

  const getDelivery = operation((_call, _request, id) => deliveryLog(found("deliveries", id, "resource_not_found")));

  const resend = operation((_call, _request, id) => delivery(deliveries.resend(found("deliveries", id, "resource_not_found"))));

  const resendFailed = operation(({ query }) => ({
    deliveries: matching(query, "failed").map((failed) => delivery(deliveries.resend(failed))),
  }));

  /** @param {string} path with `*` for a parameter @param {Record<string, import("../http/listener.mjs").Operation>} methods */
  const resource = (path, methods) => ({ path: new RegExp(`^/_sandbox/namespaces/*/${path}$`.replaceAll("*", "([^/]+)")), methods, guard });
  return [
    resource("limits", { GET: getLimits }),
    resource("reset", { POST: resetNamespace }),
    resource("sessions/*/play", { POST: play }),
    resource("sessions/*/step", { POST: step }),
    resource("clock", { GET: getClock }),
    resource("clock/advance", { POST: advance }),
    resource("clock/set", { POST: set }),
    resource("clock/freeze", { POST: freeze }),
    resource("clock/resume", { POST: resume }),
    resource("partners/*/endpoints", { GET: listEndpoints, PUT: putEndpoints, DELETE: removeEndpoints }),
    resource("deliveries", { GET: listDeliveries }),
    resource("deliveries/resend-failed", { POST: resendFailed }),
    resource("deliveries/*", { GET: getDelivery }),
    resource("deliveries/*/resend", { POST: resend }),
  ];
}
