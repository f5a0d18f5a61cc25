"""What a transaction of the SQL store does with deliveries: the outbox, and the log of what was settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from reference_impl.domain.deliveries import Attempt, Delivery, DeliveryStatus
from reference_impl.storage.sql_delivery_rows import (
    attempt_from_row,
    attempt_values,
    delivery_from_row,
    delivery_values,
)
from reference_impl.storage.sql_tables import ATTEMPTS, DELIVERIES
from reference_impl.storage.sql_types import is_storable

_LOG = DELIVERIES.alias("log")
_LAST_SETTLED = select(func.max(_LOG.c.settled_as)).scalar_subquery()
_NEXT_IN_LOG = func.coalesce(_LAST_SETTLED, 0) + 1

# Built once: SQLAlchemy then finds the compiled text of each by identity of its parts, not by compiling.
_INSERT_PENDING = DELIVERIES.insert().inline()
_INSERT_SETTLED = _INSERT_PENDING.values(settled_as=_NEXT_IN_LOG)
_SELECT = select(DELIVERIES).where(DELIVERIES.c.delivery_id == bindparam("wanted"))
_UPDATE = DELIVERIES.update().where(DELIVERIES.c.delivery_id == bindparam("wanted"))
_UPDATE_TO_PENDING = _UPDATE.values(settled_as=None)
_UPDATE_TO_SETTLED = _UPDATE.values(settled_as=func.coalesce(DELIVERIES.c.settled_as, _NEXT_IN_LOG))
_LIST = select(DELIVERIES).order_by(DELIVERIES.c.sequence.desc()).limit(bindparam("limit"))
_SELECT_DUE = (
    select(DELIVERIES)
    .where(DELIVERIES.c.due_at <= bindparam("before"))
    .order_by(DELIVERIES.c.due_at, DELIVERIES.c.sequence)
    .limit(bindparam("limit"))
)
_NEXT_DUE_AT = (
    select(DELIVERIES.c.due_at).where(DELIVERIES.c.due_at.is_not(None)).order_by(DELIVERIES.c.due_at).limit(1)
)
SELECT_BACKLOG = select(func.count(), func.min(DELIVERIES.c.due_at)).where(
    DELIVERIES.c.due_at <= bindparam("before")
)
_SHORTEN_LOG = DELIVERIES.delete().where(DELIVERIES.c.settled_as <= _LAST_SETTLED - bindparam("length"))
_REWRITE = DELIVERIES.update().where(DELIVERIES.c.delivery_id == bindparam("wanted"))
_FORGET_ANSWERS = (
    ATTEMPTS.update()
    .where(ATTEMPTS.c.delivery_id == bindparam("wanted"))
    .values(response_headers={}, response_body=b"", error=None)
)
_INSERT_ATTEMPT = ATTEMPTS.insert().inline()
_SELECT_ATTEMPTS = (
    select(ATTEMPTS).where(ATTEMPTS.c.delivery_id == bindparam("wanted")).order_by(ATTEMPTS.c.sequence)
)


class SqlDeliveries:
    """The deliveries' part of ``Transaction``, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_settled_deliveries = False

    def add_delivery(self, delivery: Delivery) -> None:
        statement = _INSERT_SETTLED if self._settles(delivery) else _INSERT_PENDING
        self._connection.execute(statement, delivery_values(delivery))

    def delivery(self, delivery_id: str) -> Delivery | None:
        if not is_storable(delivery_id):
            return None
        row = self._connection.execute(_SELECT, {"wanted": delivery_id}).first()
        return None if row is None else delivery_from_row(row)

    def replace_delivery(self, delivery: Delivery) -> None:
        statement = _UPDATE_TO_SETTLED if self._settles(delivery) else _UPDATE_TO_PENDING
        values = {"wanted": delivery.delivery_id, **delivery_values(delivery)}
        if self._connection.execute(statement, values).rowcount == 0:
            raise KeyError(delivery.delivery_id)

    def deliveries(
        self,
        *,
        partner_id: str | None = None,
        session_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        if not is_storable((partner_id or "") + (session_id or "")):
            return []
        statement = _LIST
        wanted = {"partner_id": partner_id, "session_id": session_id, "status": status and status.value}
        for name, value in wanted.items():
            if value is not None:
                statement = statement.where(DELIVERIES.c[name] == value)
        return [delivery_from_row(row) for row in self._connection.execute(statement, {"limit": limit})]

    def due_deliveries(self, before: datetime, *, limit: int) -> Sequence[Delivery]:
        rows = self._connection.execute(_SELECT_DUE, {"before": before, "limit": limit})
        return [delivery_from_row(row) for row in rows]

    def rewrite_event(self, delivery_id: str, body: bytes) -> None:
        self._connection.execute(_REWRITE, {"wanted": delivery_id, "body": body})
        self._connection.execute(_FORGET_ANSWERS, {"wanted": delivery_id})

    def add_attempt(self, delivery_id: str, attempt: Attempt) -> None:
        try:
            self._connection.execute(_INSERT_ATTEMPT, attempt_values(delivery_id, attempt))
        except IntegrityError:
            raise KeyError(delivery_id) from None

    def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        rows = self._connection.execute(_SELECT_ATTEMPTS, {"wanted": delivery_id})
        return [attempt_from_row(row) for row in rows]

    def shorten_log(self, length: int) -> None:
        """Drop what was settled before the last ``length``, attempts by cascade.

        By places in the log, not by counting: the cost does not depend on the length. A delivery that was
        resent has left its place free, so that the log can be shorter.
        """
        if self._has_settled_deliveries:
            self._connection.execute(_SHORTEN_LOG, {"length": length})

    def _settles(self, delivery: Delivery) -> bool:
        settles = delivery.status is not DeliveryStatus.PENDING
        self._has_settled_deliveries |= settles
        return settles

    def _next_delivery_due_at(self) -> datetime | None:
        return self._connection.execute(_NEXT_DUE_AT).scalar()
