"""What a session shows, how long it lasts, and what is remembered of it."""

from __future__ import annotations

from tests.faulty.patches import Patches
from tests.faulty.payments import each_payment_by_another_bank
from tests.liberties.catalogue import node, ours

SESSION = "payment/session.mjs"
PAYMENTS = "payment/payments.mjs"
CLOCK = "payment/clock.mjs"
SIGNER = "webhook/signer.mjs"
RESOURCES = "session/resources.mjs"
ID = 'id: randomBytes(18).toString("base64url"), // SESS-03: 144 bits'
IBAN = "ibanMasked: `${session.country}00**************0000`"
LIFETIME = "const LIFETIME = 30 * 60_000; // SESS-19"
URL = "sessionUrl: `${checkoutUrl}/${session.id}`"
START = "{ aheadBy: 0, frozenAt: null }"
METHODS = '["bank_transfer", "instant_bank_transfer", "open_banking"]'

node(
    "sessions-of-five-minutes",
    "A session lasts five minutes, less than its payer has to authorise the payment.",
    (SESSION, LIFETIME, "const LIFETIME = 5 * 60_000;"),
    allowed_by="SESS-19",
    about=("SESS-17",),
    warns=("SESS-19",),
)

node(
    "sessions-of-a-day",
    "A session lasts 24 hours, as long as the slowest payment.",
    (SESSION, LIFETIME, "const LIFETIME = 24 * 60 * 60_000;"),
    allowed_by="SESS-19",
    about=("SESS-17",),
    warns=("SESS-19",),
)

node(
    "sessions-of-any-length",
    "No session lasts as long as the one before: ten minutes to an hour, as it comes.",
    (
        SESSION,
        LIFETIME,
        "let sessions = 0;\nconst lifetime = () => (10 + ((23 * ++sessions) % 50)) * 60_000;",
    ),
    (SESSION, "expiresAt: at + LIFETIME,", "expiresAt: at + lifetime(),"),
    allowed_by="SESS-15",
    warns=("SESS-19",),
)

node(
    "clocks-of-whole-seconds",
    "Both clocks count in whole seconds: every time ends with .000Z.",
    (
        CLOCK,
        "return this.reading.frozenAt ?? Date.now() + this.reading.aheadBy;",
        "return Math.floor((this.reading.frozenAt ?? Date.now() + this.reading.aheadBy) / 1000) * 1000;",
    ),
    (SIGNER, "new Date().toISOString();", "`${new Date().toISOString().slice(0, 19)}.000Z`;"),
    allowed_by="SESS-14",
    about=("HOOK-18", "PAY-06"),
)

node(
    "a-sandbox-of-another-year",
    "The session clock of a fresh sandbox is years ahead of real time.",
    ("server.mjs", START, "{ aheadBy: 4 * 366 * 24 * 60 * 60_000, frozenAt: null }"),
    allowed_by="AUTH-10",
)

node(
    "a-clock-that-stands-still",
    "The session clock of the sandbox stands still, but for being moved.",
    ("server.mjs", START, "{ aheadBy: 0, frozenAt: Date.now() }"),
    (CLOCK, "    if (this.isFrozen) this.set({ aheadBy: this.now() - Date.now(), frozenAt: null });\n", ""),
    allowed_by="SESS-16",
    about=("AUTH-10",),
)

node(
    "identifiers-of-other-forms",
    "Identifiers are as long as may be or as short: 64 digits, plain numbers, one letter.",
    (SESSION, ID, 'id: randomBytes(32).toString("hex"),'),
    (SESSION, "reference: `SM-${token}`", "reference: String(Number.parseInt(token, 16))"),
    (SESSION, ".slice(0, 14)}${token}`", '.slice(0, 14)}${token}`.padEnd(35, "0")'),
    (SESSION, "return `cus_${", "return `${"),
    (SESSION, "`PISP-${", "`${"),
    (PAYMENTS, "id: `bank-${outcome}`, name: bankName", "id: outcome[0], name: `${bankName} – Zürich`"),
    (PAYMENTS, IBAN, 'ibanMasked: `${session.country}99${"*".repeat(26)}A1B2`'),
    allowed_by="SESS-02",
)

node(
    "identifiers-as-short-as-may-be",
    "A sessionId has 22 characters, with a hyphen and an underscore at its ends.",
    (SESSION, ID, 'id: `-${randomBytes(15).toString("base64url")}_`,'),
    allowed_by="SESS-02",
)

node(
    "a-checkout-elsewhere",
    "The hosted page is on another host, and is told its session in the query.",
    (SESSION, URL, "sessionUrl: `https://pay.example:8443/?s=${session.id}&lang=en#start`"),
    allowed_by="SESS-08",
)

node(
    "one-payment-method",
    "Payers have one payment method to choose from, and it is not the first of the document.",
    (SESSION, METHODS, '["open_banking"]'),
    allowed_by="SESS-09",
)

node(
    "a-new-account-for-each-payment",
    "A payer has many accounts at one bank, and is shown each bank once, with the account used last.",
    (PAYMENTS, IBAN, 'ibanMasked: `${session.country}00****${String(account()).padStart(4, "0")}`'),
    (
        PAYMENTS,
        "const SAVED_BANKS = 10;",
        "const SAVED_BANKS = 10;\nlet accounts = 0;\nconst account = () => (accounts += 1) % 10_000;",
    ),
    allowed_by="SESS-11",
)


def each_payment_by_a_bank_of_its_own(patches: Patches) -> None:
    """Every payment is made by a bank of its own, so that ten of them fill the list of saved banks."""
    each_payment_by_another_bank(patches)


ours(each_payment_by_a_bank_of_its_own, allowed_by="SESS-11")

node(
    "sessions-tell-more",
    "Sessions and deposits have members that no document names, some of which change with each look-up.",
    (
        SESSION,
        "export function represent(session, checkoutUrl) {",
        """export function represent(session, checkoutUrl) {
  const more = { links: [{ rel: "self" }], lookedUpAt: process.hrtime.bigint().toString() };""",
    ),
    (SESSION, "    amount: session.amount === null ?", "    ...more,\n    amount: session.amount === null ?"),
    (SESSION, "endToEndId: deposit.endToEndId,", "endToEndId: deposit.endToEndId,\n      ...more,"),
    allowed_by="SESS-10",
    about=("HTTP-05", "SESS-18", "PAY-01"),
)

node(
    "forgotten-after-a-day",
    "A session and its key are forgotten an hour after the day for which keys are kept.",
    (
        RESOURCES,
        'const first = key === undefined ? undefined : store.get("answers", place);',
        """const kept = key === undefined ? undefined : store.get("answers", place);
    const first = kept && kept.at > clock.now() - KEPT ? kept : undefined;""",
    ),
    (RESOURCES, "{ digest, answer: made }", "{ digest, answer: made, at: clock.now() }"),
    (
        RESOURCES,
        "if (session?.partner !== partner.name)",
        "if (session?.partner !== partner.name || session.createdAt <= clock.now() - KEPT)",
    ),
    (
        RESOURCES,
        "/** @param {Call} call */\nexport function requireJsonAnswers(",
        "const KEPT = 25 * 60 * 60_000;\n\n/** @param {Call} call */\nexport function requireJsonAnswers(",
    ),
    allowed_by="IDEM-15",
    about=("SESS-18", "PAY-01"),
)
