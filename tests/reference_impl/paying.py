"""Payments over a store, with a clock that is moved by hand and does on its way what falls due."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from reference_impl.domain.deliveries import Delivery
from reference_impl.domain.deposits import Payer
from reference_impl.domain.events import EventType
from reference_impl.domain.plans import Pace
from reference_impl.domain.sessions import Session
from reference_impl.environment import Environment
from reference_impl.storage.memory import MemoryStorage
from reference_impl.storage.port import Storage
from reference_impl.use_cases import payments
from reference_impl.use_cases.sessions import create_session
from tests.reference_impl.builders import HOSTED, NOW, a_partner, a_payer, a_request
from tests.reference_impl.published_events import require_valid

CREATED = ["created", "open → processing"]
INITIATED = [*CREATED, "initiated"]
SUBMITTED = [*INITIATED, "submitted"]
ACCEPTED = [*SUBMITTED, "accepted"]
COMPLETED = [*ACCEPTED, "completed", "processing → completed"]
FAILURE = ["failed", "processing → failed"]


class Till:
    """A partner's payments. ``now`` is the session clock, which stands still but for ``move``."""

    def __init__(self, storage: Storage | None = None, *, pace: Pace = Pace.AT_ONCE) -> None:
        self.now: datetime = NOW
        self.storage = storage or MemoryStorage()
        with self.storage.transaction() as transaction:
            transaction.add_partner(a_partner())
            for event_type in EventType:
                transaction.set_endpoint("acme", event_type, "http://localhost:9000/hooks")
        self.environment = Environment(
            storage=self.storage,
            public_url="http://localhost:8080",
            checkout_url="http://localhost:8080/checkout",
            session_clock=lambda: self.now,
            pace=lambda: pace,
        )

    def open(self, operation_id: str = HOSTED, *, identified: bool = True, **members: Any) -> str:
        """A new session's identifier; a payer that the partner does not name is identified."""
        creation = create_session(
            self.environment,
            partner=a_partner(),
            operation_id=operation_id,
            request=a_request(operation_id, **members),
            represent=lambda _: b"",
        )
        if identified and operation_id == HOSTED:
            self.identify(creation.session_id)
        return creation.session_id

    def identify(self, session_id: str, payer: Payer | None = None) -> Session:
        return payments.identify(self.environment, session_id=session_id, payer=payer or a_payer())

    def choose(self, session_id: str, outcome: str = "success", *, amount: int | None = None) -> Session:
        """Choose the bank that plays an outcome."""
        return payments.choose_bank(
            self.environment,
            session_id=session_id,
            payment_method="bank_transfer",
            bank_id=f"bank-{outcome}",
            amount=amount,
        )

    def consent(self, session_id: str, approved: bool = True) -> Session:
        return payments.consent(self.environment, session_id=session_id, approved=approved)

    def leave(self, session_id: str) -> Session:
        return payments.leave(self.environment, session_id=session_id)

    def step(self, session_id: str) -> Session:
        return payments.take_step(self.environment, session_id=session_id)

    def settle(self, session_id: str) -> Session:
        return payments.settle(self.environment, session_id)

    def set_pace(self, session_id: str, pace: Pace) -> None:
        with self.storage.transaction() as transaction:
            session = transaction.session(session_id)
            assert session is not None
            transaction.replace_session(dataclasses.replace(session, pace=pace))

    def move(self, **by: float) -> None:
        """Move the clock, given as to ``timedelta``, doing what falls due at its time."""
        target = self.now + timedelta(**by)
        while (due := self._next_due(target)) is not None:
            assert due.due_at is not None
            self.now = max(self.now, due.due_at)
            assert payments.do_next_due(self.environment, due.session_id) is not None
        self.now = target

    def session(self, session_id: str) -> Session:
        with self.storage.transaction() as transaction:
            session = transaction.session(session_id)
        assert session is not None
        return session

    def deliveries(self, session_id: str) -> list[Delivery]:
        """The session's outbox, in the order of what happened."""
        with self.storage.transaction() as transaction:
            return list(reversed(transaction.deliveries(session_id=session_id)))

    def told(self, session_id: str) -> list[str]:
        """The session's events, each valid: a deposit's status, or a session's former and new one."""
        return [_in_short(require_valid(delivery.body)["data"]) for delivery in self.deliveries(session_id)]

    def told_at(self, session_id: str) -> list[timedelta]:
        """How long after ``NOW`` each of the session's events took place."""
        return [delivery.created_at - NOW for delivery in self.deliveries(session_id)]

    def _next_due(self, target: datetime) -> Session | None:
        with self.storage.transaction() as transaction:
            return transaction.take_due_session(target)


def _in_short(data: dict[str, Any]) -> str:
    if data["eventType"] == EventType.STATUS_CHANGED:
        return f"{data['previousStatus']} → {data['status']}"
    return str(data["eventType"]).rpartition(".")[2]
