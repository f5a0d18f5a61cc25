// Who may drive the sandbox: programs on this machine, or holders of the token; no web page of another origin.

import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

import { field } from "../http/fields.mjs";
import { Problem } from "../http/problem.mjs";

/**
 * @param {() => string} publicUrl
 * @param {string | undefined} token
 * @returns {(request: import("node:http").IncomingMessage) => void}
 */
export function fence(publicUrl, token) {
  return (request) => {
    const host = field(request, "Host") ?? "";
    const isLocalName = isLoopback(hostName(host));
    const publicHost = new URL(publicUrl()).host;
    if (!isLocalName && host.toLowerCase() !== publicHost) throw new Problem("forbidden_origin", "The header Host is not this server's.");
    const origin = field(request, "Origin");
    const own = [new URL(publicUrl()).origin, `http://${host}`];
    if (origin !== undefined && !own.includes(origin)) throw new Problem("forbidden_origin", "The header Origin is not this server's own.");
    const isProxied = ["Forwarded", "Via", "X-Forwarded-For"].some((name) => field(request, name) !== undefined);
    const isLocal = isLocalName && !isProxied && isLoopback(request.socket.remoteAddress ?? "");
    if (isLocal || (token !== undefined && holds(field(request, "Authorization"), token))) return;
    const headers = { "WWW-Authenticate": 'Bearer realm="sandbox"' };
    throw new Problem("control_token_required", "Requests from beyond loopback need Authorization: Bearer with the control token.", { headers });
  };
}

/** @param {string} host */
const hostName = (host) => host.replace(/:[0-9]*$/, "").replace(/^\[(.*)\]$/, "$1").toLowerCase();

/** @param {string} name */
function isLoopback(name) {
  const address = name.replace(/^::ffff:/, "");
  return name === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

/** @param {string | undefined} authorization @param {string} token */
function holds(authorization, token) {
  const [given, wanted] = [Buffer.from(authorization ?? ""), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
