// One JSON value in UTF-8, as strictly as the contract reads it (DATA-01 to DATA-03). JSON.parse cannot do it: it
// takes the last of two equal names, knows no limit of depth, and loses a member called `__proto__` to its object.

/** @typedef {null | boolean | number | string | any[] | Map<string, any>} JsonValue items and members are values again */

/** The bytes are no JSON; the message says why, and repeats nothing of them. */
export class MalformedJson extends Error {}

const MAXIMUM_DEPTH = 32;
const WHITE_SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEXADECIMAL = /[0-9A-Fa-f]{4}/y;
const ESCAPES = new Map([...'"\\/'].map((sign) => [sign, sign]));
for (const [letter, sign] of ["b\b", "f\f", "n\n", "r\r", "t\t"]) ESCAPES.set(letter, sign);
const WORDS = new Map([["true", true], ["false", false], ["null", null]]);

/**
 * Read the one value of a body. Objects become Maps, in which every name is ordinary data (DATA-25); numbers
 * become the nearest binary64 value, Infinity where that cannot hold them (DATA-05).
 *
 * @param {Buffer} bytes
 * @returns {JsonValue}
 */
export function readJson(bytes) {
  const text = decode(bytes);
  const reader = new Reader(text);
  const value = reader.value(1);
  reader.match(WHITE_SPACE);
  if (reader.at < text.length) throw new MalformedJson("More follows the JSON value.");
  return value;
}

/** @param {Buffer} bytes */
function decode(bytes) {
  if (bytes.length === 0) throw new MalformedJson("The body is empty.");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedJson("The body is not UTF-8.");
  }
  if (text.startsWith("\ufeff")) throw new MalformedJson("The body begins with a byte order mark.");
  return text;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {RegExp} pattern a sticky one @returns {string | undefined} */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** @param {string} sign */
  take(sign) {
    this.match(WHITE_SPACE);
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  /** @param {string} sign */
  need(sign) {
    if (!this.take(sign)) throw this.unexpected();
  }

  unexpected() {
    const ended = this.at >= this.text.length;
    return new MalformedJson(
      ended ? "The body ends before the JSON value is complete." : `The character at offset ${this.at} is out of place.`,
    );
  }

  /** @param {number} depth that a container would have, the outermost being the first @returns {JsonValue} */
  value(depth) {
    if (this.take('"')) return this.string();
    if (this.take("{")) return this.object(depth);
    if (this.take("[")) return this.array(depth);
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    const number = this.match(NUMBER);
    if (number === undefined) throw this.unexpected();
    return Number(number);
  }

  /** @param {number} depth */
  object(depth) {
    refuseDepth(depth);
    const members = new Map();
    if (this.take("}")) return members;
    do {
      this.need('"');
      const name = this.string();
      if (members.has(name)) throw new MalformedJson("A name occurs twice in one object.");
      this.need(":");
      members.set(name, this.value(depth + 1));
    } while (this.take(","));
    this.need("}");
    return members;
  }

  /** @param {number} depth */
  array(depth) {
    refuseDepth(depth);
    /** @type {JsonValue[]} */
    const items = [];
    if (this.take("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.take(","));
    this.need("]");
    return items;
  }

  /** The rest of a string, its opening quotation mark being read. */
  string() {
    const parts = [];
    for (;;) {
      parts.push(this.match(PLAIN) ?? "");
      const sign = this.text[this.at];
      if (sign === '"') {
        this.at += 1;
        return parts.join("");
      }
      if (sign !== "\\") throw this.unexpected();
      this.at += 1;
      parts.push(this.escape());
    }
  }

  escape() {
    const letter = this.text[this.at] ?? "";
    if (letter === "u") {
      this.at += 1;
      const digits = this.match(HEXADECIMAL);
      if (digits === undefined) throw this.unexpected();
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const sign = ESCAPES.get(letter);
    if (sign === undefined) throw this.unexpected();
    this.at += 1;
    return sign;
  }
}

/** @param {number} depth */
function refuseDepth(depth) {
  if (depth > MAXIMUM_DEPTH) throw new MalformedJson(`Objects and arrays are nested deeper than ${MAXIMUM_DEPTH} levels.`);
}
