"""A connection to PostgreSQL that gives a silent server up.

libpq waits for an answer as long as the peer's kernel acknowledges what is sent: without end for a server
that is stopped, or swaps, or that a proxy has lost. ``statement_timeout`` is the server's own: no help there.
"""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import _WaitTimeout
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

SILENCE = 10.0
"""Seconds for which an answer is waited for."""

_LOOK_AROUND = 0.1

T = TypeVar("T")


class PatientConnection(psycopg.Connection[TupleRow]):
    """Closes itself where an answer takes longer than ``patience`` seconds, and raises OperationalError.

    What the server makes of the statement is then unknown; a transaction that it was not told to commit, it
    undoes.
    """

    patience: float | None = SILENCE

    def wait(self, gen: PQGen[T], interval: float = _LOOK_AROUND, timeout: float | None = None) -> T:
        """As psycopg's, which all that is said to the server goes through once the connection is there."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout:
            self.close()
            raise psycopg.OperationalError("the server did not answer in time") from None

    def rollback(self) -> None:
        """As psycopg's, which takes a lock and a generator where there is nothing to undo, too."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            super().rollback()
