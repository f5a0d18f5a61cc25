"""How values are written and read: numbers, text, times, and what stands beside them."""

from __future__ import annotations

from tests.liberties.answers import written
from tests.liberties.catalogue import node

SESSION = "payment/session.mjs"

node(
    "numbers-of-many-digits",
    "Numbers are written with seventeen digits and an exponent, the status of a problem as well.",
    *written(
        r"""return body.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?/g, (token) =>
    token.startsWith('"') ? token : Number(token).toExponential(16).replace("e", "E"),
  );"""
    ),
    allowed_by="DATA-13",
)

node(
    "more-members-in-sessions",
    "Sessions have members that nobody asked for, with values of every type and size.",
    (
        SESSION,
        "    customerManagement: session.management,",
        """    customerManagement: session.management,
    "": null,
    constructor: { __proto__: null, ["__proto__"]: [[[[]]]] },
    links: [{ rel: "self", href: `/session/${session.id}` }],
    livemode: false,
    version: 2 ** 70,
    history: "é🌍\\u0000".repeat(20_000),""",
    ),
    allowed_by="SESS-01",
    about=("HTTP-05",),
)

node(
    "whole-seconds",
    "Sessions are made and expire at whole seconds.",
    (SESSION, "createdAt: at,", "createdAt: Math.floor(at / 1000) * 1000,"),
    (SESSION, "expiresAt: at + LIFETIME,", "expiresAt: Math.floor(at / 1000) * 1000 + LIFETIME,"),
    allowed_by="SESS-14",
)

node(
    "days-of-another-zone",
    "Today is what the calendar says where the day begins first.",
    (
        "session/date.mjs",
        "new Date().toISOString()",
        "new Date(Date.now() + 14 * 3_600_000).toISOString()",
    ),
    allowed_by="DATA-21",
)

node(
    "faults-within-unknown-members",
    "What is null within a member that nobody knows is a fault of its own.",
    (
        "json/checks.mjs",
        "const UNPAIRED_SURROGATE",
        """function nulls(value, pointer) {
  if (value === null) return fault(pointer, "wrong_type", "null is not accepted.");
  const inner = value instanceof Map ? [...value] : Array.isArray(value) ? [...value.entries()] : [];
  return inner.flatMap(([name, member]) => nulls(member, below(pointer, String(name))));
}

const UNPAIRED_SURROGATE""",
    ),
    (
        "json/checks.mjs",
        'fault(place, "unknown_field", "This operation does not define this member.");',
        """[
        ...fault(place, "unknown_field", "This operation does not define this member."),
        ...nulls(member, place),
      ];""",
    ),
    allowed_by="DATA-07",
)

node(
    "identifiers-of-digits",
    "A sessionId is made of 64 digits.",
    (
        SESSION,
        'randomBytes(18).toString("base64url")',
        '[...randomBytes(64)].map((byte) => byte % 10).join("")',
    ),
    allowed_by="SESS-02",
)

node(
    "segments-without-escapes",
    "A segment of a path is what it says once its percent-escapes are resolved.",
    (
        "session/resources.mjs",
        'const session = store.get("sessions", call.parameters[0]);',
        """const bytes = call.parameters[0].replace(/%([0-9A-F]{2})/gi, (_, byte) => String.fromCharCode(parseInt(byte, 16)));
    const session = store.get("sessions", Buffer.from(bytes, "latin1").toString());""",
    ),
    allowed_by="SESS-12",
)
