"""All that the SQL store knows of PostgreSQL alone: connections, transactions, and what its errors mean.

Every setting travels with the transaction that needs it (``SET LOCAL``), so that a pooler may hand each
transaction another connection. What a statement by itself is given to wait is set for its connection: where a
pooler loses that, nothing but patience is lost. Transactions are READ COMMITTED: what
must not change meanwhile is locked by the statement that reads it, and unique constraints decide the rest.
"""

from __future__ import annotations

import functools
import json
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry

from reference_impl.domain.problems import Problem, unavailable
from reference_impl.storage.database import LOCK_NOT_AVAILABLE, BusyDatabase, UnusableDatabase, sqlstate
from reference_impl.storage.migrations import require_head, upgrade
from reference_impl.storage.patient_connection import SILENCE, PatientConnection

POOL_SIZE = 14
"""Connections of one process at most, unless it asks for another number.

A web process answers in ten threads: four are left for those that look up whose request has come, however
long the ten have to wait for a row or a key.
"""

LOCK_TIMEOUT = 2.0
"""Seconds for which a statement waits for a row or a key that another transaction holds."""

IDLE_TIMEOUT = 15.0
"""Seconds after which a transaction is undone whose process says nothing: stopped, or on a dead machine."""

_STATEMENT_TIMEOUT = 8.0
"""Seconds that a statement may take: the server ends it, and says so, before ``SILENCE`` is over."""

_CONNECT_TIMEOUT = 5
_MIGRATION_LOCK = 7_305_883_221_604_001
"""Any number, as long as it is always this one: whoever holds the lock of this number migrates."""

_BEGIN = (
    f"BEGIN; SET LOCAL lock_timeout = {LOCK_TIMEOUT * 1000:.0f}; "
    f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT * 1000:.0f}; "
    f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT * 1000:.0f}"
)
_MIGRATION_LOCK_TIMEOUT = 5.0
"""Seconds for which a migration waits for a table; whoever comes after it to that table waits behind it."""

# For another migration as long as that takes: nobody waits behind who waits for it.
_BEGIN_MIGRATION = (
    f"BEGIN; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({_MIGRATION_LOCK}); "
    f"SET LOCAL lock_timeout = {_MIGRATION_LOCK_TIMEOUT * 1000:.0f}; "
    f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT * 1000:.0f}"
)
_OLD_TRANSACTIONS = text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND xact_start < clock_timestamp() - make_interval(secs => :seconds) ORDER BY pid"
).bindparams(seconds=_MIGRATION_LOCK_TIMEOUT)
_CURE = "run `stablemint reference migrate` once, with the database's URL"

_UNUSED = "unused"
"""What is noted of a connection from when it is made until it is first used."""

_SECRET_OPTIONS = ("password", "sslpassword", "oauth_client_secret")
"""What of libpq's options in a URL no message repeats."""

# A dead server, or a dead way to it, is noticed by the client's kernel within this time.
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# Classes and codes of SQLSTATE that pass by themselves: connection exceptions, transaction rollbacks
# (serialization, deadlock), insufficient resources, operator intervention (restart, time-outs), system
# errors, idle and transaction time-outs, a server that became a replica, a lock that was not available.
_PASSING = ("08", "40", "53", "57", "58", "25P03", "25P04", "25006", LOCK_NOT_AVAILABLE)


class PostgresqlServer:
    """A database on a PostgreSQL server. Raises UnusableDatabase, with the URL, if it cannot be used.

    ``url`` as SQLAlchemy and libpq understand it: several hosts, `sslmode`, `target_session_attrs` and the
    like are libpq's. `prepare_threshold=none` is for poolers that cannot keep prepared statements apart.
    """

    waits = True
    writes_in_with = True

    def __init__(self, url: URL, *, pool_size: int = POOL_SIZE, migrate: bool = False) -> None:
        url, prepare = _take_prepare_threshold(url)
        self.name = url.difference_update_query(_SECRET_OPTIONS).render_as_string(hide_password=True)
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            # Statements outside of `transaction` commit by themselves, in one round trip each.
            isolation_level="AUTOCOMMIT",
            json_serializer=functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
            connect_args={"connect_timeout": _CONNECT_TIMEOUT, **_KEEPALIVE, **prepare},
            pool_size=pool_size,
            # Whoever takes a connection ends its transaction; a rollback on return is one call more.
            pool_reset_on_return=None,
            max_overflow=0,
            pool_timeout=_CONNECT_TIMEOUT,
            pool_use_lifo=True,  # those that a quiet hour does not need stay unused, and may be cut
            hide_parameters=True,
        )
        event.listen(self.engine, "do_connect", _connect)
        event.listen(self.engine, "connect", _bound_waiting)
        event.listen(self.engine, "checkout", _require_open)
        try:
            if migrate:
                self._migrate()
            with self.engine.connect() as connection:
                require_head(connection, cure=_CURE)
        except UnusableDatabase as error:
            self.close()
            raise type(error)(f"{self.name} cannot be used: {error}.") from None
        except SQLAlchemyError as error:
            self.close()
            raise UnusableDatabase(f"{self.name} cannot be used: {_cause(error)}.") from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the block's end, undone if the block raises."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_BEGIN)  # several statements, one round trip
            yield connection

    def problem(self, error: SQLAlchemyError) -> Problem | None:
        """``service_unavailable`` where the server is away or another transaction in the way."""
        if isinstance(error, PoolExhausted):
            return unavailable("Too many requests are waiting for the database. Try again.")
        if not isinstance(error, DBAPIError):
            return None
        state = sqlstate(error)
        if error.connection_invalidated or (
            state is None and isinstance(error.orig, psycopg.OperationalError)
        ):
            return unavailable("The database is not reachable at the moment. Try again.")
        if state is not None and state.startswith(_PASSING):
            return unavailable("The database could not do this at the moment. Try again.")
        return None

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.engine.dispose()

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.patience = None  # a large table takes its time
            try:
                with connection.begin():
                    connection.exec_driver_sql(_BEGIN_MIGRATION)
                    upgrade(connection)
            except DBAPIError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE:
                    raise
                raise BusyDatabase(_in_the_way(connection)) from None
            driver.patience = SILENCE


def _in_the_way(connection: Connection) -> str:
    """Whose transactions kept tables from being changed, as far as the server tells our user."""
    others = ", ".join(str(pid) for pid in connection.scalars(_OLD_TRANSACTIONS))
    return (
        f"a transaction of others holds its tables for more than {_MIGRATION_LOCK_TIMEOUT:g} seconds"
        f"{f' (process {others} of the server)' if others else ''}, such as a backup's. Nothing was changed, "
        "and nobody waits: migrate again once it has ended"
    )


def _connect(_: object, __: object, arguments: list[Any], named: dict[str, Any]) -> PatientConnection:
    """In SQLAlchemy's place, which would make a connection of psycopg's own."""
    return PatientConnection.connect(*arguments, **named)


def _bound_waiting(connection: Any, record: ConnectionPoolEntry) -> None:
    """For the statements outside of transactions."""
    connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT * 1000:.0f}")
    record.info[_UNUSED] = True


def _require_open(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Before a connection is used again: look, without a round trip, whether the server has closed it.

    An idle connection has nothing to read but the end of it; SQLAlchemy then takes another. That one is used
    as it is: SQLAlchemy gives up after two, with an error that looks like a mistake of ours, where the server
    is only shutting down.
    """
    if record.info.pop(_UNUSED, False):
        return
    if connection.closed:
        raise DisconnectionError
    poll = select.poll()  # not `select`, which knows no file beyond the 1024th of a process
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError


def _take_prepare_threshold(url: URL) -> tuple[URL, dict[str, int | None]]:
    """The URL without what is psycopg's and not libpq's, and that."""
    value = url.query.get("prepare_threshold")
    if value is None:
        return url, {}
    if not isinstance(value, str) or not (value == "none" or value.isdecimal()):
        raise UnusableDatabase(
            "prepare_threshold in the database's URL is a number of executions, or `none`."
        )
    rest = url.difference_update_query(["prepare_threshold"])
    return rest, {"prepare_threshold": None if value == "none" else int(value)}


def _cause(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")
