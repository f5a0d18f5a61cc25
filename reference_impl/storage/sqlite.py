"""All that the SQL store knows of SQLite alone: how a file is opened, and how its writers take turns."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reference_impl.domain.problems import Problem, unavailable
from reference_impl.storage.database import UnusableDatabase
from reference_impl.storage.migrations import upgrade

BUSY_TIMEOUT = 0.2
"""Seconds to wait for another process's transaction where an event loop may be waiting too."""

SHARED_TIMEOUT = 2.0
"""The same where threads alone wait, of one among several processes that write: it is polled, so not fair."""

_OPENING_TIMEOUT = 15.0

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class SqliteFile:
    """A database in one file, made if it is not there and migrated if it is an earlier version's.

    It is readable by its owner alone, for it holds secrets.

    Raises UnusableDatabase, with the path, if the file cannot be used.
    """

    waits = False
    """Who reads waits for no writer, and a thread costs more than a look into the file."""
    writes_in_with = False

    def __init__(self, path: Path, *, patience: float = BUSY_TIMEOUT) -> None:
        self._turn = threading.Lock()
        self.engine = create_engine(
            URL.create("sqlite", database=str(path)),
            json_serializer=functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
            # No implicit BEGIN by the driver: statements outside of `transaction` commit by themselves.
            connect_args={"timeout": patience, "isolation_level": None},
            # Whoever takes a connection ends its transaction; a rollback on return is one call more.
            pool_reset_on_return=None,
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _set_pragmas)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._turn, self.engine.begin() as connection:
                # Another process that makes the tables takes longer than one that serves.
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_OPENING_TIMEOUT * 1000:.0f}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                upgrade(connection)
            self.engine.dispose()
        except UnusableDatabase as error:
            self.close()
            raise UnusableDatabase(f"{path} cannot be used: {error}, or name another file.") from None
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            self.close()
            raise UnusableDatabase(
                f"{path} cannot be used as an SQLite database: {_cause(error)}. Name another file, or one "
                "that is not there yet in a folder that is."
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that may write; committed at the block's end, undone if the block raises.

        SQLite has one writer at a time, and a transaction that begins as a reader cannot always become one
        (SQLITE_BUSY_SNAPSHOT): so it is the writer from its first statement. Threads wait for each other at
        the lock, which wakes the next one at once; processes at SQLite's busy handler, which polls.
        """
        with self._turn, self.engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def problem(self, error: SQLAlchemyError) -> Problem | None:
        """``service_unavailable`` where another process does not end its transaction in time."""
        if isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) in _BUSY:
            return unavailable("Another process is writing to the store. Try again.")
        return None

    def close(self) -> None:
        """Release the file; the last process to do so folds the write-ahead log into it."""
        self.engine.dispose()


def _set_pragmas(connection: sqlite3.Connection, _: object) -> None:
    # WAL: readers do not wait for the writer. synchronous=NORMAL: a commit returns once it is written to the
    # log, and so in the operating system's hands, without fsync. Whatever ends the process, kill -9 or other,
    # loses nothing; a power cut can lose the last commits but leaves the file whole.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _cause(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror).lower()
    return str(getattr(error, "orig", error))
