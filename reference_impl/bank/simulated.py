"""The simulated bank: plays the outcome it is told to; no money moves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reference_impl.bank.outcomes import BY_MAGIC_AMOUNT, OUTCOMES
from reference_impl.domain.amounts import hundredths
from reference_impl.domain.customers import identify_customer
from reference_impl.domain.deposits import Bank
from reference_impl.domain.plans import Action, Pace, Plan, Step
from reference_impl.domain.sessions import Session

BANK_PREFIX = "bank-"
TICK = timedelta(seconds=2)
"""Between two steps on a timer, by the session clock."""


class SimulatedBank:
    """Satisfies ``PaymentProcessor``. The session's instruction (control API, magic amount) goes before the
    bank that the payer chose, one for each outcome; an unknown bank is a success.
    """

    def banks(self, *, country: str) -> Sequence[Bank]:
        return [
            Bank(bank_id=f"{BANK_PREFIX}{outcome.code}", name=outcome.bank_name, country=country)
            for outcome in OUTCOMES.values()
        ]

    def describe(self, bank: Bank) -> str | None:
        outcome = OUTCOMES.get(bank.bank_id.removeprefix(BANK_PREFIX))
        return outcome.description if outcome else None

    def instruction(self, request: Mapping[str, Any]) -> str | None:
        amount = request.get("amount")
        chosen = None if amount is None else BY_MAGIC_AMOUNT.get(hundredths(amount) or 0)
        return chosen.code if chosen else None

    def place_order(self, session: Session, *, pace: Pace, now: datetime) -> Plan:
        chosen = session.deposit.bank.bank_id.removeprefix(BANK_PREFIX) if session.deposit else "success"
        outcome = OUTCOMES.get(session.instruction or chosen, OUTCOMES["success"])
        return _plan(outcome.script, pace=pace, now=now)

    def debtor_iban(self, session: Session) -> str | None:
        # Always the same account for one payer and bank, as at a real bank; its digits mean nothing.
        deposit, payer = session.deposit, session.payer
        if deposit is None or payer is None:
            return None
        customer_id = identify_customer(session.partner_id, session.user_id, email=payer.email)
        seed = f"{deposit.bank.bank_id},{customer_id}"
        digits = f"{int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % 10**6:06d}"
        return f"{deposit.bank.country}{digits[:2]}{'*' * 14}{digits[2:]}"

    def proceed(self, plan: Plan, *, pace: Pace, now: datetime) -> Plan:
        return _plan(plan.steps[1:], pace=pace, now=now)


def _plan(steps: tuple[Step, ...], *, pace: Pace, now: datetime) -> Plan:
    if not steps or steps[0].action in (Action.CONSENT, Action.NEVER) or pace is Pace.MANUAL:
        return Plan(steps=steps, due_at=None)
    return Plan(steps=steps, due_at=now + steps[0].after + (TICK if pace is Pace.TIMER else timedelta(0)))
