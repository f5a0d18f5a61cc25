"""HOOK: Node servers that tell other things than happened, or not as they should."""

from tests.faulty.node.source import faulty

EVENT = "webhook/event.mjs"
DELIVERIES = "webhook/deliveries.mjs"

faulty(
    "a-byte-order-mark-before-every-event",
    "Events begin with a byte order mark, as files of some systems do.",
    (EVENT, "body: JSON.stringify({ eventId,", 'body: "\\ufeff" + JSON.stringify({ eventId,'),
    breaks="HOOK-01",
    collateral=("HOOK",),
)


faulty(
    "fields-as-text",
    "The customFields are one text in events, since the queue knows no objects.",
    (
        EVENT,
        "customFields: session.customFields ?? {},",
        "customFields: session.customFields ? JSON.stringify(session.customFields) : {},",
    ),
    breaks="HOOK-10",
    collateral=("HOOK-02",),
)


faulty(
    "a-customer-for-each-session",
    "Every session has a customer of its own, whoever it is.",
    (EVENT, "customerId: payer.customerId,", "customerId: `cus_${session.id}`.slice(0, 64),"),
    breaks="HOOK-12",
)


faulty(
    "delays-double",
    "Retries come after one minute, two, four, eight and sixteen.",
    (DELIVERIES, "[5, 10, 30, 60, 90]", "[1, 2, 4, 8, 16]"),
    breaks="HOOK-15",
    collateral=("HOOK",),
)


faulty(
    "a-new-event-for-each-attempt",
    "Every attempt has an eventId of its own, so that receivers take each for another event.",
    (
        DELIVERIES,
        "      const requestHeaders = this.signer.headers(delivery.body);",
        (
            "      delivery.body = delivery.body.replace(/[0-9a-f-]{36}/, randomUUID());\n"
            "      const requestHeaders = this.signer.headers(delivery.body);"
        ),
    ),
    breaks="HOOK-19",
    collateral=("HOOK-15", "HOOK-16", "HOOK-23"),
)

faulty(
    "widgets-tell-it-themselves",
    "Embedded sessions cause no events: the widget tells the page what happens.",
    (EVENT, "  const events = [];", '  const events = [];\n  if (after.type === "embedded") return events;'),
    breaks="HOOK-06",
    collateral=("HOOK-01",),
)

faulty(
    "time-outs-in-silence",
    "A payment that nobody authorised is given up, and nobody is told.",
    (
        EVENT,
        "  const events = [];",
        '  const events = [];\n  if (after.deposit?.failureCode === "authorisation_timed_out") return events;',
    ),
    breaks="HOOK-06",
)

faulty(
    "sweeps-know-no-more-than-the-session",
    "The job that ends sessions does not read what the partner has sent along.",
    (
        EVENT,
        "...common(after), ...statuses",
        '...common(after), ...(["expired", "cancelled"].includes(after.status) && { websiteReference: null, customFields: {}, idempotencyKey: null }), ...statuses',
    ),
    breaks="HOOK-10",
)

faulty(
    "half-known-payers",
    "What is not known of a payer of whom something is known is left out.",
    (
        EVENT,
        "customerFullName: payer.kyc.fullName ?? null,\n        customerResidenceAddress: payer.kyc.residenceAddress ?? null,\n        customerCitizenshipCountryCode: payer.kyc.citizenshipCountryCode ?? null,",
        "customerFullName: null, customerResidenceAddress: null, customerCitizenshipCountryCode: null,\n        ...(Object.keys(payer.kyc).length > 0 && { customerFullName: payer.kyc.fullName, customerResidenceAddress: payer.kyc.residenceAddress, customerCitizenshipCountryCode: payer.kyc.citizenshipCountryCode }),",
    ),
    breaks="HOOK-09",
    collateral=("HOOK-02",),
)

faulty(
    "names-tidied-up",
    "A payer's name is told without the spaces and signs that were too many.",
    (
        EVENT,
        "customerFullName: payer.kyc.fullName ?? null,",
        'customerFullName: payer.kyc.fullName?.normalize("NFKC").trim().replace(/\\s+/g, " ") ?? null,',
    ),
    breaks="HOOK-11",
)

faulty(
    "a-customer-for-each-way-to-pay",
    "Who pays by the widget is another customer than who pays on the hosted page.",
    (
        EVENT,
        "customerId: payer.customerId,",
        "customerId: `${payer.customerId.slice(0, 30)}${session.type[0]}`,",
    ),
    breaks="HOOK-12",
)

faulty(
    "status-events-tried-once",
    "An event of the session's status is sent once: the next one tells more.",
    (
        DELIVERIES,
        "const isPresent = delivery.schedule === attempted.schedule;",
        'const isPresent = delivery.schedule === attempted.schedule;\n    if (isPresent && attempted.eventType === "transaction.status.changed") { this.store.put([["deliveries", delivery.id, { ...delivery, log, ...standing(attempt), dueAt: null }]]); return; }',
    ),
    breaks="HOOK-15",
    collateral=("HOOK-16",),
)

faulty(
    "unreachable-receivers-given-up",
    "Where nobody listens, nobody will: the delivery has failed.",
    (
        DELIVERIES,
        "  const delay = RETRY_DELAYS[number - 1];",
        '  if (/ECONNREFUSED/.test(result.error ?? "")) return { status: "failed", dueAt: null, attempts: number };\n  const delay = RETRY_DELAYS[number - 1];',
    ),
    breaks="HOOK-16",
)

faulty(
    "events-without-a-url-resent",
    "What was recorded for want of a URL is sent when somebody asks for it.",
    (DELIVERIES, 'if (delivery.status === "not_configured") {', "if (false) {"),
    breaks="HOOK-22",
)
