"""How callers are known: by whose clock, and how soon it is said."""

from __future__ import annotations

from tests.liberties.answers import HEAD, LISTENER
from tests.liberties.catalogue import node

AUTHENTICATION = "session/authentication.mjs"

node(
    "a-clock-that-is-ahead",
    "The clock by which time stamps are judged, and answers and webhooks dated, is 20 seconds ahead.",
    (
        "server.mjs",
        "/** @param {ReturnType<typeof readOptions>} options */\nfunction start",
        """const Right = Date;
globalThis.Date = class extends Right {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [Right.now() + 20_000]));
  }
  static now() {
    return Right.now() + 20_000;
  }
};

/** @param {ReturnType<typeof readOptions>} options */
function start""",
    ),
    (
        LISTENER,
        HEAD,
        f'response.setHeader("Date", new Date().toUTCString());\n    {HEAD}',
    ),
    allowed_by="AUTH-09",
)

node(
    "refusals-before-the-body",
    "Who sends no credentials is refused before the body was read, and the connection closed.",
    (
        LISTENER,
        "const body = await readBody(request);",
        """const isShort = Number(request.headers["content-length"]) <= 262_144; // a longer one is 413
  if (isShort && path.startsWith("/session")) {
    const isNamed = ["apikey", "timestamp", "signature"].every((name) => request.headers[name]);
    const headers = { "WWW-Authenticate": 'StableMint realm="api"', Connection: "close" };
    if (!isNamed) throw new Problem("missing_credentials", "Credentials are missing.", { headers });
  }
  const body = await readBody(request);""",
    ),
    allowed_by="AUTH-06",
)
