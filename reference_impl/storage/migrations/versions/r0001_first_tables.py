"""The first tables: partners, sessions, idempotency keys, saved banks, the outbox and its log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _make_partners()
    _make_sessions()
    _make_deliveries()
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )


def _make_partners() -> None:
    op.create_table(
        "partners",
        sa.Column("partner_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False, unique=True),
        sa.Column("api_secret", sa.Text(), nullable=False),
        sa.Column("public_key_pem", sa.Text(), nullable=False),
        sa.Column("customer_management", sa.JSON(), nullable=False),
        sa.Column("display_name", sa.Text()),
        sa.Column("logo_url", sa.Text()),
        sa.Column("colour", sa.Text()),
    )
    op.create_table(
        "endpoints",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "event_type"),
    )


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column("session_id", sa.Text(), nullable=False, unique=True),
        sa.Column("partner_id", sa.Text(), sa.ForeignKey("partners.partner_id"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("customer_management", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("amount_in_hundredths", sa.BigInteger()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("success_url", sa.Text()),
        sa.Column("support_url", sa.Text()),
        sa.Column("exit_url", sa.Text()),
        sa.Column("error_url", sa.Text()),
        sa.Column("user_id", sa.Text()),
        sa.Column("identity", sa.JSON()),
        sa.Column("website_reference", sa.Text()),
        sa.Column("custom_fields", sa.JSON()),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("blockchain_destination_type", sa.Text()),
        sa.Column("blockchain_destination_address", sa.Text()),
        sa.Column("saved_banks", sa.JSON(), nullable=False),
        sa.Column("payment_method", sa.Text()),
        sa.Column("deposit", sa.JSON()),
        sa.Column("plan", sa.JSON()),
        sa.Column("instruction", sa.Text()),
        sa.Column("pace", sa.Text()),
        sa.Column("due_at", _TIME),
    )
    op.create_index("sessions_in_order_of_dropping", "sessions", [sa.text("finished DESC"), "sequence"])
    _index_what_is_due("sessions")
    op.create_table(
        "first_answers",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "session_id",
            sa.Text(),
            sa.ForeignKey("sessions.session_id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            nullable=False,
            unique=True,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "operation_id", "key"),
    )
    op.create_table(
        "saved_banks",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iban_masked", sa.Text(), nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
    )
    op.create_index("saved_banks_of_customer", "saved_banks", ["customer_id", "bank_id"], unique=True)


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column("delivery_id", sa.Text(), nullable=False, unique=True),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False, index=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", _TIME),
        sa.Column("claim_number", sa.BigInteger(), nullable=False),
        sa.Column("settled_as", sa.BigInteger(), index=True),
    )
    _index_what_is_due("deliveries")
    op.create_table(
        "attempts",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column(
            "delivery_id",
            sa.Text(),
            sa.ForeignKey("deliveries.delivery_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request_headers", sa.JSON(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("response_headers", sa.JSON(), nullable=False),
        sa.Column("response_body", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("duration_in_seconds", sa.Double(), nullable=False),
    )


def _index_what_is_due(table: str) -> None:
    is_due = sa.text("due_at IS NOT NULL")
    op.create_index(
        f"{table}_due", table, ["due_at", "sequence"], sqlite_where=is_due, postgresql_where=is_due
    )
