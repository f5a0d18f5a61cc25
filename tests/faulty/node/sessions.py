"""SESS: Node servers that show other sessions than were made, or to others than made them."""

from tests.faulty.catalogue import EVERYTHING
from tests.faulty.node.source import faulty

SESSION = "payment/session.mjs"
RESOURCES = "session/resources.mjs"

faulty(
    "identifiers-in-base64",
    "Identifiers are base64 as it comes, with signs that a path gives another meaning.",
    (SESSION, 'randomBytes(18).toString("base64url")', 'randomBytes(16).toString("base64")'),
    breaks="SESS-02",
    collateral=(EVERYTHING,),
)

faulty(
    "countries-by-their-names",
    "The country is shown by its English name.",
    (
        SESSION,
        "    country: session.country,\n    amount: session.amount === null",
        '    country: new Intl.DisplayNames(["en"], { type: "region" }).of(session.country),\n    amount: session.amount === null',
    ),
    breaks="SESS-04",
    collateral=("SESS-01",),
)

faulty(
    "empty-lists-left-out",
    "A list without anything in it is left out of the answer.",
    (
        SESSION,
        "savedBanks: session.savedBanks,",
        "savedBanks: session.savedBanks.length > 0 ? session.savedBanks : undefined,",
    ),
    breaks="SESS-09",
    collateral=("SESS-01", "SESS-11"),
)

faulty(
    "look-ups-in-hundredths",
    "A look-up shows the amount as it is kept, in hundredths.",
    (
        RESOURCES,
        "    return { status: 200, body: JSON.stringify(represent(session, checkoutUrl())) };",
        (
            "    const view = { ...represent(session, checkoutUrl()), amount: session.amount };\n"
            "    return { status: 200, body: JSON.stringify(view) };"
        ),
    ),
    breaks="SESS-10",
    collateral=("DATA-12", "DATA-13", "PAY-08"),
)

faulty(
    "segments-decoded-without-care",
    "The identifier is percent-decoded first, which throws where it is no percent-encoded UTF-8.",
    (
        RESOURCES,
        'store.get("sessions", call.parameters[0])',
        'store.get("sessions", decodeURIComponent(call.parameters[0]))',
    ),
    breaks="SESS-12",
    collateral=("ERR-11",),
)

faulty(
    "times-as-numbers",
    "Times are numbers of milliseconds, as the language keeps them.",
    (SESSION, "createdAt: toText(session.createdAt)", "createdAt: session.createdAt"),
    (SESSION, "expiresAt: toText(session.expiresAt)", "expiresAt: session.expiresAt"),
    breaks="SESS-14",
    collateral=("SESS-01", "SESS-15"),
)
