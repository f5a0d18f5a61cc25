// Who calls (AUTH-01 to AUTH-15). The causes are decided in the order of the document, one function after another.

import { constants, verify } from "node:crypto";

import { field } from "../http/fields.mjs";
import { Problem } from "../http/problem.mjs";

/** @typedef {import("../partners.mjs").Partner} Partner */

const WINDOW_SECONDS = 300;
const HEADERS = { "WWW-Authenticate": 'StableMint realm="api"' };
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @param {string} code @param {string} detail */
const refused = (code, detail) => new Problem(code, detail, { headers: HEADERS });

/**
 * The partner that has signed this request.
 *
 * @param {Map<string, Partner>} partners by API key
 * @param {import("../http/listener.mjs").Call} call
 * @returns {Partner}
 */
export function authenticate(partners, { request, body }) {
  const [apiKey, timestamp, signature] = ["ApiKey", "Timestamp", "Signature"].map((name) => {
    const value = field(request, name);
    if (value) return value;
    throw refused("missing_credentials", `The header ${name} is missing. Send ApiKey, Timestamp and Signature with every request.`);
  });
  const partner = partners.get(apiKey);
  if (partner === undefined) throw refused("unknown_api_key", "The header ApiKey names no partner of this environment.");
  if (!/^[0-9]{10}$/.test(timestamp)) {
    throw refused("malformed_timestamp", "The header Timestamp must be Unix time in whole seconds, exactly ten digits.");
  }
  const now = Math.floor(Date.now() / 1000); // real time, however far the session clock was moved (AUTH-10)
  if (Math.abs(now - Number(timestamp)) > WINDOW_SECONDS) {
    throw refused("timestamp_out_of_window", `The header Timestamp differs from the server's time by more than ${WINDOW_SECONDS} seconds.`);
  }
  if (!isSignedBy(partner, timestamp, body, signature)) {
    throw refused("invalid_signature", "The header Signature does not verify over the timestamp, the API secret and the body as received.");
  }
  return partner;
}

/** @param {Partner} partner @param {string} timestamp @param {Buffer} body @param {string} signature */
function isSignedBy(partner, timestamp, body, signature) {
  const bytes = Buffer.from(signature, "base64");
  // Buffer.from takes base64url, white space and missing padding as well: the one right spelling is compared.
  if (!BASE64.test(signature) || bytes.toString("base64") !== signature) return false;
  const signed = Buffer.concat([Buffer.from(`${timestamp},${partner.apiSecret},`), body]);
  return verify("RSA-SHA256", signed, { key: partner.publicKey, padding: constants.RSA_PKCS1_PADDING }, bytes);
}
