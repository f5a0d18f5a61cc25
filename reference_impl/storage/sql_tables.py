"""The tables of the SQL store, in types that every database of SQLAlchemy has.

They are made and changed by ``migrations`` alone; a test holds that both say the same.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from reference_impl.storage.sql_sealed import Personal, SealedBytes, SealedText
from reference_impl.storage.sql_types import Members, Sequence, UtcTime

METADATA = MetaData()


def _index_what_is_due(table: Table) -> None:
    """Unfinished work in its order: due time, then creation. What is not due takes no room in the index."""
    is_due = table.c.due_at.is_not(None)
    Index(
        f"{table.name}_due",
        table.c.due_at,
        table.c.sequence,
        sqlite_where=is_due,
        postgresql_where=is_due,
    )


PARTNERS = Table(
    "partners",
    METADATA,
    Column("partner_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("api_key", Text, nullable=False, unique=True),
    Column("api_secret", SealedText, nullable=False),
    Column("public_key_pem", Text, nullable=False),
    Column("customer_management", JSON, nullable=False),
    Column("display_name", Text),
    Column("logo_url", Text),
    Column("colour", Text),
)

ENDPOINTS = Table(
    "endpoints",
    METADATA,
    Column("partner_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("url", Text, nullable=False),
    PrimaryKeyConstraint("partner_id", "event_type"),
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
    Column("identity", Personal),
    Column("website_reference", Text),
    Column("custom_fields", Members),
    Column("idempotency_key", Text),
    Column("blockchain_destination_type", Text),
    Column("blockchain_destination_address", Text),
    Column("saved_banks", JSON, nullable=False),
    Column("payment_method", Text),
    Column("deposit", Members),
    Column("plan", Members),
    Column("instruction", Text),
    Column("pace", Text),
    Column("due_at", UtcTime),
)

Index("sessions_in_order_of_dropping", SESSIONS.c.finished.desc(), SESSIONS.c.sequence)
_index_what_is_due(SESSIONS)

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
        # Looked at when the transaction commits: the key is claimed first, its session written after.
        ForeignKey("sessions.session_id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
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

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("sequence", Sequence, primary_key=True),
    Column("delivery_id", Text, nullable=False, unique=True),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("partner_id", Text, nullable=False),
    # No foreign key: what is still to be told of a session is told although the session was dropped.
    Column("session_id", Text, nullable=False, index=True),
    Column("body", SealedBytes, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", UtcTime),
    Column("attempts", Integer, nullable=False),
    # The lease: until when, by the database's real time, and its number, which no other lease of the
    # delivery has. Neither is indexed, so that claiming does not touch an index.
    Column("claimed_until", UtcTime),
    Column("claim_number", BigInteger, nullable=False, default=0),
    # Its place in the log of settled deliveries; none while it is pending.
    Column("settled_as", BigInteger, index=True),
)

_index_what_is_due(DELIVERIES)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("sequence", Sequence, primary_key=True),
    Column(
        "delivery_id",
        Text,
        ForeignKey("deliveries.delivery_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("url", Text, nullable=False),
    Column("request_headers", JSON, nullable=False),
    Column("status", Integer),
    # What a receiver answers may repeat what it was told.
    Column("response_headers", Personal, nullable=False),
    Column("response_body", SealedBytes, nullable=False),
    Column("error", SealedText),
    Column("duration_in_seconds", Double, nullable=False),
    # Where a sandbox was asked to send something else than the delivery's own body.
    Column("request_body", SealedBytes),
    Column("behaviour", Text),
)

SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

WEBHOOK_KEYS = Table(
    "webhook_keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("private_key_pem", SealedText, nullable=False),
    Column("signs_from", UtcTime, nullable=False),
)
