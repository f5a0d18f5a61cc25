// From node:http to operations and back: routing, the body, and what every answer carries.

import { randomBytes } from "node:crypto";
import { STATUS_CODES, createServer } from "node:http";

import { ConnectionLost, readBody } from "./body.mjs";
import { Problem } from "./problem.mjs";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("node:http").ServerResponse} ServerResponse */
/** @typedef {{ status: number, headers?: Record<string, string>, body: string }} Answer */
/**
 * @typedef {object} Call
 * @property {IncomingMessage} request for its header fields
 * @property {Buffer} body its exact bytes
 * @property {string[]} parameters of the path, as they were written
 * @property {URLSearchParams} query
 */
/** @typedef {(call: Call) => Answer | Promise<Answer>} Operation */
/**
 * @typedef {object} Resource what a path names
 * @property {RegExp} path whose groups are its parameters
 * @property {Record<string, Operation>} methods
 * @property {(request: IncomingMessage) => void} [guard] refuses by a Problem, before the body is read
 */

const KEEP_ALIVE_MILLISECONDS = 75_000;
const REQUEST_MILLISECONDS = 60_000;

/**
 * A server of these resources, of which the first that has a path gets its requests (HTTP-03).
 *
 * @param {Resource[]} resources
 * @param {() => string} publicUrl
 */
export function createListener(resources, publicUrl) {
  /** @param {IncomingMessage} request @returns {Promise<[Answer, requestId: string] | undefined>} */
  const answer = async (request) => {
    const requestId = `req_${randomBytes(12).toString("hex")}`; // HTTP-16: ours, whatever the client's is
    try {
      return [await dispatch(resources, request), requestId];
    } catch (error) {
      if (error instanceof ConnectionLost) return undefined;
      return [explain(error, requestId).answer(requestId, publicUrl()), requestId];
    }
  };
  const handle = async (/** @type {IncomingMessage} */ request, /** @type {ServerResponse} */ response) => {
    const answered = await answer(request);
    if (answered === undefined) return;
    response.writeHead(answered[0].status, headers(...answered));
    response.end(answered[0].body);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS, requestTimeout: REQUEST_MILLISECONDS }, handle);
  server.on("checkContinue", (request, response) => {
    // Only who will be read is asked to go on: a refusal can come before the body.
    request.once("resume", () => response.headersSent || response.writeContinue());
    handle(request, response);
  });
  server.on("checkExpectation", handle);
  server.on("connect", async (request, socket) => {
    socket.on("error", () => socket.destroy());
    const answered = await answer(request);
    if (answered === undefined) return;
    const lines = Object.entries({ ...headers(...answered), Connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`);
    const { status, body } = answered[0];
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  });
  return server;
}

/** @param {Resource[]} resources @param {IncomingMessage} request */
async function dispatch(resources, request) {
  const { path, query } = target(request.url ?? "");
  const found = resources.find((resource) => resource.path.test(path));
  if (found === undefined) {
    throw new Problem("not_found", "No operation has this path. Paths are matched exactly, case and trailing slash included.");
  }
  const operation = found.methods[request.method ?? ""];
  if (operation === undefined) {
    const allow = { Allow: Object.keys(found.methods).join(", ") };
    throw new Problem("method_not_allowed", "This path does not offer the method. The header Allow names those that it does.", { headers: allow });
  }
  found.guard?.(request);
  const body = await readBody(request);
  const parameters = found.path.exec(path)?.slice(1) ?? [];
  return operation({ request, body, parameters, query });
}

/**
 * Path and query of a request target, in origin form or absolute form (RFC 9112 section 3.2).
 *
 * @param {string} url
 */
function target(url) {
  const relative = url.replace(/^https?:\/\/[^/?#]*/i, "");
  const [path, ...rest] = relative.split("?");
  return { path, query: new URLSearchParams(rest.join("?")) };
}

/** @param {unknown} error @param {string} requestId */
function explain(error, requestId) {
  if (error instanceof Problem) return error;
  process.stderr.write(`${requestId}: ${error instanceof Error ? error.stack : error}\n`);
  return new Problem("internal_error", "The server failed. Repeat the request with the same idempotencyKey.");
}

/** @param {Answer} answer @param {string} requestId */
function headers(answer, requestId) {
  return {
    "Content-Type": "application/json",
    ...answer.headers,
    "Content-Length": String(Buffer.byteLength(answer.body)),
    "Cache-Control": "no-store",
    "Request-Id": requestId,
  };
}
