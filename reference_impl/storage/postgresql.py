"""All that the SQL store knows of PostgreSQL alone: connections, transactions, and what its errors mean.

Every setting travels with the transaction that needs it (``SET LOCAL``) and nothing is kept in a connection
between two, so that a pooler may hand each transaction another one. Transactions are READ COMMITTED: what
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
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from reference_impl.domain.problems import Problem, unavailable
from reference_impl.storage.database import UnusableDatabase
from reference_impl.storage.migrations import require_head, upgrade

POOL_SIZE = 12
"""Connections of one process at most, unless it asks for another number.

A web process answers in ten threads: two are left for its event loop, which looks up whose request has come,
however long the ten have to wait for a row or a key.
"""

LOCK_TIMEOUT = 2.0
"""Seconds for which a statement waits for a row or a key that another transaction holds."""

IDLE_TIMEOUT = 15.0
"""Seconds after which a transaction is undone whose process says nothing: stopped, or on a dead machine."""

_STATEMENT_TIMEOUT = 30.0
_CONNECT_TIMEOUT = 5
_MIGRATION_LOCK = 7_305_883_221_604_001
"""Any number, as long as it is always this one: whoever holds the lock of this number migrates."""

_BEGIN = (
    f"BEGIN; SET LOCAL lock_timeout = {LOCK_TIMEOUT * 1000:.0f}; "
    f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT * 1000:.0f}; "
    f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT * 1000:.0f}"
)
_BEGIN_MIGRATION = f"BEGIN; SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"
_CURE = "run `stablemint reference migrate` once, with the database's URL"

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
_PASSING = ("08", "40", "53", "57", "58", "25P03", "25P04", "25006", "55P03")


class PostgresqlServer:
    """A database on a PostgreSQL server. Raises UnusableDatabase, with the URL, if it cannot be used.

    ``url`` as SQLAlchemy and libpq understand it: several hosts, `sslmode`, `target_session_attrs` and the
    like are libpq's. `prepare_threshold=none` is for poolers that cannot keep prepared statements apart.
    """

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
            max_overflow=0,
            pool_timeout=_CONNECT_TIMEOUT,
            pool_use_lifo=True,  # those that a quiet hour does not need stay unused, and may be cut
            hide_parameters=True,
        )
        event.listen(self.engine, "checkout", _require_open)
        try:
            if migrate:
                with self._transaction(_BEGIN_MIGRATION) as connection:
                    upgrade(connection)
            with self.engine.connect() as connection:
                require_head(connection, cure=_CURE)
        except UnusableDatabase as error:
            self.close()
            raise UnusableDatabase(f"{self.name} cannot be used: {error}.") from None
        except SQLAlchemyError as error:
            self.close()
            raise UnusableDatabase(f"{self.name} cannot be used: {_cause(error)}.") from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the block's end, undone if the block raises."""
        with self._transaction(_BEGIN) as connection:
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

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(begin)  # several statements, one round trip
            yield connection


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters by which PostgreSQL says what went wrong; None where it could not say."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def _require_open(connection: Any, _: object, __: object) -> None:
    """Before a connection is used again: look, without a round trip, whether the server has closed it.

    An idle connection has nothing to read but the end of it; SQLAlchemy then takes another.
    """
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
