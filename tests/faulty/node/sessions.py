"""SESS: Node servers that show other sessions than were made, or to others than made them."""

from tests.faulty.catalogue import EVERYTHING
from tests.faulty.node.source import faulty

SESSION = "payment/session.mjs"
RESOURCES = "session/resources.mjs"
PAYMENTS = "payment/payments.mjs"
LISTENER = "http/listener.mjs"

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
    collateral=(
        "DATA-12",
        "DATA-13",
        "HTTP-05",
        "PAY-08",
    ),
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

faulty(
    "one-url-for-all-sessions",
    "Every payer is sent to the same page, which has to ask for the session.",
    (SESSION, "{ sessionUrl: `${checkoutUrl}/${session.id}` }", "{ sessionUrl: `${checkoutUrl}/pay` }"),
    breaks="SESS-08",
)

faulty(
    "payments-put-the-expiry-off",
    "A payment that begins late is given more time, and expiresAt says so.",
    (
        SESSION,
        'return { ...session, status: "processing",',
        'return { ...session, expiresAt: Math.max(session.expiresAt, at + AUTHORISATION_TIME + 60000 * 60), status: "processing",',
    ),
    breaks="SESS-15",
    collateral=(
        "PAY-07",
        "SESS-16",
    ),
)

faulty(
    "methods-chosen-and-never-shown",
    "The paymentMethod that the widget shows is the one of the creation: none.",
    (SESSION, "paymentMethod: deposit?.paymentMethod ?? null }),", "paymentMethod: null }),"),
    breaks="SESS-10",
)

faulty(
    "cancelled-sessions-expire",
    "Whatever was not paid is expired at its time, what was cancelled included.",
    (
        SESSION,
        'if (session.status === "open") return session.expiresAt;',
        'if (session.status === "open" || session.status === "cancelled") return session.expiresAt;',
    ),
    (
        PAYMENTS,
        'if (session.status === "open") return expire(session);',
        'if (session.status === "open" || session.status === "cancelled") return expire(session);',
    ),
    breaks="SESS-18",
    collateral=(
        "HOOK-06",
        "IDEM-05",
    ),
)

faulty(
    "unauthorised-payments-expire",
    "At the end of its session a payment fails that the payer has not authorised yet.",
    (
        SESSION,
        "  const times = [timesOutAt(session), session.stepDueAt]",
        '  const early = ["created", "initiated"].includes(session.deposit?.status) && session.status === "processing" ? session.expiresAt : null;\n  const times = [early, timesOutAt(session), session.stepDueAt]',
    ),
    (
        PAYMENTS,
        "    if (timesOutAt(session) === at)",
        '    if (["created", "initiated"].includes(session.deposit?.status) && session.expiresAt === at) return fail(session, "authorisation_timed_out");\n    if (timesOutAt(session) === at)',
    ),
    breaks="SESS-17",
    collateral=("PAY-06",),
)

faulty(
    "endings-are-formats",
    "An ending such as .json is cut off, as frameworks do that offer several formats.",
    (LISTENER, "return { path, query", 'return { path: path.replace(/\\.json$/, ""), query'),
    breaks="SESS-12",
)

faulty(
    "beginnings-of-identifiers-suffice",
    "A session is found by the beginning of its identifier, as commits are.",
    (
        RESOURCES,
        'const session = store.get("sessions", call.parameters[0]);',
        'const session = store.get("sessions", call.parameters[0]) ?? store.all("sessions").find((one) => one.partner === partner.name && call.parameters[0].length >= 8 && one.id.startsWith(call.parameters[0]));',
    ),
    breaks="SESS-12",
)
