"""PAY: Node servers whose payments and sessions go separate ways."""

from tests.faulty.node.source import faulty

PAYMENTS = "payment/payments.mjs"

faulty(
    "a-second-payment",
    "A session that is being paid can be paid again, and the second deposit takes the place of the first.",
    (
        PAYMENTS,
        'if (session.status !== "open") throw notPossible',
        'if (!["open", "processing"].includes(session.status)) throw notPossible',
    ),
    breaks="PAY-01",
)


faulty(
    "submission-skipped",
    "A payment that the payer has authorised counts as accepted at once.",
    ("payment/outcome.mjs", 'steps("initiate", "consent", "submit")', 'steps("initiate", "consent")'),
    breaks="PAY-03",
    collateral=("HOOK", "PAY"),
)

faulty(
    "reasons-told-by-webhook-alone",
    "Why a payment failed is told by webhook, and by no look-up.",
    (
        "session/resources.mjs",
        "    return { status: 200, body: JSON.stringify(represent(session, checkoutUrl())) };",
        (
            "    const view = represent(session, checkoutUrl());\n"
            "    if (view.deposit) view.deposit.failureReason = undefined;\n"
            "    return { status: 200, body: JSON.stringify(view) };"
        ),
    ),
    breaks="PAY-04",
)
