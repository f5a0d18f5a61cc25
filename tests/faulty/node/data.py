"""DATA: Node servers that take too much for a request, or too little."""

from tests.faulty.node.source import faulty

READER = "json/reader.mjs"
CHECKS = "json/checks.mjs"
REQUEST = "session/request.mjs"
URL = "session/url.mjs"
RESOURCES = "session/resources.mjs"
EVENT = "webhook/event.mjs"

faulty(
    "trailing-commas-accepted",
    "A comma may stand behind the last member, as in JavaScript.",
    (
        READER,
        "      this.need('\"');\n      const name",
        (
            '      if (members.size > 0 && this.take("}")) return members;\n'
            "      this.need('\"');\n      const name"
        ),
    ),
    breaks="DATA-01",
    collateral=("ERR-08",),
)

faulty(
    "raw-line-breaks-in-strings",
    "Strings may hold line breaks and other control characters as they are.",
    (READER, r'/[^"\\\u0000-\u001f]*/y', r'/[^"\\]*/y'),
    breaks="DATA-01",
    collateral=("ERR-08",),
)

faulty(
    "names-compared-as-written",
    "Names are compared before their escapes are resolved, so that one name can come in two spellings.",
    (
        READER,
        "      const name = this.string();\n      if (members.has(name)) throw",
        (
            "      const start = this.at;\n"
            "      const name = this.string();\n"
            "      const written = this.text.slice(start, this.at);\n"
            "      if (spellings.has(written)) throw"
        ),
    ),
    (READER, '      this.need(":");\n', '      spellings.add(written);\n      this.need(":");\n'),
    (
        READER,
        "    const members = new Map();",
        "    const members = new Map();\n    const spellings = new Set();",
    ),
    breaks="DATA-02",
)

faulty(
    "equal-names-looked-for-at-the-top",
    "A name twice is noticed in the request itself, and not in the objects within it.",
    (READER, "if (members.has(name)) throw", "if (depth === 1 && members.has(name)) throw"),
    breaks="DATA-02",
)

faulty(
    "arrays-are-no-level",
    "Objects within objects are counted, and arrays are not.",
    (READER, "  array(depth) {\n    refuseDepth(depth);", "  array(depth) {"),
    breaks="DATA-03",
    collateral=("ERR-11",),
)

faulty(
    "one-request-for-all-operations",
    "All operations share one list of members, so that a field of another operation is accepted.",
    (
        REQUEST,
        "  closedObject({ members, required,",
        "  closedObject({ members: { ...COMMON, ...URLS, ...CUSTOMER, ...members }, required,",
    ),
    breaks="DATA-06",
    collateral=("SESS-01", "SESS-05"),
)

faulty(
    "inherited-names-are-members",
    "Members are looked up in a plain object, in which __proto__ is found, too.",
    (CHECKS, "const check = checks.get(name);", "const check = members[name];"),
    breaks="DATA-06",
    collateral=("ERR-11",),
)

faulty(
    "arrays-are-objects",
    "An array is an object to this language, and so an empty one is taken for empty customFields.",
    (
        CHECKS,
        (
            '    if (!(value instanceof Map)) return wrongType(value, pointer, "an object");\n'
            "    const faults = [...value].flatMap(([name, member]) => {\n"
            "      const place = below(pointer, name);\n"
            "      return [...names"
        ),
        (
            '    if (typeof value !== "object" || value === null) return wrongType(value, pointer, "an object");\n'
            "    const faults = [...value].flatMap(([name, member]) => {\n"
            "      const place = below(pointer, name);\n"
            "      return [...names"
        ),
    ),
    breaks="DATA-09",
    collateral=("ERR-11",),
)

faulty(
    "the-limit-before-all-other-faults",
    "An amount above the limit is reported alone, and what else is wrong the next time.",
    (RESOURCES, "if (faults.length === 0) throw problem;", "if (faults.length >= 0) throw problem;"),
    breaks="DATA-14",
)

faulty(
    "schemes-in-small-letters-alone",
    "A scheme in capitals is another scheme, although URLs do not distinguish them.",
    (URL, 'return scheme.toLowerCase() === "https" ||', 'return scheme === "https" ||'),
    breaks="DATA-15",
)

faulty(
    "fragments-refused",
    "A URL may have no fragment, since none is sent to a server.",
    (URL, "(?:#(?:${UNRESERVED}|[:@/?])*)?$", "$"),
    breaks="DATA-15",
)

faulty(
    "at-signs-refused-everywhere",
    "User information is looked for in the whole URL, so that a query with an address in it is refused.",
    (
        URL,
        "  const [, scheme, authority, rest]",
        '  if (text.includes("@")) return false;\n  const [, scheme, authority, rest]',
    ),
    breaks="DATA-15",
)

faulty(
    "numbers-with-dots-are-this-machine",
    "Every IPv4 address may be called without TLS, as if all of them were loopback.",
    (URL, "|127(?:\\\\.${OCTET}){3}|", "|${OCTET}(?:\\\\.${OCTET}){3}|"),
    breaks="DATA-16",
)

faulty(
    "control-characters-beyond-ascii",
    "Control characters are those of ASCII, and the ones after them pass.",
    (REQUEST, r"/[\u0000-\u001f\u007f-\u009f]/", r"/[\u0000-\u001f\u007f]/"),
    breaks="DATA-18",
)

faulty(
    "identity-data-not-looked-at",
    "What is in userKyc is the business of another team, and is passed on as it is.",
    (
        REQUEST,
        "const CUSTOMER = { userId, userEmail, userKyc };",
        "const CUSTOMER = { userId, userEmail, userKyc: openObject({ names: text({}), values: () => [], maximum: 100 }) };",
    ),
    breaks="DATA-20",
    collateral=(
        "DATA-05",
        "DATA-06",
        "DATA-07",
        "DATA-09",
        "DATA-21",
        "DATA-29",
        "ERR-05",
        "ERR-07",
        "SESS-06",
    ),
)

faulty(
    "the-present-one-of-a-pair-reported",
    "Of a broken pair the one that was sent is reported, as if it were wrong.",
    (
        CHECKS,
        "fault(below(pointer, absent[0]),",
        "fault(below(pointer, pair.find((name) => name !== absent[0]) ?? ''),",
    ),
    breaks="DATA-26",
    collateral=("ERR-05",),
)

faulty(
    "addresses-in-small-letters-alone",
    "A blockchain address has to be written in small letters, as a database keeps it.",
    (REQUEST, "/^0x[0-9a-fA-F]{40}$/", "/^0x[0-9a-f]{40}$/"),
    breaks="DATA-27",
    collateral=("DATA-26", "SESS-06"),
)

faulty(
    "values-of-fields-not-looked-at",
    "The values of customFields are the partner's business, of whatever type and length.",
    (REQUEST, "values: text({ maximum: 500 })", "values: () => []"),
    breaks="DATA-24",
    collateral=("DATA-05", "DATA-07", "DATA-09", "DATA-28", "DATA-29", "ERR-05", "SESS-01"),
)

faulty(
    "white-space-of-the-language",
    "The body is trimmed first, of all that the language takes for white space.",
    (
        READER,
        "  return text;\n}\n\nclass Reader",
        '  return text.replace(/^[\\u00a0\\u2028\\f\\v]+|[\\u00a0\\u2028\\f\\v]+$/g, "");\n}\n\nclass Reader',
    ),
    breaks="DATA-01",
    collateral=("ERR-08",),
)

faulty(
    "values-are-a-level",
    "The depth of a body counts the innermost number, too.",
    (
        READER,
        "    const number = this.match(NUMBER);",
        "    refuseDepth(depth);\n    const number = this.match(NUMBER);",
    ),
    breaks="DATA-03",
)

faulty(
    "braces-in-urls",
    "A URL may hold whatever a browser would send, braces and bars included.",
    (
        URL,
        "const REST = new RegExp(`^(?:/(?:${UNRESERVED}|[:@/])*)?(?:\\\\?(?:${UNRESERVED}|[:@/?])*)?",
        "const REST = new RegExp(`^(?:/(?:${UNRESERVED}|[:@/{}|^\\`])*)?(?:\\\\?(?:${UNRESERVED}|[:@/?{}|^\\`])*)?",
    ),
    breaks="DATA-17",
)

faulty(
    "hexadecimal-digits-in-brackets",
    "Whatever digits and colons stand in brackets are an IPv6 address.",
    (
        URL,
        'return FUTURE_ADDRESS.test(literal) || (isIPv6(literal) && !literal.includes("%"));',
        "return /^[0-9A-Fa-f:.]+$/.test(literal);",
    ),
    breaks="DATA-15",
)

faulty(
    "events-in-hundredths",
    "Events carry the amount as it is kept, in hundredths.",
    (EVENT, "amount: toUnits(/** @type {number} */ (session.amount)),", "amount: session.amount,"),
    breaks="DATA-13",
    collateral=("HOOK",),
)

faulty(
    "addresses-folded-in-events",
    "The e-mail address comes back in small letters, by which mailing lists know it.",
    (EVENT, "customerEmail: payer.email,", "customerEmail: payer.email.toLowerCase(),"),
    breaks="DATA-28",
)
