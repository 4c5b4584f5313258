"""The role of who is in the room with the candidates of a jury session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_BEFORE = "role IN ('candidate', 'trainee', 'trainer', 'jury', 'organiser', 'administrator')"
_ROLES = "role IN ('candidate', 'trainee', 'trainer', 'jury', 'invigilator', 'organiser', 'administrator')"


def upgrade() -> None:
    """Add the role."""
    with op.batch_alter_table("person_roles", copy_from=_roles_before()) as person_roles:
        person_roles.drop_constraint(op.f("ck_person_roles_role"), type_="check")
        person_roles.create_check_constraint(op.f("ck_person_roles_role"), _ROLES)


def _roles_before() -> sa.Table:
    """Return the table as version 0008 left it: SQLite, which changes no constraint, makes it again from this."""
    return sa.Table(
        "person_roles",
        sa.MetaData(),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint(_BEFORE, name="ck_person_roles_role"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_person_roles_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "role", name="pk_person_roles"),
    )
