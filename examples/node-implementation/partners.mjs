// The partners that were onboarded: one folder each, named as the partner is.

import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Partner
 * @property {string} name
 * @property {string} apiKey
 * @property {string} apiSecret
 * @property {import("node:crypto").KeyObject} publicKey which verifies its requests
 * @property {Set<string>} managements `stablemint`, `partner` or both
 */

/**
 * Read `DIRECTORY/<name>/`: the files `api_key`, `api_secret`, `public_key.pem` (or, for a demonstration,
 * `private_key.pem`), and `customer_management` with the words `stablemint`, `partner` or, as without it, both.
 *
 * @param {string} directory
 * @returns {Partner[]}
 */
export function readPartners(directory) {
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (folders.length === 0) throw new Error(`${directory} holds no folder of a partner`);
  return folders.map(({ name }) => readPartner(name, join(directory, name)));
}

/** @param {string} name @param {string} folder @returns {Partner} */
function readPartner(name, folder) {
  const read = (/** @type {string} */ file) => readFileSync(join(folder, file), "utf8").trim();
  const managements = existsSync(join(folder, "customer_management")) ? read("customer_management") : "stablemint partner";
  const key = ["public_key.pem", "private_key.pem"].find((file) => existsSync(join(folder, file)));
  if (key === undefined) throw new Error(`${folder} holds no public_key.pem`);
  const publicKey = createPublicKey(read(key));
  if (publicKey.asymmetricKeyType !== "rsa" || (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw new Error(`${join(folder, key)} is no RSA key of at least 2048 bits`); // AUTH-16
  }
  const apiSecret = read("api_secret");
  if (!/^[!-+\--~]+$/.test(apiSecret)) throw new Error(`${join(folder, "api_secret")} is not visible ASCII without a comma`);
  return { name, apiKey: read("api_key"), apiSecret, publicKey, managements: new Set(managements.split(/\s+/)) };
}
