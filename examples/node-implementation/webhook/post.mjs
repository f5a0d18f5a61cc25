// One attempt: a POST that follows no redirect, with ten seconds of real time for the head of its answer (HOOK-16).

import http from "node:http";
import https from "node:https";

const HEAD_MILLISECONDS = 10_000;
const KEPT_BYTES = 1024;
const BODY_MILLISECONDS = 500;

/**
 * @typedef {object} Result
 * @property {number | null} status null without an answer
 * @property {Record<string, string>} headers
 * @property {string} body its beginning
 * @property {string | null} error why there was no answer
 */

/**
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {string} body
 * @returns {Promise<Result>} never rejected: a failure is a result
 */
export function post(url, headers, body) {
  return new Promise((resolve) => {
    const failed = (/** @type {string} */ error) => resolve({ status: null, headers: {}, body: "", error });
    let request;
    try {
      const scheme = /^https:/i.test(url) ? https : http;
      request = scheme.request(url, { method: "POST", headers, agent: false });
    } catch {
      return failed("the URL cannot be used");
    }
    const timer = setTimeout(() => {
      failed("no complete response head within 10 seconds");
      request.destroy();
    }, HEAD_MILLISECONDS);
    request.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      clearTimeout(timer);
      failed(`the connection failed (${error.code ?? "no HTTP"})`);
    });
    const answered = async (/** @type {http.IncomingMessage} */ response) => {
      clearTimeout(timer);
      const { "set-cookie": _, ...fields } = response.headers;
      const kept = await beginning(response);
      request.destroy();
      resolve({ status: response.statusCode ?? null, headers: /** @type {Record<string, string>} */ (fields), body: kept, error: null });
    };
    request.on("response", answered);
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      answered(response);
    });
    request.end(body);
  });
}

/** What of the body comes soon; it is for people and decides nothing. @param {http.IncomingMessage} response @returns {Promise<string>} */
function beginning(response) {
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    const finish = () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString("utf8"));
    };
    const timer = setTimeout(finish, BODY_MILLISECONDS);
    response.on("data", (/** @type {Buffer} */ chunk) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= KEPT_BYTES) finish();
    });
    for (const end of ["end", "error", "close"]) response.on(end, finish);
  });
}
