"""Orders, and the webhooks that were handled, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    cents INTEGER NOT NULL,
    country TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    placed_at TEXT NOT NULL,
    session_id TEXT UNIQUE,
    session_url TEXT,
    status TEXT NOT NULL DEFAULT 'new',
    paid_at TEXT
);
CREATE TABLE IF NOT EXISTS events (event_id TEXT PRIMARY KEY, received_at TEXT NOT NULL);
"""

STAGE: Mapping[str, int] = {
    "new": 0,
    "open": 1,
    "processing": 2,
    **dict.fromkeys(("completed", "failed", "expired", "cancelled"), 3),
}
"""How far a session is, by its status. News may arrive late or twice; an order goes forwards alone."""

KEY_KEPT = timedelta(hours=24)
"""For how long an idempotency key is remembered at least. Later it could make a second session."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """``status`` is that of the session, and `new` as long as there is none."""

    order_id: str
    product: str
    cents: int
    country: str
    idempotency_key: str
    placed_at: str
    session_id: str | None
    session_url: str | None
    status: str
    paid_at: str | None

    @property
    def is_settled(self) -> bool:
        """Whether nothing can change any more."""
        return STAGE[self.status] == 3

    @property
    def may_be_tried(self) -> bool:
        """Whether a session can still be asked for with this order's key."""
        age = datetime.now(UTC) - datetime.fromisoformat(self.placed_at)
        return self.session_id is None and age < KEY_KEPT - timedelta(hours=1)


class Orders:
    """The orders of the database ``file``."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(f"PRAGMA journal_mode=WAL; {TABLES}")

    def place(self, order_id: str, *, product: str, cents: int, country: str) -> Order:
        """The order of this identifier, placed unless it was: a form that is sent twice is one order.

        Its idempotency key is stored before anything is sent, so that every later try, even by another
        process after a crash, takes the same key and can make no second session.
        """
        values = (order_id, product, cents, country, str(uuid4()), _now())
        with self._transaction() as transaction:
            transaction.execute(
                "INSERT INTO orders (order_id, product, cents, country, idempotency_key, placed_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO NOTHING",
                values,
            )
            return _order(transaction, "order_id", order_id)

    def find(self, order_id: str) -> Order:
        """Raises LookupError."""
        with self._transaction() as transaction:
            return _order(transaction, "order_id", order_id)

    def keep_session(self, order_id: str, session: Mapping[str, Any]) -> Order:
        """Remember which session pays the order."""
        with self._transaction() as transaction:
            transaction.execute(
                "UPDATE orders SET session_id = ?, session_url = ? WHERE order_id = ?",
                (session["sessionId"], session["sessionUrl"], order_id),
            )
            return _advance(transaction, session["sessionId"], session["status"])

    def advance(self, session_id: str, status: str) -> Order:
        """Take over what the API says of a session. Raises LookupError for one that is not ours."""
        with self._transaction() as transaction:
            return _advance(transaction, session_id, status)

    def handle_event(self, event_id: str, session_id: str, status: str | None) -> None:
        """Take over what a webhook says, once. Raises LookupError for a session that is not ours.

        The event is noted in the transaction that acts on it: a crash between the two loses neither.
        """
        with self._transaction() as transaction:
            order = _order(transaction, "session_id", session_id)
            noted = transaction.execute(
                "INSERT INTO events VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING", (event_id, _now())
            )
            if noted.rowcount == 1:
                _advance(transaction, session_id, status or order.status)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute(
                "BEGIN IMMEDIATE"
            )  # one writer at a time: what is read stays true until COMMIT
            yield connection
            connection.execute("COMMIT")


def _advance(transaction: sqlite3.Connection, session_id: str, status: str) -> Order:
    order = _order(transaction, "session_id", session_id)
    if STAGE[status] <= STAGE[order.status]:
        return order
    # What must happen once for an order that is paid, such as sending the goods, begins here: this line is
    # reached once for it, and `paid_at` is a queue that other work can be taken from.
    paid_at = _now() if status == "completed" else None
    transaction.execute(
        "UPDATE orders SET status = ?, paid_at = ? WHERE session_id = ?", (status, paid_at, session_id)
    )
    return _order(transaction, "session_id", session_id)


def _order(transaction: sqlite3.Connection, column: str, value: str) -> Order:
    row = transaction.execute(f"SELECT * FROM orders WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
    if row is None:
        raise LookupError(f"there is no order with this {column}")
    return Order(**row)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
