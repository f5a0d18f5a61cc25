"""What differs between databases, and what the SQL store asks of each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reference_impl.domain.problems import Problem


class UnusableDatabase(OSError):
    """A database that cannot serve as a store; the message says which, why, and what to do."""


class BusyDatabase(UnusableDatabase):
    """One that others are using in a way that does not let it be changed just now; nothing was."""


class Database(Protocol):
    """How a database is reached, how a transaction that writes begins, and which of its errors pass."""

    @property
    def engine(self) -> Engine:
        """Connections on which each statement commits by itself: for single reads."""

    @property
    def waits(self) -> bool:
        """Whether an answer may be long in coming."""

    @property
    def writes_in_with(self) -> bool:
        """Whether a statement may insert in its WITH clause, and so into two tables at once."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction that may write: committed at the block's end, undone if the block raises."""

    def problem(self, error: SQLAlchemyError) -> Problem | None:
        """The problem to answer with where an error passes by itself; None for a mistake of ours."""

    def close(self) -> None:
        """Release files and connections."""


LOCK_NOT_AVAILABLE = "55P03"
"""The SQLSTATE of a statement that waited for ``lock_timeout``."""


def sqlstate(error: DBAPIError) -> str | None:
    """The five characters by which PostgreSQL says what went wrong; None where it could not say."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None
