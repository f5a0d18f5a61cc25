// What a schema can ask of a value, as functions that list every fault of it (ERR-05, ERR-06). Nothing below a
// faulty place is judged, and no detail repeats what was sent (ERR-07).

import { below } from "./pointer.mjs";

/** @typedef {import("./reader.mjs").JsonValue} JsonValue */
/** @typedef {{ pointer: string, code: string, detail: string }} Fault */
/** @typedef {(value: JsonValue, pointer: string) => Fault[]} Check */

const UNPAIRED_SURROGATE = /\p{Surrogate}/u;

/** @param {string} pointer @param {string} code @param {string} detail @returns {Fault[]} */
export const fault = (pointer, code, detail) => [{ pointer, code, detail }];

/** @param {JsonValue} value @param {string} pointer @param {string} wanted */
function wrongType(value, pointer, wanted) {
  const instead = value === null ? "null is not accepted; leave out what is not known" : `this must be ${wanted}`;
  return fault(pointer, "wrong_type", `${instead[0].toUpperCase()}${instead.slice(1)}.`);
}

/**
 * Text: kept as it was sent, counted in code points (DATA-28), without U+0000 (DATA-29) and unpaired
 * surrogates (DATA-05).
 *
 * @param {{ minimum?: number, maximum?: number, accepts?: (text: string) => boolean, form?: string }} rule
 * @returns {Check}
 */
export function text({ minimum = 0, maximum = Infinity, accepts = () => true, form = "" }) {
  return (value, pointer) => {
    if (typeof value !== "string") return wrongType(value, pointer, "a string");
    if (UNPAIRED_SURROGATE.test(value)) return fault(pointer, "bad_format", "This text holds an unpaired surrogate.");
    if (value.includes("\u0000")) return fault(pointer, "bad_format", "This text holds U+0000.");
    const length = [...value].length;
    if (length < minimum) return fault(pointer, "too_short", `This text must have at least ${minimum} characters.`);
    if (length > maximum) return fault(pointer, "too_long", `This text must have at most ${maximum} characters.`);
    return accepts(value) ? [] : fault(pointer, "bad_format", form);
  };
}

/** @param {Iterable<string>} listed @param {string} what @returns {Check} */
export function oneOf(listed, what) {
  const values = new Set(listed);
  return (value, pointer) => {
    if (typeof value !== "string") return wrongType(value, pointer, "a string");
    return values.has(value) ? [] : fault(pointer, "not_in_list", `This must be ${what}.`);
  };
}

/**
 * @param {{ minimum: number, maximum: number, isWhole?: boolean }} rule
 * @returns {Check}
 */
export function number({ minimum, maximum, isWhole = false }) {
  return (value, pointer) => {
    if (typeof value !== "number") return wrongType(value, pointer, "a number");
    if (!(value >= minimum && value <= maximum)) {
      return fault(pointer, "out_of_range", `This must be from ${minimum} to ${maximum}.`);
    }
    return !isWhole || Number.isInteger(value) ? [] : fault(pointer, "wrong_type", "This must be a whole number.");
  };
}

/**
 * An array of different values.
 *
 * @param {{ items: Check, minimum: number }} rule
 * @returns {Check}
 */
export function setOf({ items, minimum }) {
  return (value, pointer) => {
    if (!Array.isArray(value)) return wrongType(value, pointer, "an array");
    if (value.length < minimum) return fault(pointer, "too_short", `This must have at least ${minimum} items.`);
    const faults = value.flatMap((item, index) => items(item, `${pointer}/${index}`));
    if (faults.length > 0 || new Set(value).size === value.length) return faults;
    return fault(pointer, "bad_format", "No item may occur twice.");
  };
}

/**
 * A closed object (DATA-06): these members, each by its own check, and no others. Members of a pair come together
 * or not at all (DATA-26).
 *
 * @param {{ members: Record<string, Check>, required?: string[], pairs?: [string, string][] }} rule
 * @returns {Check}
 */
export function closedObject({ members, required = [], pairs = [] }) {
  const checks = new Map(Object.entries(members));
  return (value, pointer) => {
    if (!(value instanceof Map)) return wrongType(value, pointer, "an object");
    const faults = [...value].flatMap(([name, member]) => {
      const check = checks.get(name);
      const place = below(pointer, name);
      return check ? check(member, place) : fault(place, "unknown_field", "This operation does not define this member.");
    });
    for (const name of required) {
      if (!value.has(name)) faults.push(...fault(below(pointer, name), "required", "This member is required."));
    }
    for (const pair of pairs) {
      const absent = pair.filter((name) => !value.has(name));
      if (absent.length === 1) faults.push(...fault(below(pointer, absent[0]), "required", "Its counterpart needs this member."));
    }
    return faults;
  };
}

/**
 * An object whose names are free: at most so many members, each name and each value by one check.
 *
 * @param {{ names: Check, values: Check, maximum: number }} rule
 * @returns {Check}
 */
export function openObject({ names, values, maximum }) {
  return (value, pointer) => {
    if (!(value instanceof Map)) return wrongType(value, pointer, "an object");
    const faults = [...value].flatMap(([name, member]) => {
      const place = below(pointer, name);
      return [...names(name, place), ...values(member, place)];
    });
    if (value.size > maximum) faults.push(...fault(pointer, "too_many", `This may have at most ${maximum} members.`));
    return faults;
  };
}
