// The key of this environment, and the headers that it signs (HOOK-03, HOOK-04).

import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

export class Signer {
  /** @param {string} privateKeyPem */
  constructor(privateKeyPem) {
    this.key = createPrivateKey(privateKeyPem);
    this.publicKeyPem = /** @type {string} */ (createPublicKey(this.key).export({ type: "spki", format: "pem" }));
  }

  /** Sign afresh, as of the real time of an attempt. @param {string} body @returns {Record<string, string>} */
  headers(body) {
    const timestamp = new Date().toISOString();
    const padding = constants.RSA_PKCS1_PADDING;
    const signature = sign("RSA-SHA256", Buffer.from(`${timestamp},${body}`), { key: this.key, padding });
    return {
      "Content-Type": "application/json",
      "Content-Length": String(Buffer.byteLength(body)),
      "StableMint-Timestamp": timestamp,
      "StableMint-Signature": signature.toString("base64"),
    };
  }
}

/** A fresh key, as PKCS#8 PEM. */
export function newPrivateKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return /** @type {string} */ (privateKey.export({ type: "pkcs8", format: "pem" }));
}
