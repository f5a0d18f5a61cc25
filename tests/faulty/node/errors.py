"""ERR: Node servers whose errors have another shape, or show what they should not."""

from tests.faulty.node.source import faulty

PROBLEM = "http/problem.mjs"
RESOURCES = "session/resources.mjs"
FIELDS = "http/fields.mjs"

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
