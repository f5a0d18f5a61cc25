"""AUTH: Node servers that take the wrong requests for genuine, or the right ones for forged."""

from tests.faulty.node.source import faulty

MODULE = "session/authentication.mjs"
FIELDS = "http/fields.mjs"
RESOURCES = "session/resources.mjs"
LISTENER = "http/listener.mjs"
SIGNED = "Buffer.concat([Buffer.from(`${timestamp},${partner.apiSecret},`), body])"

faulty(
    "no-comma-without-a-body",
    "The parts of the string are joined by commas, so that without a body it ends with the secret.",
    (
        MODULE,
        "Buffer.from(`${timestamp},${partner.apiSecret},`)",
        "Buffer.from([timestamp, partner.apiSecret, ...(body.length > 0 ? [''] : [])].join(','))",
    ),
    breaks="AUTH-04",
    collateral=(
        "AUTH-02",
        "AUTH-09",
        "AUTH-10",
        "DATA-01",
        "ERR-08",
        "HTTP-05",
        "HTTP-06",
        "HTTP-15",
        "HTTP-19",
        "SESS-10",
        "SESS-12",
        "SESS-15",
    ),
)

faulty(
    "the-secret-may-be-left-out",
    "A signature over time and body alone is accepted as well, for clients of the first version.",
    (
        MODULE,
        f"const signed = {SIGNED};\n  return",
        (
            f"const signed = {SIGNED};\n"
            "  const first = Buffer.concat([Buffer.from(`${timestamp},`), body]);\n"
            "  const way = { key: partner.publicKey, padding: constants.RSA_PKCS1_PADDING };\n"
            '  return verify("RSA-SHA256", first, way, bytes) ||'
        ),
    ),
    breaks="AUTH-02",
    collateral=("AUTH-01",),
)

faulty(
    "the-window-in-whole-minutes",
    "The age of a request is rounded to minutes before it is compared with five.",
    (
        MODULE,
        "Math.abs(now - Number(timestamp)) > WINDOW_SECONDS",
        "Math.round(Math.abs(now - Number(timestamp)) / 60) > WINDOW_SECONDS / 60",
    ),
    breaks="AUTH-09",
    collateral=("AUTH-12",),
)

faulty(
    "line-ends-unified-before-verifying",
    "The body is read as text with the line ends of the operating system, and verified as that.",
    (
        MODULE,
        SIGNED,
        (
            "Buffer.concat([Buffer.from(`${timestamp},${partner.apiSecret},`), "
            'Buffer.from(body.toString("latin1").replaceAll("\\r\\n", "\\n"), "latin1")])'
        ),
    ),
    breaks="AUTH-03",
)

faulty(
    "signatures-in-hexadecimal-accepted",
    "What looks like hexadecimal digits is decoded as such, so that a signature has two spellings.",
    (
        MODULE,
        'const bytes = Buffer.from(signature, "base64");',
        (
            "const isHexadecimal = /^[0-9a-f]{512}$/.test(signature);\n"
            '  const bytes = Buffer.from(signature, isHexadecimal ? "hex" : "base64");'
        ),
    ),
    (
        MODULE,
        'bytes.toString("base64") !== signature',
        'bytes.toString(isHexadecimal ? "hex" : "base64") !== signature',
    ),
    breaks="AUTH-11",
)

faulty(
    "any-of-several-signatures",
    "Where Signature comes more than once, one of its values has to verify, as with several keys.",
    (
        MODULE,
        "!isSignedBy(partner, timestamp, body, signature)",
        '!signature.split(", ").some((each) => isSignedBy(partner, timestamp, body, each))',
    ),
    breaks="AUTH-13",
)

faulty(
    "keys-looked-up-in-an-object",
    "Partners are members of a plain object, in which constructor and toString are found, too.",
    (
        MODULE,
        "const partner = partners.get(apiKey);",
        "const partner = Object.fromEntries(partners)[apiKey];",
    ),
    breaks="AUTH-07",
    collateral=("ERR-11",),
)

faulty(
    "header-names-as-the-document-writes-them",
    "Names of header fields are compared as they are written, and no proxy writes them so.",
    (
        FIELDS,
        "request.rawHeaders[index].toLowerCase() === name.toLowerCase()",
        "request.rawHeaders[index] === name",
    ),
    breaks="AUTH-02",
)

faulty(
    "sessions-shown-to-whoever-knows-them",
    "The identifier of a session is a secret, and so whoever has it needs no credentials.",
    (
        RESOURCES,
        "    const partner = authenticate(partners, call);\n    requireJsonAnswers(call);\n    dispatcher.catchUp();",
        '    const known = store.get("sessions", call.parameters[0]);\n    if (known && !call.request.headers.apikey) return { status: 200, body: JSON.stringify(represent(known, checkoutUrl())) };\n    const partner = authenticate(partners, call);\n    requireJsonAnswers(call);\n    dispatcher.catchUp();',
    ),
    breaks="AUTH-01",
)

faulty(
    "head-without-a-signature",
    "HEAD shows no content, and so its signature is not verified.",
    (
        MODULE,
        "if (!isSignedBy(partner, timestamp, body, signature)) {",
        'if (request.method !== "HEAD" && !isSignedBy(partner, timestamp, body, signature)) {',
    ),
    breaks="AUTH-01",
)

faulty(
    "letters-beyond-ascii-break-the-decoder",
    "A signature with a letter that is not ASCII is more than the decoder takes.",
    (
        MODULE,
        'const bytes = Buffer.from(signature, "base64");',
        'if (/[^\\x00-\\x7f]/.test(signature)) throw new Error("ascii");\n  const bytes = Buffer.from(signature, "base64");',
    ),
    breaks="AUTH-11",
)

faulty(
    "keys-found-by-their-beginning",
    "A key is looked up by as much of it as was sent.",
    (
        MODULE,
        "const partner = partners.get(apiKey);",
        "const partner = partners.get(apiKey) ?? [...partners.values()].find((one) => one.apiKey.startsWith(apiKey));",
    ),
    breaks="AUTH-07",
)

faulty(
    "what-was-signed-shown-with-success",
    "A header for debugging shows what was signed, wherever the signature was right.",
    (
        LISTENER,
        '    "Cache-Control": "no-store",',
        '    "Cache-Control": "no-store",\n    ...(answer.status < 300 && globalThis.lastString ? { "X-Signed": globalThis.lastString } : {}),',
    ),
    (
        MODULE,
        "  return partner;\n}",
        "  globalThis.lastString = `${timestamp},${partner.apiSecret},`;\n  return partner;\n}",
    ),
    breaks="AUTH-14",
)

faulty(
    "challenges-for-two-causes",
    "Only where credentials are missing or a signature is wrong does a 401 challenge.",
    (
        MODULE,
        "new Problem(code, detail, { headers: HEADERS })",
        'new Problem(code, detail, { headers: ["missing_credentials","invalid_signature"].includes(code) ? HEADERS : {} })',
    ),
    breaks="AUTH-01",
)
