"""What an attempt sent, where that was not the delivery's own body, and what a sandbox did to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both to the attempts; those that were logged before have neither."""
    op.add_column("attempts", sa.Column("request_body", sa.LargeBinary()))
    op.add_column("attempts", sa.Column("behaviour", sa.Text()))
