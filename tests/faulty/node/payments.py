"""PAY: Node servers whose payments and sessions go separate ways."""

from tests.faulty.node.source import faulty

PAYMENTS = "payment/payments.mjs"
SESSION = "payment/session.mjs"
EVENT = "webhook/event.mjs"

faulty(
    "a-second-payment",
    "A session that is being paid can be paid again, and the second deposit takes the place of the first.",
    (
        PAYMENTS,
        'if (session.status !== "open") throw notPossible',
        'if (!["open", "processing"].includes(session.status)) throw notPossible',
    ),
    breaks="PAY-01",
    collateral=("SESS-17",),
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

faulty(
    "payers-change-the-amount",
    "What the payer fills in is paid, whatever amount the session was made with.",
    (
        PAYMENTS,
        "amount: session.amount ?? play.amount ?? DEFAULT_AMOUNT,",
        "amount: play.amount ?? session.amount ?? DEFAULT_AMOUNT,",
    ),
    breaks="PAY-08",
)

faulty(
    "each-step-gives-more-time",
    "The payer's fifteen minutes begin anew with every step.",
    (
        SESSION,
        "  const deposit = { .../** @type {Deposit} */ (session.deposit), status, ...named };",
        "  const deposit = { .../** @type {Deposit} */ (session.deposit), status, ...named, madeAt: session.deposit.lastAt ?? session.deposit.madeAt };",
    ),
    (
        PAYMENTS,
        "    const after = schedule(makeStep(session), at);",
        "    const after = schedule(makeStep({ ...session, deposit: { ...session.deposit, lastAt: at } }), at);",
    ),
    breaks="PAY-06",
)

faulty(
    "a-reference-for-each-event",
    "Events tell a reference that is made when they are.",
    (EVENT, "    reference: deposit.reference,\n", "    reference: `SM-${randomUUID().slice(0, 8)}`,\n"),
    breaks="PAY-01",
)

faulty(
    "failures-told-as-processing-errors",
    "Why a payment failed is shown by look-ups, and no event tells more than processing_error.",
    (EVENT, "failureCode: deposit.failureCode,", 'failureCode: "processing_error",'),
    breaks="PAY-04",
    collateral=("PAY-06",),
)
