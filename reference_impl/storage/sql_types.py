"""Column types of the SQL store that mean the same in every database of SQLAlchemy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Double,
    Integer,
    TypeDecorator,
    cast,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def is_storable(text: str) -> bool:
    """Whether a text can stand in a database: PostgreSQL knows no NUL. What cannot, is not there either."""
    return "\0" not in text


class UtcTime(TypeDecorator[datetime]):
    """A time with its zone, in UTC and to the millisecond; one without a zone is refused (TypeError).

    SQLite has no type for times and SQLAlchemy's text form drops the zone, so there it is an integer of
    milliseconds since 1970; elsewhere TIMESTAMP WITH TIME ZONE.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        milliseconds = (value - _EPOCH) // _MILLISECOND
        return milliseconds if dialect.name == "sqlite" else _EPOCH + milliseconds * _MILLISECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        time: datetime = _EPOCH + value * _MILLISECOND if dialect.name == "sqlite" else value
        return time.astimezone(UTC)


class RealTime(FunctionElement[datetime]):
    """The database's own real time, ``seconds`` from now: one clock for every process, on every machine."""

    inherit_cache = True
    type = UtcTime()

    def __init__(self, seconds: ColumnElement[float]) -> None:
        super().__init__(cast(seconds, Double))


@compiles(RealTime, "postgresql")
def _in_postgresql(element: RealTime, compiler: SQLCompiler, **keywords: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **keywords)}))"


@compiles(RealTime, "sqlite")
def _in_sqlite(element: RealTime, compiler: SQLCompiler, **keywords: Any) -> str:
    days = "julianday('now') - 2440587.5"  # since 1970
    seconds = compiler.process(element.clauses, **keywords)
    return f"CAST(({days}) * 86400000 + {seconds} * 1000 AS INTEGER)"


Sequence = BigInteger().with_variant(Integer, "sqlite")
"""Numbers rows as they come. SQLite numbers by itself what is INTEGER PRIMARY KEY, by that name alone."""

Members = JSON(none_as_null=True)
"""A JSON object or array; None is NULL."""
