"""The keys that sign webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "webhook_keys",
        sa.Column("key_id", sa.Text(), primary_key=True),
        sa.Column("private_key_pem", sa.Text(), nullable=False),
        sa.Column("signs_from", _TIME, nullable=False),
    )
