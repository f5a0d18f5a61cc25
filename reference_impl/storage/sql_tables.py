"""The tables of the SQL store, in types that every database of SQLAlchemy has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    inspect,
)
from sqlalchemy.types import TypeEngine

SCHEMA_VERSION = 1
"""Raised with every change of these tables; a database says which one it was made with."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class UnusableDatabase(OSError):
    """A database that cannot serve as a store; the message says which, why, and what to do."""


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


Sequence = BigInteger().with_variant(Integer, "sqlite")
"""Numbers rows as they come. SQLite numbers by itself what is INTEGER PRIMARY KEY, by that name alone."""

Members = JSON(none_as_null=True)

METADATA = MetaData()

SCHEMA = Table("store_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))

PARTNERS = Table(
    "partners",
    METADATA,
    Column("partner_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("api_key", Text, nullable=False, unique=True),
    Column("api_secret", Text, nullable=False),
    Column("public_key_pem", Text, nullable=False),
    Column("customer_management", JSON, nullable=False),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("sequence", Sequence, primary_key=True),
    Column("session_id", Text, nullable=False, unique=True),
    Column("partner_id", Text, ForeignKey("partners.partner_id"), nullable=False),
    Column("type", Text, nullable=False),
    Column("customer_management", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("currency", Text, nullable=False),
    Column("country", Text, nullable=False),
    # The domain's integer as it is: exact in every database, and sums stay exact. A decimal type would not
    # be: what SQLite is told to be NUMERIC it keeps as binary64.
    Column("amount_in_hundredths", BigInteger),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("success_url", Text),
    Column("support_url", Text),
    Column("exit_url", Text),
    Column("error_url", Text),
    Column("user_id", Text),
    Column("user_email", Text),
    Column("user_kyc", Members),
    Column("website_reference", Text),
    Column("custom_fields", Members),
    Column("idempotency_key", Text),
    Column("blockchain_destination_type", Text),
    Column("blockchain_destination_address", Text),
    Column("saved_banks", JSON, nullable=False),
    Column("payment_method", Text),
)

Index("sessions_in_order_of_dropping", SESSIONS.c.finished.desc(), SESSIONS.c.sequence)

FIRST_ANSWERS = Table(
    "first_answers",
    METADATA,
    Column("partner_id", Text, nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column(
        "session_id",
        Text,
        ForeignKey("sessions.session_id", ondelete="CASCADE"),
        nullable=False,
        unique=True,  # and so an index for the cascade
    ),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", UtcTime, nullable=False),
    # Decides who consumes a key, whatever any process believes (IDEM-13).
    PrimaryKeyConstraint("partner_id", "operation_id", "key"),
)

SAVED_BANKS = Table(
    "saved_banks",
    METADATA,
    Column("sequence", Sequence, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("bank_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("iban_masked", Text, nullable=False),
    Column("used_at", UtcTime, nullable=False),
)

Index("saved_banks_of_customer", SAVED_BANKS.c.customer_id, SAVED_BANKS.c.bank_id, unique=True)


def prepare(connection: Connection) -> None:
    """Make the tables in an empty database, or check that they are this version's.

    Raises UnusableDatabase for tables of something else and for another version.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        METADATA.create_all(connection)
        connection.execute(SCHEMA.insert().values(version=SCHEMA_VERSION))
        return
    if SCHEMA.name not in tables:
        raise UnusableDatabase("it holds the tables of something else: move it away")
    version = connection.scalar(SCHEMA.select())
    if version != SCHEMA_VERSION:
        raise UnusableDatabase(
            f"it was made by another version of this program (its schema is {version}, this one's is "
            f"{SCHEMA_VERSION}): use that version"
        )
