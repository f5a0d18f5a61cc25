"""The store in memory: plain dictionaries behind one lock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from reference_impl.domain.customers import SAVED_BANKS, SavedBank
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import FINAL, Session

log = logging.getLogger(__name__)

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

    def partners(self) -> Iterable[Partner]:
        return sorted(self._partners.values(), key=lambda partner: partner.name)

    def add_session(self, session: Session) -> None:
        shelf = self._finished if session.status in FINAL else self._unfinished
        self._put(shelf, session.session_id, session)

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
