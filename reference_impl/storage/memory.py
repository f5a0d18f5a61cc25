"""The store in memory: plain dictionaries behind one lock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from reference_impl.domain.customers import SAVED_BANKS, SavedBank
from reference_impl.domain.deliveries import LOGGED_ATTEMPTS, Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import FINAL, Session
from reference_impl.domain.webhook_keys import WebhookKey
from reference_impl.storage.port import (
    SETTLED_DELIVERIES_PER_SESSION,
    Backlog,
    Claim,
    IdentifiedSessions,
    Receiver,
    create_in,
)
from reference_impl.storage.shelf import Shelf, Undo

log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")


class MemoryStorage:
    """Satisfies ``Storage``. ``capacity`` bounds sessions and log as the port says.

    ``monotonic`` gives seconds of real time, by which leases end.
    """

    def __init__(
        self, *, capacity: int | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.dropped_sessions = 0
        self._capacity = capacity
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._partners: dict[str, Partner] = {}
        self._partners_by_key: dict[str, Partner] = {}
        self._undo: Undo = []
        self._sessions = Shelf[Session](is_over=_is_finished, undo=self._undo)
        self._deliveries = Shelf[Delivery](is_over=_is_settled, undo=self._undo, kind=_receiver)
        self._first_answers: dict[KeyScope, FirstAnswer] = {}
        self._key_of_session: dict[str, KeyScope] = {}
        self._saved_banks: dict[str, tuple[SavedBank, ...]] = {}
        self._endpoints: dict[str, Mapping[EventType, str]] = {}
        self._attempts: dict[str, tuple[Attempt, ...]] = {}
        self._claims: dict[
            str, tuple[int, float]
        ] = {}  # the latest of each delivery, and when its lease ends
        self._claim_numbers = count(1)
        self._settings: dict[str, str] = {}
        self._webhook_keys: dict[str, WebhookKey] = {}

    @contextmanager
    def transaction(self) -> Iterator[MemoryStorage]:
        with self._lock:
            try:
                yield self
                self._keep_within_capacity()
            except BaseException:
                while self._undo:
                    self._undo.pop()()
                raise
            finally:
                self._undo.clear()

    @contextmanager
    def reading(self) -> Iterator[MemoryStorage]:
        with self._lock:
            yield self

    @property
    def waits(self) -> bool:
        return False

    def waits_for_partner(self, api_key: str) -> bool:
        return False

    def has_met_partner(self, api_key: str) -> bool:
        return api_key in self._partners_by_key

    def create_session(self, session: Session, answer: FirstAnswer | None) -> FirstAnswer | None:
        with self.transaction() as transaction:
            return create_in(transaction, session, answer)

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        return self._partners_by_key.get(api_key)

    def count_sessions(self) -> int:
        return len(self._sessions)

    def backlog(self, before: datetime) -> Backlog:
        with self._lock:
            due = self._deliveries.due(before, limit=len(self._deliveries))
        return Backlog(len(due), due[0].due_at if due else None)

    def ping(self) -> None:
        """It is there as long as the process is."""

    def close(self) -> None:
        """Nothing to release."""

    def add_partner(self, partner: Partner) -> None:
        former = self._partners.get(partner.partner_id)
        if former is not None:
            self._remove(self._partners_by_key, former.api_key)
        self._put(self._partners, partner.partner_id, partner)
        self._put(self._partners_by_key, partner.api_key, partner)

    def partner(self, partner_id: str) -> Partner:
        return self._partners[partner_id]

    def partners(self) -> Iterable[Partner]:
        return sorted(self._partners.values(), key=lambda partner: partner.name)

    def set_endpoint(self, partner_id: str, event_type: EventType, url: str | None) -> None:
        endpoints = dict(self.endpoints(partner_id))
        endpoints.pop(event_type, None)
        if url is not None:
            endpoints[event_type] = url
        self._put(self._endpoints, partner_id, endpoints)

    def endpoints(self, partner_id: str) -> Mapping[EventType, str]:
        return self._endpoints.get(partner_id, {})

    def add_session(self, session: Session) -> None:
        self._sessions.add(session.session_id, session)

    def session(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id)

    def replace_session(self, session: Session) -> None:
        self._sessions.replace(session.session_id, session)

    def sessions(self, *, partner_id: str | None = None, limit: int = 100) -> Sequence[Session]:
        return self._sessions.latest(
            lambda session: partner_id in (None, session.partner_id),
            limit=limit,
        )

    def take_due_session(self, before: datetime) -> Session | None:
        due = self._sessions.due(before, limit=1)
        return due[0] if due else None

    def postpone_session(self, session_id: str, until: datetime) -> None:
        self._sessions.postpone(session_id, until)

    def add_delivery(self, delivery: Delivery) -> None:
        self._deliveries.add(delivery.delivery_id, delivery)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return self._deliveries.get(delivery_id)

    def replace_delivery(self, delivery: Delivery) -> None:
        self._deliveries.replace(delivery.delivery_id, delivery)

    def deliveries(
        self,
        *,
        partner_id: str | None = None,
        session_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        return self._deliveries.latest(
            lambda delivery: (
                partner_id in (None, delivery.partner_id)
                and session_id in (None, delivery.session_id)
                and status in (None, delivery.status)
            ),
            limit=limit,
        )

    def claim_deliveries(
        self,
        before: datetime,
        *,
        lease: timedelta,
        limit: int,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Claim]:
        now = self._monotonic()

        def fits(delivery: Delivery) -> bool:
            _, claimed_until = self._claims.get(delivery.delivery_id, (0, now))
            return claimed_until <= now

        claims = []
        for delivery in self._deliveries.due(before, limit=limit, fits=fits, passing_over=passing_over):
            claim = Claim(delivery, next(self._claim_numbers))
            self._put(self._claims, delivery.delivery_id, (claim.number, now + lease.total_seconds()))
            claims.append(claim)
        return claims

    def end_claim(self, claim: Claim, after: Delivery) -> Delivery | None:
        delivery_id = claim.delivery.delivery_id
        present = self._deliveries.get(delivery_id)
        number, _ = self._claims.get(delivery_id, (0, 0.0))
        if present is None or number != claim.number:
            return None
        self._remove(self._claims, delivery_id)
        if present != claim.delivery:
            return present
        self.replace_delivery(after)
        return after

    def release_claims(self) -> None:
        for delivery_id in list(self._claims):
            self._remove(self._claims, delivery_id)

    def add_attempt(self, delivery_id: str, attempt: Attempt) -> None:
        if delivery_id not in self._deliveries:
            raise KeyError(delivery_id)
        self._put(self._attempts, delivery_id, (*self.attempts(delivery_id), attempt)[-LOGGED_ATTEMPTS:])

    def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return self._attempts.get(delivery_id, ())

    def next_due_at(self) -> datetime | None:
        times = (self._sessions.earliest(), self._deliveries.earliest())
        return min((time for time in times if time is not None), default=None)

    def setting(self, name: str) -> str | None:
        return self._settings.get(name)

    def keep_setting(self, name: str, value: str) -> None:
        self._put(self._settings, name, value)

    def clear(self) -> None:
        with self._lock:
            self._sessions.clear()
            self._deliveries.clear()
            for table in (
                self._first_answers,
                self._key_of_session,
                self._saved_banks,
                self._attempts,
                self._claims,
                self._settings,
            ):
                table.clear()

    def webhook_keys(self) -> Sequence[WebhookKey]:
        return sorted(self._webhook_keys.values(), key=lambda key: (key.signs_from, key.key_id))

    def add_webhook_key(self, key: WebhookKey) -> None:
        self._put(self._webhook_keys, key.key_id, key)

    def remove_webhook_key(self, key_id: str) -> None:
        self._remove(self._webhook_keys, key_id)

    def identified_sessions(
        self, partner_id: str, user_id: str | None, *, after: int, limit: int
    ) -> IdentifiedSessions:
        latest = self._sessions.latest(
            lambda session: (
                session.partner_id == partner_id
                and user_id in (None, session.user_id)
                and (session.user_email, session.user_kyc, session.payer) != (None, None, None)
            ),
            limit=len(self._sessions),
        )
        found = list(reversed(latest))[after + 1 :][:limit]
        return IdentifiedSessions(found, 0, after + len(found) if found else None)

    def rewrite_event(self, delivery_id: str, body: bytes) -> None:
        delivery = self._deliveries.get(delivery_id)
        if delivery is not None:
            self._deliveries.replace(delivery_id, replace(delivery, body=body))
        attempts = self._attempts.get(delivery_id, ())
        forgotten = tuple(
            replace(
                each,
                request_body=None if each.request_body is None else b"",
                response_headers={},
                response_body=b"",
                error=None,
            )
            for each in attempts
        )
        if attempts:
            self._put(self._attempts, delivery_id, forgotten)

    def forget_banks(self, customer_id: str) -> None:
        self._remove(self._saved_banks, customer_id)

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        return self._first_answers.get(scope)

    def consume_key(self, answer: FirstAnswer) -> FirstAnswer | None:
        first = self.first_answer(answer.scope)
        if first is not None:
            return first
        self._put(self._first_answers, answer.scope, answer)
        self._put(self._key_of_session, answer.session_id, answer.scope)
        return None

    def saved_banks(self, customer_id: str) -> tuple[SavedBank, ...]:
        return self._saved_banks.get(customer_id, ())

    def save_bank(self, customer_id: str, bank: SavedBank, *, used_at: datetime) -> None:
        others = [known for known in self.saved_banks(customer_id) if known.bank_id != bank.bank_id]
        self._put(self._saved_banks, customer_id, (bank, *others)[:SAVED_BANKS])

    def _keep_within_capacity(self) -> None:
        if self._capacity is None:
            return
        while len(self._sessions) > self._capacity:
            session_id = self._sessions.drop()
            scope = self._key_of_session.pop(session_id, None)
            if scope is not None:
                del self._first_answers[scope]
            if self.dropped_sessions == 0:
                log.warning(
                    "the limit of %s sessions is reached: finished ones are dropped first, then the oldest",
                    self._capacity,
                )
            self.dropped_sessions += 1
        while self._deliveries.over > SETTLED_DELIVERIES_PER_SESSION * self._capacity:
            self._attempts.pop(self._deliveries.drop(), None)

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        if key in table:
            former = table[key]
            self._undo.append(lambda: table.__setitem__(key, former))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def _remove(self, table: dict[K, V], key: K) -> None:
        if key not in table:
            return
        former = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, former))


def _is_finished(session: Session) -> bool:
    return session.status in FINAL


def _is_settled(delivery: Delivery) -> bool:
    return delivery.status is not DeliveryStatus.PENDING


def _receiver(delivery: Delivery) -> Receiver:
    return delivery.partner_id, delivery.event_type
