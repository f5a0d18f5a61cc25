// When two requests are the same (IDEM-09): their members are, recursively, in whatever order and spelling.

import { createHash } from "node:crypto";

/** @typedef {import("./reader.mjs").JsonValue} JsonValue */

/**
 * A digest that two values share exactly when they are the same. It keeps no request, and with it no identity data.
 *
 * @param {JsonValue} value
 */
export function fingerprint(value) {
  return createHash("sha256").update(canonical(value)).digest("base64");
}

/** @param {JsonValue} value @returns {string} */
function canonical(value) {
  if (value instanceof Map) {
    const members = [...value].map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
    return `{${members.sort().join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return JSON.stringify(value); // a number in the one spelling that ECMAScript has for its value
}
