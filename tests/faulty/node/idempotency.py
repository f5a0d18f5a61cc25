"""IDEM: Node servers that make two sessions of one request, or one of two."""

from tests.faulty.catalogue import EVERYTHING
from tests.faulty.node.source import faulty

RESOURCES = "session/resources.mjs"
CANONICAL = "json/canonical.mjs"
PAYMENTS = "payment/payments.mjs"
PLACE = "JSON.stringify([partner.name, creation.type, creation.management, key])"


faulty(
    "keys-by-the-whole-target",
    "A key belongs to the target of the request, and the query is a part of that.",
    (RESOURCES, PLACE, PLACE.replace("creation.type, creation.management", "call.request.url")),
    breaks="IDEM-10",
)


faulty(
    "repeats-are-not-authenticated",
    "A request that was answered before is answered from memory, before anybody asks who sends it.",
    (
        RESOURCES,
        "    const partner = authenticate(partners, call);\n    if (!partner.managements",
        (
            "    try {\n"
            "      const asked = readJson(call.body);\n"
            "      const named = partners.get(call.request.headers.apikey);\n"
            '      const kept = store.get("answers", JSON.stringify([named.name, creation.type, creation.management, asked.get("idempotencyKey")]));\n'
            '      if (kept.digest === fingerprint(asked)) return { ...kept.answer, headers: { ...kept.answer.headers, "Idempotency-Replayed": "true" } };\n'
            "    } catch {\n"
            "      // not answered before\n"
            "    }\n"
            "    const partner = authenticate(partners, call);\n    if (!partner.managements"
        ),
    ),
    breaks="IDEM-07",
)

faulty(
    "a-repeat-is-a-reuse",
    "A key can be used once: whoever repeats a request with it is told to take another.",
    (RESOURCES, "if (first && first.digest !== digest) {", "if (first) {"),
    breaks="IDEM-01",
    collateral=("IDEM", "SESS-06"),
)

faulty(
    "repeats-in-the-writing-of-a-debugger",
    "A repeat is shown with its members on lines of their own, for whoever wonders why it came twice.",
    (
        RESOURCES,
        "return first ? { ...answer, headers:",
        "return first ? { ...answer, body: JSON.stringify(JSON.parse(/** @type {string} */ (answer.body)), null, 2), headers:",
    ),
    breaks="IDEM-02",
)

faulty(
    "no-key-is-a-key",
    "Requests without a key share the key undefined, and so the first of them speaks for all.",
    (RESOURCES, "const first = key === undefined ? undefined : store.get", "const first = store.get"),
    (
        RESOURCES,
        '(key === undefined ? [] : [["answers", place, { digest, answer: made }]])',
        '[["answers", place, { digest, answer: made }]]',
    ),
    breaks="IDEM-14",
    collateral=(EVERYTHING,),
)

faulty(
    "keys-kept-with-the-request",
    "Answers are kept by key and request together, so that one key serves any number of requests.",
    (
        RESOURCES,
        PLACE,
        "JSON.stringify([partner.name, creation.type, creation.management, key, fingerprint(request)])",
    ),
    breaks="IDEM-08",
    collateral=("IDEM-09", "IDEM-13", "IDEM-15"),
)

faulty(
    "identity-data-not-compared",
    "Who the payer is is left out of what is compared, so as not to keep it.",
    (
        RESOURCES,
        "const digest = fingerprint(request);",
        'const digest = fingerprint(new Map([...request].filter(([n]) => !n.startsWith("user") || n === "userCountryCode")));',
    ),
    breaks="IDEM-08",
    collateral=("IDEM-09",),
)

faulty(
    "the-limit-after-the-key",
    "The limit of the environment is asked for once the key was looked up, where a session is made.",
    (
        RESOURCES,
        "const request = readRequest(call, creation.check, maximumAmount);",
        "const request = readRequest(call, creation.check, 1e12);",
    ),
    (
        RESOURCES,
        "    const answer = first?.answer ?? open(",
        '    if (!first && request.get("amount") > toUnits(maximumAmount)) throw amountOutOfRange(toUnits(maximumAmount));\n    const answer = first?.answer ?? open(',
    ),
    breaks="IDEM-07",
    collateral=("DATA-14",),
)

faulty(
    "the-limit-consumes-the-key",
    "A key is taken before the limit is asked for, and kept by who is refused for it.",
    (
        RESOURCES,
        "const request = readRequest(call, creation.check, maximumAmount);",
        "const request = readRequest(call, creation.check, 1e12);",
    ),
    (
        RESOURCES,
        "    const answer = first?.answer ?? open(",
        '    if (request.get("amount") > toUnits(maximumAmount)) { if (key) store.put([["answers", place, { digest, answer: null }]]); throw amountOutOfRange(toUnits(maximumAmount)); }\n    const answer = first?.answer ?? open(',
    ),
    breaks="IDEM-06",
    collateral=("DATA-14", "IDEM-07"),
)

faulty(
    "members-joined-without-escapes",
    "Members are joined by signs that may stand in them, too, before they are compared.",
    (
        CANONICAL,
        'const members = [...value].map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);\n    return `{${members.sort().join(",")}}`;',
        'const members = [...value].map(([name, member]) => `${name}=${canonical(member)}`);\n    return members.sort().join("&");',
    ),
    (CANONICAL, "return JSON.stringify(value);", "return String(value);"),
    breaks="IDEM-09",
)

faulty(
    "cancelled-sessions-free-their-key",
    "With a session that the payer has left its key is forgotten, so that there can be another.",
    (
        PAYMENTS,
        "    const after = cancel(session);",
        "    const after = cancel(session);\n    for (const k of [...this.store.tables.answers.keys()]) if (session.idempotencyKey && JSON.parse(k)[3] === session.idempotencyKey) this.store.tables.answers.delete(k);",
    ),
    breaks="IDEM-05",
)
