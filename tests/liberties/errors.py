"""How errors are told: their words, and what they say beyond what is asked of them."""

from __future__ import annotations

from tests.liberties.catalogue import node

PROBLEM = "http/problem.mjs"
ERRORS = "members: { errors } }"
"""Where the entries of an invalid request become a member of its problem."""
RESOURCES = "session/resources.mjs"

node(
    "more-members-in-problems",
    "Every problem says when it was made and for which request, and every entry where to look.",
    (
        PROBLEM,
        "      ...this.members,",
        """      errors: [],
      timestamp: new Date().toISOString(),
      requestId,
      trace: { spans: [requestId, null, 1e2], sampled: false },
      ...this.members,""",
    ),
    (PROBLEM, ERRORS, 'members: { errors: errors.map((error) => ({ in: "body", nth: 0, ...error })) } }'),
    allowed_by="ERR-01",
    about=("HTTP-05",),
)

node(
    "problems-in-another-language",
    "Titles and details are in a language that is not written in ASCII.",
    (PROBLEM, "      title,", "      title: `エラー «${status}» ✗`,"),
    (
        PROBLEM,
        "detail: this.message,",
        'detail: "不正なリクエストです。\\u2028Ça va pas :\\tat « même » — 🙁",',
    ),
    (PROBLEM, ERRORS, 'members: { errors: errors.map((error) => ({ ...error, detail: "値が違います" })) } }'),
    allowed_by="ERR-06",
)

node(
    "problems-without-pages",
    "No problem has a page in the documentation.",
    (PROBLEM, "type: `${publicUrl}/docs/problems/${this.code}`", 'type: "about:blank"'),
    allowed_by="ERR-01",
    about=("SESS-12",),
    warns=("ERR-04",),
)

node(
    "several-entries-for-a-fault",
    "A faulty location has an entry for each rule that it breaks, and the entries come in any order.",
    (
        PROBLEM,
        ERRORS,
        """members: {
      errors: errors
        .flatMap((error) => [error, { ...error, code: "bad_format", detail: "It is not of the right form." }])
        .sort((one, other) => (one.detail < other.detail ? -1 : 1)),
    } }""",
    ),
    allowed_by="ERR-05",
    about=("IDEM-07",),
)

node(
    "one-code-for-all-faults",
    "Whatever is wrong in a place, the code of its entry is the same.",
    (PROBLEM, ERRORS, 'members: { errors: errors.map((error) => ({ ...error, code: "bad_format" })) } }'),
    allowed_by="ERR-06",
)

node(
    "details-that-quote",
    "The detail of a problem quotes what is wrong with the currency, which is no datum of the payer's.",
    (
        RESOURCES,
        "if (faults.length > 0) throw invalidRequest(faults);",
        """if (faults.length > 0) {
    const problem = invalidRequest(faults);
    const currency = value instanceof Map ? value.get("currency") : undefined;
    if (typeof currency === "string") problem.message += ` The currency is ${JSON.stringify(currency)}.`;
    throw problem;
  }""",
    ),
    allowed_by="ERR-07",
    about=("SESS-06",),
)

node(
    "details-that-name-members",
    "Problems and sessions name the members that were read, or are wrong, and nothing of what is in them.",
    (
        RESOURCES,
        'throw new Problem("malformed_json", error.message,',
        'throw new Problem("malformed_json", `${error.message} Such as userKyc, each member is named once.`,',
    ),
    (
        RESOURCES,
        '"Another request has consumed this idempotencyKey. Use',
        '"Another request has consumed this idempotencyKey: userKyc counts as well. Use',
    ),
    (
        "payment/session.mjs",
        "    customerManagement: session.management,",
        "    customerManagement: session.management,\n    given: session.given,",
    ),
    (
        PROBLEM,
        ERRORS,
        'members: { errors, wrong: Object.fromEntries(errors.map(({ pointer, code }) => [pointer.split("/").pop(), code])) } }',
    ),
    ("payment/session.mjs", "    partner,\n", "    partner,\n    given: [...request.keys()].sort(),\n"),
    allowed_by="SESS-06",
)
