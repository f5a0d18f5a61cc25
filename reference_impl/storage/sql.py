"""The store in an SQL database, through SQLAlchemy Core."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, bindparam, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from reference_impl.domain.idempotency import FirstAnswer
from reference_impl.domain.partners import Partner
from reference_impl.domain.sessions import Session
from reference_impl.storage.database import Database, UnusableDatabase
from reference_impl.storage.encryption import Cipher, UndecipherableError
from reference_impl.storage.port import SETTLED_DELIVERIES_PER_SESSION, Backlog, create_in
from reference_impl.storage.sql_deliveries import SELECT_BACKLOG
from reference_impl.storage.sql_rows import partner_from_row
from reference_impl.storage.sql_sealed import Sealed, as_it_lies, decipher, use_cipher
from reference_impl.storage.sql_sessions import COUNT_SESSIONS
from reference_impl.storage.sql_tables import METADATA, PARTNERS
from reference_impl.storage.sql_transaction import SqlTransaction
from reference_impl.storage.sql_types import is_storable
from reference_impl.storage.sqlite import SHARED_TIMEOUT, SqliteFile

log = logging.getLogger(__name__)

_SHAPES = "A database's URL is postgresql://user:password@host/database or sqlite:///path"

PARTNER_LIFETIME = 1.0
"""Seconds for which a partner that was read is taken for granted."""

_MEANWHILE = 0.1
"""The last seconds of that: who is told that a look-up does not wait has them to look up."""

_ROWS_AT_ONCE = 200
_PING = text("SELECT 1")
_SELECT_PARTNER = select(PARTNERS).where(PARTNERS.c.api_key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What became of an encryption anew: how many rows, and the primary keys of those that no key decrypts,
    by the column in which they stand.
    """

    rows: int
    lost: Mapping[str, Sequence[str]]


class SqlStorage:
    """Satisfies ``Storage``. ``capacity`` bounds sessions and log as the port says.

    Secrets and what says who somebody is are encrypted by ``cipher``; without one they are kept as they are.
    Safe to share between threads. Partners are read for every request and rarely change, so each is kept for
    ``PARTNER_LIFETIME``; a change made through this object is seen at once, one made by another process
    after that time at the latest. That a key is unknown is not kept. ``monotonic`` gives seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        capacity: int | None = None,
        cipher: Cipher | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dropped_sessions = 0
        self._database = database
        if cipher is not None:
            use_cipher(database.engine, cipher)
        self._capacity = capacity
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._partners: dict[str, tuple[Partner, float]] = {}
        self._changes = 0  # of partners, by this object

    @classmethod
    def open(cls, path: Path, *, capacity: int | None = None) -> SqlStorage:
        """The store in an SQLite file, made if it is not there; raises ``UnusableDatabase``."""
        return cls(SqliteFile(path), capacity=capacity)

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        capacity: int | None = None,
        pool_size: int | None = None,
        migrate: bool = False,
        cipher: Cipher | None = None,
    ) -> SqlStorage:
        """The store that a URL names: `postgresql://user:password@host/database`, or `sqlite:///path`.

        A file is migrated as it is opened. A server's database has to be migrated already, by ``migrate`` or
        by the switch of that name, which any number of processes may set. ``pool_size`` bounds the
        connections of this process to a server. Call it after the last fork. Raises ``UnusableDatabase``.
        """
        return cls(_reach(url, pool_size=pool_size, migrate=migrate), capacity=capacity, cipher=cipher)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        dropped = 0
        with self._passing(), self._database.transaction() as connection:
            transaction = SqlTransaction(connection, writes=True)
            yield transaction
            if self._capacity is not None:
                dropped = transaction.drop_sessions_above(self._capacity)
                transaction.shorten_log(SETTLED_DELIVERIES_PER_SESSION * self._capacity)
        if dropped:
            self._count_dropped(dropped)
        if transaction.has_changed_partners:
            with self._lock:
                self._changes += 1
                self._partners.clear()

    def create_session(self, session: Session, answer: FirstAnswer | None) -> FirstAnswer | None:
        if self._capacity is not None or not self._database.writes_in_with:
            with self.transaction() as transaction:
                return create_in(transaction, session, answer)
        # One round trip instead of three or four, and a client that stops holds nothing meanwhile.
        with self._passing(), self._database.engine.connect() as connection:
            statement = SqlTransaction(connection, writes=True)
            if answer is not None:
                return statement.add_session_with_key(session, answer)
            statement.add_session(session)
            return None

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        with self._passing(), self._database.engine.connect() as connection:
            yield SqlTransaction(connection, writes=False)

    @property
    def waits(self) -> bool:
        return self._database.waits

    def waits_for_partner(self, api_key: str) -> bool:
        if not self.waits or not is_storable(api_key):
            return False
        return self._known_partner(api_key, within=PARTNER_LIFETIME - _MEANWHILE) is None

    def has_met_partner(self, api_key: str) -> bool:
        return api_key in self._partners

    def partner_by_api_key(self, api_key: str) -> Partner | None:
        if (partner := self._known_partner(api_key)) is not None:
            return partner
        if not is_storable(api_key):
            return None
        changes, now = self._changes, self._monotonic()
        with self._passing(), self._database.engine.connect() as connection:
            row = connection.execute(_SELECT_PARTNER, {"wanted": api_key}).first()
        partner = None if row is None else partner_from_row(row)
        with self._lock:
            if partner is None:
                self._partners.pop(api_key, None)
            elif changes == self._changes:  # or it was read before a change, and is not kept after it
                self._partners[api_key] = (partner, now)
        return partner

    def _known_partner(self, api_key: str, *, within: float = PARTNER_LIFETIME) -> Partner | None:
        partner, read_at = self._partners.get(api_key, (None, 0.0))
        return partner if self._monotonic() - read_at < within else None

    def count_sessions(self) -> int:
        with self._passing(), self._database.engine.connect() as connection:
            return connection.execute(COUNT_SESSIONS).scalar_one()

    def backlog(self, before: datetime) -> Backlog:
        with self._passing(), self._database.engine.connect() as connection:
            due, oldest_due_at = connection.execute(SELECT_BACKLOG, {"before": before}).one()
        return Backlog(due, oldest_due_at)

    def clear(self) -> None:
        with self.transaction() as transaction:
            transaction.forget_payments()

    def encrypt_anew(self) -> Encrypted:
        """Encrypt everything sealed with the cipher's first key, while others work.

        What none of its keys decrypts stays as it is.
        """
        rows, lost = 0, {}
        for table in METADATA.sorted_tables:
            if sealed := [column for column in table.columns if isinstance(column.type, Sealed)]:
                (key,) = table.primary_key.columns
                count, unreadable = self._encrypt_table_anew(table, key, sealed)
                rows += count
                if unreadable:
                    lost[f"{table.name}.{key.name}"] = unreadable
        return Encrypted(rows, lost)

    def _encrypt_table_anew(
        self, table: Table, key: Column[Any], sealed: Sequence[Column[Any]]
    ) -> tuple[int, Sequence[str]]:
        update = table.update().where(key == bindparam("wanted"))
        statement = select(key, *map(as_it_lies, sealed)).order_by(key).limit(_ROWS_AT_ONCE).with_for_update()
        count, last = 0, None
        unreadable: list[str] = []
        while True:
            with self._passing(), self._database.transaction() as connection:
                rows = connection.execute(statement if last is None else statement.where(key > last)).all()
                for row in rows:
                    try:
                        values = {
                            column.name: decipher(column, value, connection.dialect)
                            for column, value in zip(sealed, row[1:], strict=True)
                        }
                    except UndecipherableError:
                        unreadable.append(str(row[0]))
                    else:
                        connection.execute(update, {"wanted": row[0], **values})
                        count += 1
            if not rows:
                return count, unreadable
            last = rows[-1][0]

    def ping(self) -> None:
        with self._passing(), self._database.engine.connect() as connection:
            connection.execute(_PING)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _passing(self) -> Iterator[None]:
        """Errors that pass by themselves as the problem that says so (ERR-09, ERR-11)."""
        try:
            yield
        except SQLAlchemyError as error:
            problem = self._database.problem(error)
            if problem is None:
                raise
            log.warning("the database refused: %s", type(error.__cause__ or error).__name__)
            raise problem from None

    def _count_dropped(self, dropped: int) -> None:
        with self._lock:
            is_first = self.dropped_sessions == 0
            self.dropped_sessions += dropped
        if is_first:
            log.warning(
                "the limit of %s sessions is reached: finished ones are dropped first, then the oldest",
                self._capacity,
            )


def migrate(url: str) -> None:
    """Bring the database of a URL to this version's tables.

    Safe at any time, and from several places at once: one of them does it. Raises ``UnusableDatabase``.
    """
    _reach(url, migrate=True).close()


def _reach(url: str, *, pool_size: int | None = None, migrate: bool = False) -> Database:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the second for a port that is no number
        raise UnusableDatabase(f"{_SHAPES}; this is no URL.") from None
    match parsed.get_backend_name():
        case "postgresql" | "postgres":
            from reference_impl.storage.postgresql import (
                POOL_SIZE,
                PostgresqlServer,
            )  # a file does not need it

            return PostgresqlServer(parsed, pool_size=pool_size or POOL_SIZE, migrate=migrate)
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return SqliteFile(Path(parsed.database), patience=SHARED_TIMEOUT)
        case name:
            raise UnusableDatabase(f"{_SHAPES}; {name} without a file, or another database, is not served.")
