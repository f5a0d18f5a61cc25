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
