"""IDEM: Node servers that make two sessions of one request, or one of two."""

from tests.faulty.catalogue import EVERYTHING
from tests.faulty.node.source import faulty

RESOURCES = "session/resources.mjs"
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
