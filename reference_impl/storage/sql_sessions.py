"""What a transaction of the SQL store does with sessions and the keys that they consumed."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from reference_impl.domain.idempotency import FirstAnswer, KeyScope, in_progress
from reference_impl.domain.sessions import Session
from reference_impl.storage.database import LOCK_NOT_AVAILABLE, sqlstate
from reference_impl.storage.encryption import UndecipherableError, describe_lost_rows
from reference_impl.storage.port import ASIDE, IdentifiedSessions
from reference_impl.storage.sql_rows import first_answer_from_row, first_answer_values
from reference_impl.storage.sql_sealed import MOST_SWEEPS, SWEEP, as_it_lies, decipher, find_lost
from reference_impl.storage.sql_session_rows import Values, session_from_row, session_values
from reference_impl.storage.sql_tables import FIRST_ANSWERS, SESSIONS
from reference_impl.storage.sql_types import is_storable

log = logging.getLogger(__name__)

# Built once: SQLAlchemy then finds the compiled text of each by identity of its parts, not by compiling.
_INSERT = SESSIONS.insert().inline()
_SELECT = select(SESSIONS).where(SESSIONS.c.session_id == bindparam("wanted"))
# `FOR NO KEY UPDATE`, which keeps nobody waiting who only refers to the row.
_SELECT_TO_CHANGE = _SELECT.with_for_update(key_share=True)
_UPDATE = SESSIONS.update().where(SESSIONS.c.session_id == bindparam("wanted"))
_LIST = select(SESSIONS).order_by(SESSIONS.c.sequence.desc()).limit(bindparam("limit"))
_LIST_OF_PARTNER = _LIST.where(SESSIONS.c.partner_id == bindparam("partner_id"))
_TAKE_DUE = (
    select(SESSIONS)
    .where(SESSIONS.c.due_at <= bindparam("before"))
    .order_by(SESSIONS.c.due_at, SESSIONS.c.sequence)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
)
_LOOK_THROUGH_DUE = _TAKE_DUE.with_only_columns(SESSIONS.c.sequence, as_it_lies(SESSIONS.c.identity)).limit(
    SWEEP
)
_POSTPONE = SESSIONS.update().values(due_at=bindparam("until")).where(SESSIONS.c.due_at.is_not(None))
_POSTPONE_ONE = _POSTPONE.where(SESSIONS.c.session_id == bindparam("wanted"))
_POSTPONE_LOST = _POSTPONE.where(SESSIONS.c.sequence.in_(bindparam("lost", expanding=True)))
_NEXT_DUE_AT = (
    select(SESSIONS.c.due_at).where(SESSIONS.c.due_at.is_not(None)).order_by(SESSIONS.c.due_at).limit(1)
)
_SELECT_IDENTIFIED = (
    select(*(as_it_lies(column) if column is SESSIONS.c.identity else column for column in SESSIONS.c))
    .where(
        SESSIONS.c.partner_id == bindparam("partner_id"),
        SESSIONS.c.identity.is_not(None),
        SESSIONS.c.sequence > bindparam("after"),
    )
    .order_by(SESSIONS.c.sequence)
    .limit(bindparam("limit"))
)
_SELECT_IDENTIFIED_USER = _SELECT_IDENTIFIED.where(SESSIONS.c.user_id == bindparam("user_id"))
COUNT_SESSIONS = select(func.count()).select_from(SESSIONS)
_DROP = SESSIONS.delete().where(
    SESSIONS.c.sequence.in_(
        select(SESSIONS.c.sequence)
        .order_by(SESSIONS.c.finished.desc(), SESSIONS.c.sequence)
        .limit(bindparam("excess"))
    )
)
# `ON CONFLICT` is written alike by SQLite.
_CONSUME_KEY = (
    postgresql.insert(FIRST_ANSWERS)
    .inline()
    .on_conflict_do_nothing(index_elements=FIRST_ANSWERS.primary_key.columns)
    .execution_options(preserve_rowcount=True)
)
_SESSION_COLUMNS = [column for column in SESSIONS.c if column is not SESSIONS.c.sequence]
_CONSUMED = (
    postgresql.insert(FIRST_ANSWERS)
    .inline()
    .values({column.name: bindparam(f"answer_{column.name}") for column in FIRST_ANSWERS.c})
    .on_conflict_do_nothing(index_elements=FIRST_ANSWERS.primary_key.columns)
    .returning(FIRST_ANSWERS.c.session_id)
    .cte("consumed")
)
_ADD_WITH_KEY = (
    SESSIONS.insert()
    .inline()
    .from_select(
        _SESSION_COLUMNS,
        select(*(bindparam(column.name, type_=column.type) for column in _SESSION_COLUMNS)).select_from(
            _CONSUMED
        ),
    )
    .execution_options(preserve_rowcount=True)
)
_SELECT_FIRST_ANSWER = select(FIRST_ANSWERS).where(
    FIRST_ANSWERS.c.partner_id == bindparam("partner_id"),
    FIRST_ANSWERS.c.operation_id == bindparam("operation_id"),
    FIRST_ANSWERS.c.key == bindparam("key"),
)


def _is_waiting_for_key(error: DBAPIError) -> bool:
    """Whether a statement gave up since another transaction holds the key, and not a whole table.

    In the first case, the server says in whatever language at which row of which table it waited.
    """
    if sqlstate(error) != LOCK_NOT_AVAILABLE:
        return False
    cause: Any = error.orig  # of psycopg, which alone says so
    return FIRST_ANSWERS.name in (cause.diag.context or "")


class SqlSessions:
    """The sessions' part of ``Transaction``, on one connection; without ``writes`` nothing is locked."""

    def __init__(self, connection: Connection, *, writes: bool) -> None:
        self._connection = connection
        self._select_session = _SELECT_TO_CHANGE if writes else _SELECT
        self._has_added_sessions = False

    def add_session(self, session: Session) -> None:
        self._has_added_sessions = True
        # What is NULL by itself is not written: a third of the columns of a session that begins.
        values = {name: value for name, value in session_values(session).items() if value is not None}
        self._connection.execute(_INSERT, values)

    def session(self, session_id: str) -> Session | None:
        if not is_storable(session_id):
            return None
        row = self._connection.execute(self._select_session, {"wanted": session_id}).first()
        return None if row is None else session_from_row(row)

    def replace_session(self, session: Session) -> None:
        values = {"wanted": session.session_id, **session_values(session)}
        if self._connection.execute(_UPDATE, values).rowcount == 0:
            raise KeyError(session.session_id)

    def sessions(self, *, partner_id: str | None = None, limit: int = 100) -> Sequence[Session]:
        if not is_storable(partner_id or ""):
            return []
        statement = _LIST if partner_id is None else _LIST_OF_PARTNER
        rows = self._connection.execute(statement, {"limit": limit, "partner_id": partner_id})
        return [session_from_row(row) for row in rows]

    def identified_sessions(
        self, partner_id: str, user_id: str | None, *, after: int, limit: int
    ) -> IdentifiedSessions:
        statement = _SELECT_IDENTIFIED if user_id is None else _SELECT_IDENTIFIED_USER
        wanted = {"partner_id": partner_id, "after": after, "limit": limit}
        rows = self._connection.execute(
            statement, wanted if user_id is None else {**wanted, "user_id": user_id}
        ).all()
        found: list[Session] = []
        for row in rows:
            with contextlib.suppress(UndecipherableError):
                identity = decipher(SESSIONS.c.identity, row.identity, self._connection.dialect)
                found.append(session_from_row(row, identity=identity))
        return IdentifiedSessions(found, len(rows) - len(found), rows[-1].sequence if rows else None)

    def take_due_session(self, before: datetime) -> Session | None:
        lost: list[int] = []
        for _ in range(MOST_SWEEPS + 1):
            try:
                row = self._connection.execute(_TAKE_DUE, {"before": before}).first()
            except UndecipherableError:
                lost += self._set_lost_aside(before)
            else:
                break
        else:
            row = None
        if lost:
            log.error("%s", describe_lost_rows("sessions", lost))
        return None if row is None else session_from_row(row)

    def _set_lost_aside(self, before: datetime) -> Sequence[int]:
        """Postpone those of the sessions that are due first which cannot be read: the numbers of their rows.

        In the database, so that nobody has to remember them, however many there are.
        """
        lost = find_lost(self._connection, _LOOK_THROUGH_DUE, {"before": before}, SESSIONS.c.identity)
        self._connection.execute(_POSTPONE_LOST, {"lost": lost, "until": before + ASIDE})
        return lost

    def postpone_session(self, session_id: str, until: datetime) -> None:
        self._connection.execute(_POSTPONE_ONE, {"wanted": session_id, "until": until})

    def first_answer(self, scope: KeyScope) -> FirstAnswer | None:
        wanted = {"partner_id": scope.partner_id, "operation_id": scope.operation_id, "key": scope.key}
        row = self._connection.execute(_SELECT_FIRST_ANSWER, wanted).first()
        return None if row is None else first_answer_from_row(row)

    def consume_key(self, answer: FirstAnswer) -> FirstAnswer | None:
        return self._consume_by(_CONSUME_KEY, first_answer_values(answer), answer.scope)

    def add_session_with_key(self, session: Session, answer: FirstAnswer) -> FirstAnswer | None:
        """What ``consume_key`` and ``add_session`` do, in one statement: no transaction has to be begun."""
        values = {f"answer_{name}": value for name, value in first_answer_values(answer).items()}
        return self._consume_by(_ADD_WITH_KEY, {**values, **session_values(session)}, answer.scope)

    def _consume_by(self, statement: Executable, values: Values, scope: KeyScope) -> FirstAnswer | None:
        """Execute what writes nothing where the key is consumed: None if it wrote, or the first answer."""
        first = None
        while first is None:
            try:
                consumed = self._connection.execute(statement, values).rowcount
            except DBAPIError as error:
                if _is_waiting_for_key(error):
                    raise in_progress() from None
                raise
            if consumed:
                return None
            first = self.first_answer(scope)  # None if its session was dropped meanwhile
        return first

    def drop_sessions_above(self, capacity: int) -> int:
        """Drop what was added in excess of ``capacity``, keys by cascade; how many sessions that was."""
        if not self._has_added_sessions:
            return 0
        excess: int = self._connection.execute(COUNT_SESSIONS).scalar_one() - capacity
        if excess <= 0:
            return 0
        self._connection.execute(_DROP, {"excess": excess})
        return excess

    def _next_session_due_at(self) -> datetime | None:
        return self._connection.execute(_NEXT_DUE_AT).scalar()
