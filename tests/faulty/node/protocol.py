"""HTTP: Node servers that are not exact about paths, types, sizes and what comes first."""

from tests.faulty.node.source import faulty

LISTENER = "http/listener.mjs"
FIELDS = "http/fields.mjs"
BODY = "http/body.mjs"
RESOURCES = "session/resources.mjs"

faulty(
    "paths-tidied-up",
    "Doubled slashes and dots are resolved before the path is compared, as in a file system.",
    (
        LISTENER,
        'const [path, ...rest] = relative.split("?");',
        (
            'const [written, ...rest] = relative.split("?");\n'
            '  const path = written.replace(/\\/+/g, "/").replace(/\\/[^/]+\\/\\.\\.(?=\\/)/g, "");'
        ),
    ),
    breaks="HTTP-01",
    collateral=("HTTP-04",),
)

faulty(
    "look-ups-by-get-alone",
    "HEAD is a method like any other, and nobody has written a function for it.",
    (RESOURCES, "methods: { GET: lookUp, HEAD: lookUp }", "methods: { GET: lookUp }"),
    breaks="HTTP-06",
    collateral=("HTTP-02",),
)

faulty(
    "types-compared-before-ranges",
    "The first range of Accept that fits decides, so that JSON with quality 0 is sent to who takes the rest.",
    (
        FIELDS,
        'const decisive = ["application/json", "application/*", "*/*"].find((type) => qualities.has(type));',
        'const decisive = [...qualities.keys()].find((type) => ["application/json", "application/*", "*/*"].includes(type) && qualities.get(type) !== 0);',
    ),
    breaks="HTTP-12",
)

faulty(
    "allow-of-the-whole-server",
    "Allow names every method that the server knows, whichever of them the path offers.",
    (LISTENER, 'Allow: Object.keys(found.methods).join(", ")', 'Allow: "GET, HEAD, POST"'),
    breaks="HTTP-02",
    collateral=("HTTP-03",),
)

faulty(
    "trace-answered-with-the-request",
    "TRACE is answered with the request as it came, its credentials included.",
    (
        LISTENER,
        "  if (operation === undefined) {",
        (
            '  if (request.method === "TRACE") {\n'
            '    const lines = `TRACE ${request.url} HTTP/1.1\\n${request.rawHeaders.join("\\n")}`;\n'
            '    return { status: 200, headers: { "Content-Type": "message/http" }, body: lines };\n'
            "  }\n"
            "  if (operation === undefined) {"
        ),
    ),
    breaks="HTTP-02",
    collateral=("HTTP-04",),
)

faulty(
    "the-query-belongs-to-the-path",
    "Routes are compared with the whole target, so that a query makes it another.",
    (
        LISTENER,
        'const [path, ...rest] = relative.split("?");',
        'const [path, ...rest] = relative.startsWith("/session") ? [relative] : relative.split("?");',
    ),
    breaks="HTTP-05",
    collateral=("IDEM-10",),
)

faulty(
    "queries-decoded-without-care",
    "The query is decoded to be logged, which throws where it is not percent-encoded UTF-8.",
    (
        LISTENER,
        'new URLSearchParams(rest.join("?"))',
        'new URLSearchParams(decodeURIComponent(rest.join("?")))',
    ),
    breaks="HTTP-05",
    collateral=("ERR-11",),
)

faulty(
    "no-type-means-json",
    "A body without Content-Type is taken for JSON, which is all that there is.",
    (FIELDS, 'field(request, "Content-Type") ?? ""', 'field(request, "Content-Type") ?? "application/json"'),
    breaks="HTTP-10",
)

faulty(
    "types-by-their-beginning",
    "A type is JSON if it begins like JSON's, whatever it goes on with.",
    (FIELDS, 'media?.type !== "application/json"', '!media?.type.startsWith("application/json")'),
    breaks="HTTP-10",
)

faulty(
    "identity-is-a-coding-like-any-other",
    "Whatever has a Content-Encoding is refused, the one that encodes nothing included.",
    (FIELDS, '?? "identity").toLowerCase() !== "identity"', '?? "") !== ""'),
    breaks="HTTP-11",
)

faulty(
    "content-encoding-not-looked-at",
    "Nobody looks at Content-Encoding: what is compressed is found to be no JSON.",
    (FIELDS, " || isCoded) return false", ") return false;\n  void isCoded"),
    breaks="HTTP-11",
)

faulty(
    "the-connection-is-cut-at-the-limit",
    "A body that grows too large is not answered: its connection is closed.",
    (
        BODY,
        "> MAXIMUM_BODY) return reject(tooLarge());",
        "> MAXIMUM_BODY) return void request.socket.destroy();",
    ),
    (BODY, "      else reject(tooLarge());", "      else request.socket.destroy();"),
    breaks="HTTP-13",
    collateral=("HTTP-16", "HTTP-17", "HTTP-18", "ERR"),
)

faulty(
    "the-first-piece-is-the-body",
    "The body is what the first read of the socket brings, which is all of it in every test at home.",
    (
        BODY,
        "      if (size <= MAXIMUM_BODY) chunks.push(chunk);",
        "      if (size <= MAXIMUM_BODY && chunks.length === 0) chunks.push(chunk);",
    ),
    breaks="HTTP-14",
    collateral=("AUTH-03", "HTTP-15", "ERR-11"),
)

faulty(
    "request-ids-from-the-request",
    "The Request-Id is a digest of method and path, and so the same whenever these are.",
    (
        LISTENER,
        'const requestId = `req_${randomBytes(12).toString("hex")}`; //',
        'const requestId = `req_${Buffer.from(`${request.method} ${request.url}`).toString("hex").slice(0, 40)}`; //',
    ),
    breaks="HTTP-16",
    collateral=("IDEM-04",),
)

faulty(
    "the-size-after-the-signature",
    "The body is read whole and verified before anybody looks how large it is.",
    (BODY, "> MAXIMUM_BODY) return reject(tooLarge());", "> DRAINED_BYTES) return reject(tooLarge());"),
    (BODY, "if (size <= MAXIMUM_BODY) chunks.push(chunk);", "if (size <= DRAINED_BYTES) chunks.push(chunk);"),
    (
        RESOURCES,
        "    if (!partner.managements",
        (
            '    if (call.body.length > 262144) throw new Problem("body_too_large", "The body is too large.");\n'
            "    if (!partner.managements"
        ),
    ),
    breaks="HTTP-18",
)

faulty(
    "look-ups-need-a-media-type",
    "A body has to be announced as JSON, also that of a look-up, which nobody reads.",
    (
        RESOURCES,
        "    requireJsonAnswers(call);\n    dispatcher.catchUp();",
        "    requireJsonAnswers(call);\n    if (call.body.length > 0) requireJsonBody(call);\n    dispatcher.catchUp();",
    ),
    breaks="HTTP-08",
    collateral=("AUTH-05",),
)

faulty(
    "parameters-in-capitals-not-understood",
    "The charset is compared as it is written, so that UTF-8 in capitals is another than utf-8.",
    (FIELDS, 'value.toLowerCase() === "utf-8"', 'value === "utf-8"'),
    breaks="HTTP-09",
)

faulty(
    "quotes-belong-to-the-charset",
    "The value of a parameter keeps the quotation marks around it, so that UTF-8 in quotes is another charset.",
    (FIELDS, 'token ?? quoted.replace(/\\\\(.)/g, "$1"),', 'token ?? `"${quoted}"`,'),
    breaks="HTTP-09",
)

faulty(
    "queries-fill-in-members",
    "Parameters of the query are members of the request, which they take the place of.",
    (
        RESOURCES,
        "  if (faults.length > 0) throw invalidRequest(faults);",
        "  if (faults.length > 0) throw invalidRequest(faults);\n  for (const [n, v] of call.query) if (value.has(n)) value.set(n, v);",
    ),
    breaks="HTTP-05",
)

faulty(
    "members-chosen-by-the-query",
    "A look-up shows the members that its query lists, and no others.",
    (
        RESOURCES,
        "return { status: 200, body: JSON.stringify(represent(session, checkoutUrl())) };",
        'const shown = represent(session, checkoutUrl());\n    const fields = call.query.get("fields");\n    return { status: 200, body: JSON.stringify(fields ? Object.fromEntries(Object.entries(shown).filter(([n]) => fields.split(",").includes(n))) : shown) };',
    ),
    breaks="HTTP-05",
)

faulty(
    "repeats-may-be-stored",
    "A repeated answer lacks the headers that are not kept with it.",
    (
        LISTENER,
        '    "Cache-Control": "no-store",',
        '    ...(!answer.headers?.["Idempotency-Replayed"] && { "Cache-Control": "no-store" }),',
    ),
    breaks="HTTP-17",
)

faulty(
    "request-ids-continue-the-clients",
    "The Request-Id begins with the one that the client has sent.",
    (
        LISTENER,
        'const requestId = `req_${randomBytes(12).toString("hex")}`;',
        'const requestId = `${String(request.headers["request-id"] ?? "req").slice(0, 30)}_${randomBytes(12).toString("hex")}`;',
    ),
    breaks="HTTP-16",
)

faulty(
    "coded-look-ups-refused",
    "A Content-Encoding is refused before anybody asks whether the body is read at all.",
    (
        RESOURCES,
        "  const lookUp = (/** @type {Call} */ call) => {\n    const partner = authenticate(partners, call);",
        '  const lookUp = (/** @type {Call} */ call) => {\n    const partner = authenticate(partners, call);\n    if (call.request.headers["content-encoding"]) throw new Problem("unsupported_media_type", "x");',
    ),
    breaks="HTTP-08",
)

faulty(
    "no-space-before-parameters",
    "What stands before the first semicolon is the type, the space there included.",
    (
        FIELDS,
        'const media = parseMediaType(field(request, "Content-Type") ?? "");',
        'if (/\\s;/.test(field(request, "Content-Type") ?? "")) return false;\n  const media = parseMediaType(field(request, "Content-Type") ?? "");',
    ),
    breaks="HTTP-09",
)

faulty(
    "permission-before-the-signature",
    "Whether a partner may do this is found out by its key, before the signature is verified.",
    (
        RESOURCES,
        "    const partner = authenticate(partners, call);\n    if (!partner.managements",
        '    const claimed = partners.get(call.request.headers.apikey);\n    if (claimed && !claimed.managements.has(creation.management)) throw new Problem("flow_not_enabled", "x");\n    const partner = authenticate(partners, call);\n    if (!partner.managements',
    ),
    breaks="HTTP-18",
)
