"""What becomes of repeats."""

from __future__ import annotations

from tests.liberties.catalogue import node

RESOURCES = "session/resources.mjs"
REPLAY = (
    'return first ? { ...answer, headers: { ...answer.headers, "Idempotency-Replayed": "true" } } : answer;'
)

node(
    "replays-written-anew",
    "A repeat is answered with an equal body that was written anew.",
    (
        RESOURCES,
        REPLAY,
        """if (!first) return answer;
    const body = JSON.stringify(JSON.parse(answer.body), null, 1);
    return { ...answer, body, headers: { ...answer.headers, "Idempotency-Replayed": "true" } };""",
    ),
    allowed_by="IDEM-01",
    about=("SESS-06",),
    warns=("IDEM-02",),
)

node(
    "nobody-waits-for-another",
    "While a key is claimed, every other request with it is told to come again.",
    (
        "http/problem.mjs",
        "  internal_error: [500",
        '  idempotency_in_progress: [409, "A request with this key is in progress"],\n  internal_error: [500',
    ),
    (
        RESOURCES,
        "import { announcesJson",
        'import { setTimeout } from "node:timers/promises";\n\nimport { announcesJson',
    ),
    (
        RESOURCES,
        '/** @typedef {import("../http/listener.mjs").Call} Call */',
        'const claims = new Set();\n\n/** @typedef {import("../http/listener.mjs").Call} Call */',
    ),
    (
        RESOURCES,
        'const first = key === undefined ? undefined : store.get("answers", place);',
        """if (key !== undefined && claims.has(place)) {
      const wait = { headers: { "Retry-After": "0" } };
      throw new Problem("idempotency_in_progress", "Another request with this key is in progress.", wait);
    }
    if (key !== undefined) {
      claims.add(place);
      await setTimeout(20);
      claims.delete(place);
    }
    const first = key === undefined ? undefined : store.get("answers", place);""",
    ),
    allowed_by="IDEM-13",
    about=("ERR-09",),
)
