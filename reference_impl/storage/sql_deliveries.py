"""What a transaction of the SQL store does with deliveries: the outbox, and the log of what was settled."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Double,
    Select,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate

from reference_impl.domain.deliveries import LOGGED_ATTEMPTS, Attempt, Delivery, DeliveryStatus
from reference_impl.storage.encryption import UndecipherableError, describe_lost_rows
from reference_impl.storage.port import Claim, Receiver
from reference_impl.storage.sql_delivery_rows import (
    attempt_from_row,
    attempt_values,
    delivery_from_row,
    delivery_values,
    standing_values,
)
from reference_impl.storage.sql_sealed import MOST_SWEEPS, SWEEP, as_it_lies, decipher, find_lost
from reference_impl.storage.sql_tables import ATTEMPTS, DELIVERIES
from reference_impl.storage.sql_types import RealTime, is_storable

log = logging.getLogger(__name__)

_LOG = DELIVERIES.alias("log")
_LAST_SETTLED = select(func.max(_LOG.c.settled_as)).scalar_subquery()
_NEXT_IN_LOG = func.coalesce(_LAST_SETTLED, 0) + 1

# Built once: SQLAlchemy then finds the compiled text of each by identity of its parts, not by compiling.
_INSERT_PENDING = DELIVERIES.insert().inline()
_INSERT_SETTLED = _INSERT_PENDING.values(settled_as=_NEXT_IN_LOG)
_SELECT = select(DELIVERIES).where(DELIVERIES.c.delivery_id == bindparam("wanted"))
_SELECT_TO_CHANGE = _SELECT.with_for_update(key_share=True)
_UPDATE = DELIVERIES.update().where(DELIVERIES.c.delivery_id == bindparam("wanted"))
_UPDATE_TO_PENDING = _UPDATE.values(settled_as=None)
_UPDATE_TO_SETTLED = _UPDATE.values(settled_as=func.coalesce(DELIVERIES.c.settled_as, _NEXT_IN_LOG))
_LIST = select(DELIVERIES).order_by(DELIVERIES.c.sequence.desc()).limit(bindparam("limit"))
_CLAIMABLE = (
    select(DELIVERIES.c.sequence)
    .where(
        DELIVERIES.c.due_at <= bindparam("before"),
        or_(DELIVERIES.c.claimed_until.is_(None), DELIVERIES.c.claimed_until <= RealTime(literal(0.0))),
    )
    .order_by(DELIVERIES.c.due_at, DELIVERIES.c.sequence)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)
_CLAIMABLE_OF_OTHERS = _CLAIMABLE.where(
    tuple_(DELIVERIES.c.partner_id, DELIVERIES.c.event_type).not_in(bindparam("passing_over", expanding=True))
)


# One that cannot be read must not keep the others of its batch from being: each is deciphered by itself.
_BODY = DELIVERIES.c.body
_AS_IT_LIES = [as_it_lies(column) if column is _BODY else column for column in DELIVERIES.c]


def _look_through(claimable: Select[tuple[int]]) -> Select[tuple[int, bytes]]:
    return claimable.with_only_columns(DELIVERIES.c.sequence, as_it_lies(_BODY)).limit(SWEEP)


def _claim(claimable: Select[tuple[int]]) -> ReturningUpdate[Any]:
    chosen = claimable.cte("chosen")
    return (
        DELIVERIES.update()
        .where(DELIVERIES.c.sequence == chosen.c.sequence)
        .values(
            claimed_until=RealTime(bindparam("lease", type_=Double)),
            claim_number=DELIVERIES.c.claim_number + 1,
        )
        .returning(*_AS_IT_LIES)
    )


_CLAIM = _claim(_CLAIMABLE)
_CLAIM_OF_OTHERS = _claim(_CLAIMABLE_OF_OTHERS)
_LOOK_THROUGH = _look_through(_CLAIMABLE)
_LOOK_THROUGH_OF_OTHERS = _look_through(_CLAIMABLE_OF_OTHERS)
_CLAIM_LOST = (
    DELIVERIES.update()
    .where(DELIVERIES.c.sequence.in_(bindparam("lost", expanding=True)))
    .values(
        claimed_until=RealTime(bindparam("lease", type_=Double)),
        claim_number=DELIVERIES.c.claim_number + 1,
    )
)
_HELD = (DELIVERIES.c.delivery_id == bindparam("wanted"), DELIVERIES.c.claim_number == bindparam("number"))
_SELECT_HELD = select(DELIVERIES).where(*_HELD).with_for_update(key_share=True)
_RELEASE = DELIVERIES.update().where(*_HELD).values(claimed_until=None)
_END = (
    DELIVERIES.update()
    .where(
        *_HELD,
        DELIVERIES.c.status == bindparam("former_status"),
        DELIVERIES.c.due_at == bindparam("former_due_at"),
        DELIVERIES.c.attempts == bindparam("former_attempts"),
    )
    .values(claimed_until=None)
)
_END_AS_PENDING = _END.values(settled_as=None)
_END_AS_SETTLED = _END.values(settled_as=_NEXT_IN_LOG)
_RELEASE_ALL = (
    DELIVERIES.update()
    .where(DELIVERIES.c.claimed_until.is_not(None))
    .values(claimed_until=None, claim_number=DELIVERIES.c.claim_number + 1)
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
    .values(
        # Encrypted as everything in the column: an expression's value has not its type by itself.
        request_body=case((ATTEMPTS.c.request_body.is_not(None), literal(b"", ATTEMPTS.c.request_body.type))),
        response_headers={},
        response_body=b"",
        error=None,
    )
)
_INSERT_ATTEMPT = ATTEMPTS.insert().inline()
_LAST_ATTEMPTS = (
    select(ATTEMPTS)
    .where(ATTEMPTS.c.delivery_id == bindparam("wanted"))
    .order_by(ATTEMPTS.c.sequence.desc())
    .limit(LOGGED_ATTEMPTS)
)
_SHORTEN_ATTEMPTS = ATTEMPTS.delete().where(
    ATTEMPTS.c.delivery_id == bindparam("wanted"),
    ATTEMPTS.c.sequence.not_in(_LAST_ATTEMPTS.with_only_columns(ATTEMPTS.c.sequence)),
)


class SqlDeliveries:
    """The deliveries' part of ``Transaction``, on one connection; without ``writes`` nothing is locked."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        self._connection = connection
        self._select_delivery = _SELECT_TO_CHANGE if writes else _SELECT
        self._has_settled_deliveries = False

    def add_delivery(self, delivery: Delivery) -> None:
        statement = _INSERT_SETTLED if self._settles(delivery) else _INSERT_PENDING
        self._connection.execute(statement, delivery_values(delivery))

    def delivery(self, delivery_id: str) -> Delivery | None:
        if not is_storable(delivery_id):
            return None
        row = self._connection.execute(self._select_delivery, {"wanted": delivery_id}).first()
        return None if row is None else delivery_from_row(row)

    def replace_delivery(self, delivery: Delivery) -> None:
        statement = _UPDATE_TO_SETTLED if self._settles(delivery) else _UPDATE_TO_PENDING
        values = {"wanted": delivery.delivery_id, **delivery_values(delivery)}
        if self._connection.execute(statement, values).rowcount == 0:
            raise KeyError(delivery.delivery_id)
        # Here and not for every attempt: a schedule has few, and only a resend begins another.
        self._connection.execute(_SHORTEN_ATTEMPTS, {"wanted": delivery.delivery_id})

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

    def claim_deliveries(
        self,
        before: datetime,
        *,
        lease: timedelta,
        limit: int,
        passing_over: Collection[Receiver] = (),
    ) -> Sequence[Claim]:
        statement = _CLAIM_OF_OTHERS if passing_over else _CLAIM
        values = {"before": before, "lease": lease.total_seconds(), "passing_over": list(passing_over)}
        claims: list[Claim] = []
        lost: list[int] = []  # they stay claimed, so that they are met again when their leases have ended
        for _ in range(MOST_SWEEPS + 1):
            wanted = limit - len(claims)
            rows = self._connection.execute(statement, {**values, "limit": wanted}).all()
            # What an UPDATE returns comes in no order.
            for row in sorted(rows, key=lambda row: (row.due_at, row.sequence)):
                try:
                    body = decipher(_BODY, row.body, self._connection.dialect)
                except UndecipherableError:
                    lost.append(row.sequence)
                else:
                    claims.append(Claim(delivery_from_row(row, body=body), row.claim_number))
            if len(rows) < wanted or len(claims) == limit:
                break
            lost += self._claim_lost(_LOOK_THROUGH_OF_OTHERS if passing_over else _LOOK_THROUGH, values)
        if lost:
            log.error("%s", describe_lost_rows("deliveries", lost))
        return claims

    def _claim_lost(self, look_through: Select[Any], values: Mapping[str, Any]) -> Sequence[int]:
        """Claim those of the deliveries due first which cannot be read: the numbers of their rows."""
        lost = find_lost(self._connection, look_through, values, _BODY)
        self._connection.execute(_CLAIM_LOST, {"lost": lost, "lease": values["lease"]})
        return lost

    def end_claim(self, claim: Claim, after: Delivery) -> Delivery | None:
        former = claim.delivery
        held = {"wanted": former.delivery_id, "number": claim.number}
        as_claimed = {
            "former_status": former.status.value,
            "former_due_at": former.due_at,
            "former_attempts": former.attempts,
        }
        statement = _END_AS_SETTLED if self._settles(after) else _END_AS_PENDING
        if self._connection.execute(statement, {**held, **as_claimed, **standing_values(after)}).rowcount:
            return after
        row = self._connection.execute(_SELECT_HELD, held).first()
        if row is None:
            return None
        self._connection.execute(_RELEASE, held)
        return delivery_from_row(row)

    def release_claims(self) -> None:
        self._connection.execute(_RELEASE_ALL)

    def rewrite_event(self, delivery_id: str, body: bytes) -> None:
        self._connection.execute(_REWRITE, {"wanted": delivery_id, "body": body})
        self._connection.execute(_FORGET_ANSWERS, {"wanted": delivery_id})

    def add_attempt(self, delivery_id: str, attempt: Attempt) -> None:
        try:
            self._connection.execute(_INSERT_ATTEMPT, attempt_values(delivery_id, attempt))
        except IntegrityError:
            raise KeyError(delivery_id) from None

    def attempts(self, delivery_id: str) -> Sequence[Attempt]:
        rows = self._connection.execute(_LAST_ATTEMPTS, {"wanted": delivery_id}).all()
        return [attempt_from_row(row) for row in reversed(rows)]

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
