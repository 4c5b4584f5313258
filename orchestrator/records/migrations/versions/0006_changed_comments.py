"""Comments that their author has changed or withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    """Add when."""
    op.add_column("trainer_notes", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("trainer_notes", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
