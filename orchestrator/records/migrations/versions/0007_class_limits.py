"""What the labs of a class may take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "class_limits",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("labs", sa.Integer(), nullable=True),
        sa.Column("memory", sa.BigInteger(), nullable=True),
        sa.Column("processors", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_class_limits_group_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_class_limits")),
    )
