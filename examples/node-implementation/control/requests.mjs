// The requests of the driver operations, as their schemas say.

import { Problem } from "../http/problem.mjs";
import { closedObject, fault, number, oneOf, setOf, text } from "../json/checks.mjs";
import { OUTCOMES } from "../payment/outcome.mjs";
import { amount } from "../session/amount.mjs";
import { EVENT_TYPES } from "../webhook/event.mjs";

/** @typedef {import("../json/checks.mjs").Check} Check */

const DURATION = /^P(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,3})?)S)?)?$/;
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$/;
const ENDPOINT = /^https?:\/\/[0-9A-Za-z._~%:[\]-]+(?:[/?#][!-~]*)?$/i;
const SECONDS = { weeks: 604_800, days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };
const LONGEST_MOVE = 3650 * SECONDS.days;

/** @type {Check} */
const play = closedObject({
  members: {
    outcome: oneOf(Object.keys(OUTCOMES), "an outcome that the bank can play"),
    amount,
    pace: oneOf(["at_once", "timer", "manual"], "at_once, timer or manual"),
    steps: number({ minimum: 0, maximum: 20, isWhole: true }),
  },
});

/** @type {Check} */
export const playSession = (value, pointer) => {
  const faults = play(value, pointer);
  if (faults.length > 0 || !(value instanceof Map) || !value.has("steps")) return faults;
  const isManual = (value.get("pace") ?? "manual") === "manual";
  return isManual ? [] : fault("/pace", "not_in_list", "With steps the pace is manual.");
};

const unit = number({ minimum: 0, maximum: LONGEST_MOVE });
const advance = closedObject({
  members: {
    duration: text({ maximum: 60, accepts: (value) => DURATION.test(value), form: "This must be an ISO 8601 duration." }),
    days: unit,
    hours: unit,
    minutes: unit,
    seconds: unit,
  },
});

/** @type {Check} */
export const advanceClock = (value, pointer) => {
  const faults = advance(value, pointer);
  if (faults.length > 0 || !(value instanceof Map)) return faults;
  if (value.size === 0) return fault(pointer, "too_short", "Say how far: a duration, or units.");
  if (value.has("duration") && value.size > 1) return fault(pointer, "too_many", "A duration comes alone.");
  return milliseconds(value) <= LONGEST_MOVE * 1000 ? [] : fault(pointer, "out_of_range", "The clock moves by at most 3650 days at once.");
};

/** How far to move. @param {Map<string, any>} request */
export function milliseconds(request) {
  const duration = DURATION.exec(request.get("duration") ?? "")?.slice(1);
  const units = Object.entries(SECONDS).map(([name, seconds], index) => seconds * Number(duration?.[index] ?? request.get(name) ?? 0));
  return Math.round(1000 * units.reduce((sum, seconds) => sum + seconds));
}

/** @type {Check} */
export const setClock = closedObject({
  members: { now: text({ maximum: 40, accepts: isInstant, form: "This must be a time as RFC 3339 writes it." }) },
  required: ["now"],
});

/** @param {string} value */
function isInstant(value) {
  const day = value.slice(0, 10);
  const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  return INSTANT.test(value) && isDay && !Number.isNaN(Date.parse(value));
}

/** @type {Check} */
export const setEndpoints = closedObject({
  members: {
    url: text({ maximum: 2048, accepts: (value) => ENDPOINT.test(value), form: "This must be an absolute http or https URL." }),
    eventTypes: setOf({ items: oneOf(EVENT_TYPES, "an event type of the API"), minimum: 1 }),
  },
  required: ["url"],
});

/**
 * A parameter of the query that is one of a list; undefined where it is absent.
 *
 * @param {URLSearchParams} query
 * @param {string} name
 * @param {string[]} listed
 */
export function choice(query, name, listed) {
  const value = query.get(name) ?? undefined;
  if (value === undefined || listed.includes(value)) return value;
  throw badParameter(name, "not_in_list", `This must be one of ${listed.join(", ")}.`);
}

/** How many to list. @param {URLSearchParams} query */
export function limit(query) {
  const value = query.get("limit") ?? "100";
  if (/^[0-9]{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= 1000) return Number(value);
  throw badParameter("limit", "out_of_range", "This must be a whole number from 1 to 1000.");
}

/** @param {string} name @param {string} code @param {string} detail */
function badParameter(name, code, detail) {
  return new Problem("invalid_request", `The parameter ${name} is not as it should be.`, { members: { errors: fault(`/query/${name}`, code, detail) } });
}
