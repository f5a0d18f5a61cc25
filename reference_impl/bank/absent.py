"""No payment processor: what the reference implementation has until it is given one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reference_impl.domain.deposits import Bank
from reference_impl.domain.plans import Pace, Plan
from reference_impl.domain.sessions import Session


class NoProcessor:
    """Satisfies ``PaymentProcessor`` and offers no bank, so that no order is ever placed."""

    def banks(self, *, country: str) -> Sequence[Bank]:
        return ()

    def describe(self, bank: Bank) -> str | None:
        return None

    def instruction(self, request: Mapping[str, Any]) -> str | None:
        return None

    def place_order(self, session: Session, *, pace: Pace, now: datetime) -> Plan:
        raise LookupError("there is no payment processor; name one in the setting `processor`")

    def debtor_iban(self, session: Session) -> str | None:
        return None

    def proceed(self, plan: Plan, *, pace: Pace, now: datetime) -> Plan:
        raise LookupError("there is no payment processor; name one in the setting `processor`")
