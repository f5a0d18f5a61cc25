// The URLs of a hosted session (DATA-15 to DATA-17): RFC 3986, in ASCII, without user information.

import { isIPv6 } from "node:net";

const URL_PARTS = /^([A-Za-z]+):\/\/([^/?#]*)([^]*)$/;
const AUTHORITY = /^(\[[^\]]*\]|[^:[\]]+)(?::([0-9]+))?$/;
const UNRESERVED = "[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}";
const NAME = new RegExp(`^(?:${UNRESERVED})+$`);
const FUTURE_ADDRESS = /^v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/i;
const REST = new RegExp(`^(?:/(?:${UNRESERVED}|[:@/])*)?(?:\\?(?:${UNRESERVED}|[:@/?])*)?(?:#(?:${UNRESERVED}|[:@/?])*)?$`);
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const LOOPBACK = new RegExp(`^(?:localhost|127(?:\\.${OCTET}){3}|\\[::1\\])$`, "i");

/** @param {string} text */
export function isPartnerUrl(text) {
  const [, scheme, authority, rest] = URL_PARTS.exec(text) ?? [];
  const [, host, port] = AUTHORITY.exec(authority ?? "") ?? [];
  if (scheme === undefined || host === undefined || !isHost(host) || !REST.test(rest)) return false;
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) return false;
  return scheme.toLowerCase() === "https" || (scheme.toLowerCase() === "http" && LOOPBACK.test(host));
}

/** @param {string} host */
function isHost(host) {
  if (!host.startsWith("[")) return NAME.test(host);
  const literal = host.slice(1, -1);
  return FUTURE_ADDRESS.test(literal) || (isIPv6(literal) && !literal.includes("%")); // no zones in RFC 3986
}
