"""AUTH: Node servers that take the wrong requests for genuine, or the right ones for forged."""

from tests.faulty.node.source import faulty

MODULE = "session/authentication.mjs"
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
