// Amounts: hundredths of the currency's unit inside, JSON numbers outside.

import { fault } from "../json/checks.mjs";

export const MINIMUM = 10;
const MAXIMUM = 100_000_000;

/**
 * The whole number of hundredths whose nearest binary64 value this is (DATA-12); undefined where there is none.
 *
 * @param {number} units
 */
export function toHundredths(units) {
  const hundredths = Math.round(units * 100);
  return hundredths / 100 === units ? hundredths : undefined; // a quotient of integers is correctly rounded
}

/** @param {number} hundredths */
export const toUnits = (hundredths) => hundredths / 100;

/** @type {import("../json/checks.mjs").Check} */
export function amount(value, pointer) {
  if (typeof value !== "number") return fault(pointer, "wrong_type", "An amount is a number.");
  if (!(value >= toUnits(MINIMUM) && value <= toUnits(MAXIMUM))) {
    return fault(pointer, "out_of_range", "An amount is from 0.1 to 1000000.");
  }
  return toHundredths(value) === undefined ? fault(pointer, "bad_format", "An amount has at most two decimals.") : [];
}
