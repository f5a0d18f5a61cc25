// Header fields: what the contract reads of them.

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETERS = `(?:[ \\t]*;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)*`;
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(${PARAMETERS})[ \\t]*$`);
const PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, "g");
const QUALITY = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The value of a field, its repetitions joined (RFC 9110 section 5.3), which node:http does for some fields alone.
 *
 * @param {import("node:http").IncomingMessage} request
 * @param {string} name
 * @returns {string | undefined} undefined where the field is absent
 */
export function field(request, name) {
  const values = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index].toLowerCase() === name.toLowerCase()) values.push(request.rawHeaders[index + 1]);
  }
  return values.length > 0 ? values.join(", ") : undefined;
}

/** @param {string} text @returns {{ type: string, parameters: [string, string][] } | undefined} undefined where it is malformed */
function parseMediaType(text) {
  const [, type, rest] = MEDIA_TYPE.exec(text) ?? [];
  if (type === undefined) return undefined;
  const parameters = [...rest.matchAll(PARAMETER)].map(([, name, token, quoted]) => [
    name.toLowerCase(),
    token ?? quoted.replace(/\\(.)/g, "$1"),
  ]);
  return { type: type.toLowerCase(), parameters: /** @type {[string, string][]} */ (parameters) };
}

/**
 * Whether a body is announced as JSON in UTF-8 without content coding (HTTP-09 to HTTP-11).
 *
 * @param {import("node:http").IncomingMessage} request
 */
export function announcesJson(request) {
  const media = parseMediaType(field(request, "Content-Type") ?? "");
  const isCoded = (field(request, "Content-Encoding") ?? "identity").toLowerCase() !== "identity";
  if (media?.type !== "application/json" || isCoded) return false;
  return media.parameters.every(([name, value]) => name !== "charset" || value.toLowerCase() === "utf-8");
}

/**
 * Whether a well-formed `Accept` gives application/json quality 0 (HTTP-12), the most specific range deciding
 * (RFC 9110 section 12.5.1). What is malformed rules nothing out.
 *
 * @param {import("node:http").IncomingMessage} request
 */
export function rulesJsonOut(request) {
  const elements = (field(request, "Accept") ?? "").split(",").map((element) => element.trim());
  const ranges = elements.filter(Boolean).map(parseMediaType);
  /** @type {Map<string, number>} */
  const qualities = new Map();
  for (const range of ranges) {
    if (range === undefined) return false;
    const quality = range.parameters.find(([name]) => name === "q")?.[1] ?? "1";
    if (!QUALITY.test(quality)) return false;
    qualities.set(range.type, Math.max(Number(quality), qualities.get(range.type) ?? 0));
  }
  if (qualities.size === 0) return false;
  const decisive = ["application/json", "application/*", "*/*"].find((type) => qualities.has(type));
  return decisive === undefined || qualities.get(decisive) === 0;
}
