// The bytes of a request's body, after transfer decoding, up to the limit (HTTP-13 to HTTP-15).

import { Problem } from "./problem.mjs";

export const MAXIMUM_BODY = 262_144;

// A client that is refused still sends the rest: it is read and dropped for a while, so that the answer reaches it.
const DRAINED_BYTES = 16 * MAXIMUM_BODY;

/**
 * @param {import("node:http").IncomingMessage} request
 * @returns {Promise<Buffer>}
 */
export function readBody(request) {
  const tooLarge = () => new Problem("body_too_large", `The body has more than ${MAXIMUM_BODY} bytes.`);
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let size = 0;
    if (Number(request.headers["content-length"] ?? 0) > MAXIMUM_BODY) return reject(tooLarge());
    request.on("data", (/** @type {Buffer} */ chunk) => {
      size += chunk.length;
      if (size <= MAXIMUM_BODY) chunks.push(chunk);
      else reject(tooLarge());
      if (size > DRAINED_BYTES) request.socket.destroy();
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
    request.on("close", () => reject(new ConnectionLost()));
  });
}

/** The client went away before its request was complete: there is nobody to answer. */
export class ConnectionLost extends Error {}
