"""The store in memory: plain dictionaries behind one lock."""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from typing import TypeVar

from reference_impl.domain.customers import SAVED_BANKS, SavedBank
from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.domain.events import EventType
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import FINAL, Session
from reference_impl.storage.agenda import Agenda

log = logging.getLogger(__name__)

SETTLED_DELIVERIES_PER_SESSION = 2
"""How long the log of deliveries is, for each session of the capacity; pending ones are always kept."""

K = TypeVar("K")
V = TypeVar("V")


class MemoryStorage:
    """Satisfies ``Storage``. ``capacity`` bounds the sessions: finished ones go first, then the oldest."""

    def __init__(self, *, capacity: int | None = None) -> None:
        self.dropped_sessions = 0
        self._capacity = capacity
        self._lock = threading.RLock()
        self._partners: dict[str, Partner] = {}
        self._partners_by_key: dict[str, Partner] = {}
        self._unfinished: dict[str, Session] = {}  # both in order of creation
        self._finished: dict[str, Session] = {}
        self._first_answers: dict[KeyScope, FirstAnswer] = {}
        self._key_of_session: dict[str, KeyScope] = {}
        self._saved_banks: dict[str, tuple[SavedBank, ...]] = {}
        self._endpoints: dict[str, Mapping[EventType, str]] = {}
        self._pending: dict[str, Delivery] = {}
        self._settled: dict[str, Delivery] = {}  # in the order in which they were settled
        self._attempts: dict[str, tuple[Attempt, ...]] = {}
        self._settings: dict[str, str] = {}
        self._session_agenda = Agenda(self._session_due_at)
        self._delivery_agenda = Agenda(self._delivery_due_at)
        self._undo: list[Callable[[], object]] = []

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

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        return self._partners_by_key.get(api_key)

    def count_sessions(self) -> int:
        return len(self._unfinished) + len(self._finished)

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
        shelf = self._finished if session.status in FINAL else self._unfinished
        self._put(shelf, session.session_id, session)
        self._session_agenda.enter(session.session_id, session.due_at)

    def session(self, session_id: str) -> Session | None:
        return self._unfinished.get(session_id) or self._finished.get(session_id)

    def replace_session(self, session: Session) -> None:
        if session.session_id in self._finished:
            self._put(self._finished, session.session_id, session)
        elif session.status in FINAL:
            self._remove(self._unfinished, session.session_id)
            self._put(self._finished, session.session_id, session)
        elif session.session_id in self._unfinished:
            self._put(self._unfinished, session.session_id, session)
        else:
            raise KeyError(session.session_id)
        self._session_agenda.enter(session.session_id, session.due_at)

    def sessions(self, *, partner_id: str | None = None, limit: int = 100) -> Sequence[Session]:
        both = chain(self._unfinished.values(), self._finished.values())
        chosen = (session for session in both if partner_id in (None, session.partner_id))
        return heapq.nlargest(limit, chosen, key=lambda session: session.created_at)

    def due_sessions(self, before: datetime, *, limit: int) -> Sequence[Session]:
        due = map(self.session, self._session_agenda.due(before, limit=limit))
        return [session for session in due if session is not None]

    def add_delivery(self, delivery: Delivery) -> None:
        shelf = self._pending if delivery.status is DeliveryStatus.PENDING else self._settled
        self._put(shelf, delivery.delivery_id, delivery)
        self._delivery_agenda.enter(delivery.delivery_id, delivery.due_at)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return self._pending.get(delivery_id) or self._settled.get(delivery_id)

    def replace_delivery(self, delivery: Delivery) -> None:
        shelf = self._pending if delivery.delivery_id in self._pending else self._settled
        if (shelf is self._pending) != (delivery.status is DeliveryStatus.PENDING):
            self._remove(shelf, delivery.delivery_id)
        elif delivery.delivery_id not in shelf:
            raise KeyError(delivery.delivery_id)
        self.add_delivery(delivery)

    def deliveries(
        self,
        *,
        partner_id: str | None = None,
        session_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        chosen = (
            delivery
            for delivery in chain(self._pending.values(), self._settled.values())
            if partner_id in (None, delivery.partner_id)
            and session_id in (None, delivery.session_id)
            and status in (None, delivery.status)
        )
        return heapq.nlargest(limit, chosen, key=lambda delivery: delivery.created_at)

    def due_deliveries(self, before: datetime, *, limit: int) -> Sequence[Delivery]:
        return [self._pending[identifier] for identifier in self._delivery_agenda.due(before, limit=limit)]

    def add_attempt(self, delivery_id: str, attempt: Attempt) -> None:
        self._put(self._attempts, delivery_id, (*self.attempts(delivery_id), attempt))

    def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        return self._attempts.get(delivery_id, ())

    def next_due_at(self) -> datetime | None:
        times = (self._session_agenda.earliest(), self._delivery_agenda.earliest())
        return min((time for time in times if time is not None), default=None)

    def setting(self, name: str) -> str | None:
        return self._settings.get(name)

    def keep_setting(self, name: str, value: str) -> None:
        self._put(self._settings, name, value)

    def clear(self) -> None:
        with self._lock:
            for table in (
                self._unfinished,
                self._finished,
                self._first_answers,
                self._key_of_session,
                self._saved_banks,
                self._pending,
                self._settled,
                self._attempts,
                self._settings,
            ):
                table.clear()

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        return self._first_answers.get(scope)

    def keep_first_answer(self, answer: FirstAnswer) -> None:
        self._put(self._first_answers, answer.scope, answer)
        self._put(self._key_of_session, answer.session_id, answer.scope)

    def saved_banks(self, customer_id: str) -> tuple[SavedBank, ...]:
        return self._saved_banks.get(customer_id, ())

    def save_bank(self, customer_id: str, bank: SavedBank, *, used_at: datetime) -> None:
        others = [known for known in self.saved_banks(customer_id) if known.bank_id != bank.bank_id]
        self._put(self._saved_banks, customer_id, (bank, *others)[:SAVED_BANKS])

    def _session_due_at(self, session_id: str) -> datetime | None:
        session = self._unfinished.get(session_id)
        return session.due_at if session else None

    def _delivery_due_at(self, delivery_id: str) -> datetime | None:
        delivery = self._pending.get(delivery_id)
        return delivery.due_at if delivery else None

    def _keep_within_capacity(self) -> None:
        while self._capacity is not None and self.count_sessions() > self._capacity:
            shelf = self._finished or self._unfinished
            session_id = next(iter(shelf))
            del shelf[session_id]
            scope = self._key_of_session.pop(session_id, None)
            if scope is not None:
                del self._first_answers[scope]
            if self.dropped_sessions == 0:
                log.warning(
                    "the limit of %s sessions is reached: finished ones are dropped first, then the oldest",
                    self._capacity,
                )
            self.dropped_sessions += 1
        while (
            self._capacity is not None
            and len(self._settled) > SETTLED_DELIVERIES_PER_SESSION * self._capacity
        ):
            oldest = next(iter(self._settled))
            del self._settled[oldest]
            self._attempts.pop(oldest, None)

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        if key in table:
            former = table[key]
            self._undo.append(lambda: table.__setitem__(key, former))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def _remove(self, table: dict[K, V], key: K) -> None:
        former = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, former))
