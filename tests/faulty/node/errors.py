"""ERR: Node servers whose errors have another shape, or show what they should not."""

from tests.faulty.node.source import faulty

PROBLEM = "http/problem.mjs"
RESOURCES = "session/resources.mjs"
FIELDS = "http/fields.mjs"
AMOUNT = "session/amount.mjs"

POINTERS = ("DATA", "ERR", "HTTP-15", "IDEM-07")
"""What is judged by the pointers of a 400."""

faulty(
    "the-whole-request-is-at-fault-too",
    "The list of faults begins with one of the whole request, which says how many there are.",
    (
        PROBLEM,
        "export function invalidRequest(errors) {",
        (
            "export function invalidRequest(found) {\n"
            '  const errors = [{ pointer: "", code: "bad_format", detail: `There are ${found.length} faults.` }, ...found];'
        ),
    ),
    breaks="ERR-05",
    collateral=POINTERS,
)

faulty(
    "pointers-as-fragments",
    "Pointers are written as fragments of a URI, with a number sign in front.",
    (
        PROBLEM,
        "export function invalidRequest(errors) {",
        (
            "export function invalidRequest(found) {\n"
            "  const errors = found.map((each) => ({ ...each, pointer: `#${each.pointer}` }));"
        ),
    ),
    breaks="ERR-06",
    collateral=POINTERS,
)

faulty(
    "statuses-as-text",
    "The status within a problem is text, like every header of the framework.",
    (PROBLEM, "      status,\n      detail", "      status: String(status),\n      detail"),
    breaks="ERR-01",
    collateral=("ERR-02",),
)

faulty(
    "malformed-json-without-a-list",
    "Where nothing can be pointed at, the list of errors is left out.",
    (RESOURCES, "error.message, { members: { errors: [] } }", "error.message"),
    breaks="ERR-08",
    collateral=("DATA-01", "ERR-01"),
)

faulty(
    "accept-breaks-the-server",
    "An Accept that cannot be read leaves undefined behind, whose members somebody reads.",
    (FIELDS, "    if (range === undefined) return false;\n", ""),
    breaks="ERR-11",
    collateral=("HTTP-12",),
)

faulty(
    "all-types-are-about-blank",
    "Every problem is of the type about:blank, since its title says what it is.",
    (PROBLEM, "type: `${publicUrl}/docs/problems/${this.code}`,", 'type: "about:blank",'),
    breaks="ERR-04",
)

faulty(
    "what-no-schema-says-comes-last",
    "Decimals and the calendar are looked at once the schema has nothing against a request.",
    (
        RESOURCES,
        '  const faults = check(value, "");',
        '  let faults = check(value, "");\n  const late = faults.filter((f) => (f.pointer === "/amount" && f.code === "bad_format") || f.pointer.endsWith("dateOfBirth"));\n  if (late.length < faults.length) faults = faults.filter((f) => !late.includes(f));',
    ),
    breaks="ERR-05",
)

faulty(
    "amounts-quoted",
    "The error about an amount says which amount.",
    (AMOUNT, '"An amount has at most two decimals."', "`${value} has more than two decimals.`"),
    breaks="ERR-07",
)

faulty(
    "the-end-of-the-body-quoted",
    "Where a body is no JSON, the error shows what it ends with.",
    (
        RESOURCES,
        'throw new Problem("malformed_json", error.message, { members: { errors: [] } });',
        'throw new Problem("malformed_json", `${error.message} near "${body.toString().slice(-60)}"`, { members: { errors: [] } });',
    ),
    breaks="ERR-10",
    collateral=("SESS-06",),
)

faulty(
    "refusals-without-an-instance",
    "What is forbidden is refused by a gateway, whose problems have no instance.",
    (
        PROBLEM,
        "      instance: `urn:stablemint:request:${requestId}`,",
        '      ...(this.code !== "flow_not_enabled" && { instance: `urn:stablemint:request:${requestId}` }),',
    ),
    breaks="ERR-01",
)
