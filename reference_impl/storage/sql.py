"""The store in an SQL database, through SQLAlchemy Core."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, bindparam, func, select

from reference_impl.domain.customers import SAVED_BANKS, SavedBank
from reference_impl.domain.idempotency import FirstAnswer, KeyScope
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import Session
from reference_impl.storage import sql_tables as tables
from reference_impl.storage.sql_rows import (
    bank_from_row,
    bank_values,
    first_answer_from_row,
    first_answer_values,
    partner_from_row,
    partner_values,
    session_from_row,
    session_values,
)
from reference_impl.storage.sqlite import SqliteFile

log = logging.getLogger(__name__)

PARTNER_LIFETIME = 1.0
"""Seconds for which a partner that was read is taken for granted."""

# Built once: SQLAlchemy then finds the compiled text of each by identity of its parts, not by compiling.
_SELECT_PARTNERS = select(tables.PARTNERS).order_by(tables.PARTNERS.c.name)
_SELECT_PARTNER = select(tables.PARTNERS).where(tables.PARTNERS.c.api_key == bindparam("wanted"))
_INSERT_PARTNER = tables.PARTNERS.insert()
_UPDATE_PARTNER = tables.PARTNERS.update().where(tables.PARTNERS.c.partner_id == bindparam("wanted"))
_INSERT_SESSION = tables.SESSIONS.insert().inline()
_SELECT_SESSION = select(tables.SESSIONS).where(tables.SESSIONS.c.session_id == bindparam("wanted"))
_UPDATE_SESSION = tables.SESSIONS.update().where(tables.SESSIONS.c.session_id == bindparam("wanted"))
_COUNT_SESSIONS = select(func.count()).select_from(tables.SESSIONS)
_DROP_SESSIONS = tables.SESSIONS.delete().where(
    tables.SESSIONS.c.sequence.in_(
        select(tables.SESSIONS.c.sequence)
        .order_by(tables.SESSIONS.c.finished.desc(), tables.SESSIONS.c.sequence)
        .limit(bindparam("excess"))
    )
)
_INSERT_FIRST_ANSWER = tables.FIRST_ANSWERS.insert().inline()
_SELECT_FIRST_ANSWER = select(tables.FIRST_ANSWERS).where(
    tables.FIRST_ANSWERS.c.partner_id == bindparam("partner_id"),
    tables.FIRST_ANSWERS.c.operation_id == bindparam("operation_id"),
    tables.FIRST_ANSWERS.c.key == bindparam("key"),
)
_INSERT_BANK = tables.SAVED_BANKS.insert().inline()
_SELECT_BANKS = (
    select(tables.SAVED_BANKS)
    .where(tables.SAVED_BANKS.c.customer_id == bindparam("customer_id"))
    .order_by(tables.SAVED_BANKS.c.used_at.desc(), tables.SAVED_BANKS.c.sequence.desc())
)
_DELETE_BANK = tables.SAVED_BANKS.delete().where(
    tables.SAVED_BANKS.c.customer_id == bindparam("customer_id"),
    tables.SAVED_BANKS.c.bank_id == bindparam("bank_id"),
)


class Database(Protocol):
    """What differs between databases: how one is reached, and how a transaction that writes begins."""

    @property
    def engine(self) -> Engine:
        """Connections for single reads."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction in which what was read stays true until it is written."""

    def close(self) -> None:
        """Release files and connections."""


class SqlTransaction:
    """Satisfies ``Transaction`` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.has_added_sessions = False
        self.has_changed_partners = False
        self._connection = connection

    def add_partner(self, partner: Partner) -> None:
        self.has_changed_partners = True
        values = partner_values(partner)
        # Not deleted and inserted anew: the partner's sessions refer to the row.
        known = self._connection.execute(_UPDATE_PARTNER, {"wanted": partner.partner_id, **values})
        if known.rowcount == 0:
            self._connection.execute(_INSERT_PARTNER, values)

    def partners(self) -> Iterable[Partner]:
        return [partner_from_row(row) for row in self._connection.execute(_SELECT_PARTNERS)]

    def add_session(self, session: Session) -> None:
        self.has_added_sessions = True
        self._connection.execute(_INSERT_SESSION, session_values(session))

    def session(self, session_id: str) -> Session | None:
        row = self._connection.execute(_SELECT_SESSION, {"wanted": session_id}).first()
        return None if row is None else session_from_row(row)

    def replace_session(self, session: Session) -> None:
        values = {"wanted": session.session_id, **session_values(session)}
        if self._connection.execute(_UPDATE_SESSION, values).rowcount == 0:
            raise KeyError(session.session_id)

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        wanted = {"partner_id": scope.partner_id, "operation_id": scope.operation_id, "key": scope.key}
        row = self._connection.execute(_SELECT_FIRST_ANSWER, wanted).first()
        return None if row is None else first_answer_from_row(row)

    def keep_first_answer(self, answer: FirstAnswer) -> None:
        self._connection.execute(_INSERT_FIRST_ANSWER, first_answer_values(answer))

    def saved_banks(self, customer_id: str) -> tuple[SavedBank, ...]:
        rows = self._connection.execute(_SELECT_BANKS, {"customer_id": customer_id})
        return tuple(bank_from_row(row) for row in rows)

    def save_bank(self, customer_id: str, bank: SavedBank, *, used_at: datetime) -> None:
        others = [known for known in self.saved_banks(customer_id) if known.bank_id != bank.bank_id]
        for bank_id in [bank.bank_id, *(known.bank_id for known in others[SAVED_BANKS - 1 :])]:
            self._connection.execute(_DELETE_BANK, {"customer_id": customer_id, "bank_id": bank_id})
        self._connection.execute(_INSERT_BANK, bank_values(customer_id, bank, used_at=used_at))


class SqlStorage:
    """Satisfies ``Storage``. ``capacity`` bounds the sessions: finished ones go first, then the oldest.

    Safe to share between threads. Partners are read for every request and rarely change, so each is kept for
    ``PARTNER_LIFETIME``; a change made through this object is seen at once, one made by another process
    after that time at the latest. That a key is unknown is not kept. ``monotonic`` gives seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        capacity: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dropped_sessions = 0
        self._database = database
        self._capacity = capacity
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._partners: dict[str, tuple[Partner, float]] = {}

    @classmethod
    def open(cls, path: Path, *, capacity: int | None = None) -> SqlStorage:
        """The store in an SQLite file, made if it is not there; raises ``UnusableDatabase``."""
        return cls(SqliteFile(path), capacity=capacity)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        dropped = 0
        with self._database.transaction() as connection:
            transaction = SqlTransaction(connection)
            yield transaction
            if transaction.has_added_sessions:
                dropped = self._keep_within_capacity(connection)
        if dropped:
            self._count_dropped(dropped)
        if transaction.has_changed_partners:
            with self._lock:
                self._partners.clear()

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        partner, read_at = self._partners.get(api_key, (None, 0.0))
        if partner is not None and self._monotonic() - read_at < PARTNER_LIFETIME:
            return partner
        # Under the lock, so that what was read before a change is never kept after it.
        with self._lock:
            now = self._monotonic()
            with self._database.engine.connect() as connection:
                row = connection.execute(_SELECT_PARTNER, {"wanted": api_key}).first()
            if row is None:
                self._partners.pop(api_key, None)
                return None
            partner = partner_from_row(row)
            self._partners[api_key] = (partner, now)
            return partner

    def count_sessions(self) -> int:
        with self._database.engine.connect() as connection:
            return connection.execute(_COUNT_SESSIONS).scalar_one()

    def close(self) -> None:
        self._database.close()

    def _keep_within_capacity(self, connection: Connection) -> int:
        """Drop what exceeds the capacity, keys by cascade; how many sessions that was."""
        if self._capacity is None:
            return 0
        excess = connection.execute(_COUNT_SESSIONS).scalar_one() - self._capacity
        if excess <= 0:
            return 0
        connection.execute(_DROP_SESSIONS, {"excess": excess})
        return excess

    def _count_dropped(self, dropped: int) -> None:
        with self._lock:
            is_first = self.dropped_sessions == 0
            self.dropped_sessions += dropped
        if is_first:
            log.warning(
                "the limit of %s sessions is reached: finished ones are dropped first, then the oldest",
                self._capacity,
            )
