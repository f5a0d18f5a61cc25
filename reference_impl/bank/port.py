"""What a payment processor does for the use cases: a real one implements this, the simulated bank too.

Its methods are called while a session is locked, and must answer from what they have at hand: a processor
that asks a bank over the network does so in a thread or process of its own, and reports what it learns by
``reference_impl.use_cases.payments.report``. docs/deploying.md has an example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from reference_impl.domain.deposits import Bank
from reference_impl.domain.plans import Pace, Plan
from reference_impl.domain.sessions import Session


@runtime_checkable
class PaymentProcessor(Protocol):
    """Takes payment orders and says what is to happen to them."""

    def banks(self, *, country: str) -> Sequence[Bank]:
        """The banks that a payer in ``country`` can pay with."""

    def describe(self, bank: Bank) -> str | None:
        """What payers are to know of a bank besides its name."""

    def instruction(self, request: Mapping[str, Any]) -> str | None:
        """What a creation request asks of a simulation; None in production."""

    def place_order(self, session: Session, *, pace: Pace, now: datetime) -> Plan:
        """Take the order for the session's new deposit: the steps that follow, none where news will tell.

        The deposit is made once the caller has committed, which may fail: ``deposit.end_to_end_id`` says
        which payment it is, and no other has it.
        """

    def debtor_iban(self, session: Session) -> str | None:
        """The account that paid, masked; None where the bank does not tell."""

    def proceed(self, plan: Plan, *, pace: Pace, now: datetime) -> Plan:
        """The plan once its first step has been made at ``now``, as planned or as reported."""
