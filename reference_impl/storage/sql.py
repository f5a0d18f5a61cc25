"""The store in an SQL database, through SQLAlchemy Core."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, bindparam, select

from reference_impl.domain.partners import Partner
from reference_impl.storage.port import SETTLED_DELIVERIES_PER_SESSION
from reference_impl.storage.sql_rows import partner_from_row
from reference_impl.storage.sql_sessions import COUNT_SESSIONS
from reference_impl.storage.sql_tables import PARTNERS
from reference_impl.storage.sql_transaction import SqlTransaction
from reference_impl.storage.sqlite import SqliteFile

log = logging.getLogger(__name__)

PARTNER_LIFETIME = 1.0
"""Seconds for which a partner that was read is taken for granted."""

_SELECT_PARTNER = select(PARTNERS).where(PARTNERS.c.api_key == bindparam("wanted"))


class Database(Protocol):
    """What differs between databases: how one is reached, and how a transaction that writes begins."""

    @property
    def engine(self) -> Engine:
        """Connections for single reads."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction in which what was read stays true until it is written."""

    def close(self) -> None:
        """Release files and connections."""


class SqlStorage:
    """Satisfies ``Storage``. ``capacity`` bounds sessions and log as the port says.

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
            if self._capacity is not None:
                dropped = transaction.drop_sessions_above(self._capacity)
                transaction.shorten_log(SETTLED_DELIVERIES_PER_SESSION * self._capacity)
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
            return connection.execute(COUNT_SESSIONS).scalar_one()

    def clear(self) -> None:
        with self.transaction() as transaction:
            transaction.forget_payments()

    def close(self) -> None:
        self._database.close()

    def _count_dropped(self, dropped: int) -> None:
        with self._lock:
            is_first = self.dropped_sessions == 0
            self.dropped_sessions += dropped
        if is_first:
            log.warning(
                "the limit of %s sessions is reached: finished ones are dropped first, then the oldest",
                self._capacity,
            )
