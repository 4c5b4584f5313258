"""What people come with: passwords, links, sign-ins, classes' codes; their language; the administrator's role."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROLES = "role IN ('candidate', 'trainee', 'trainer', 'jury', 'administrator')"
_LANGUAGE = "ALTER TABLE people ADD COLUMN language VARCHAR(2) CONSTRAINT ck_people_language CHECK ({})"


def upgrade() -> None:
    """Add the tables, the column and the role."""
    op.execute(_LANGUAGE.format("language IN ('fr', 'en')"))  # in place: others refer to the table
    with op.batch_alter_table("person_roles", copy_from=_roles_before()) as person_roles:
        person_roles.drop_constraint(op.f("ck_person_roles_role"), type_="check")
        person_roles.create_check_constraint(op.f("ck_person_roles_role"), _ROLES)
    op.create_table(
        "passwords",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=255), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passwords_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "one_time_links",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_one_time_links_kind")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_one_time_links_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_one_time_links")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_one_time_links_secret_hash")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sign_ins_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_table(
        "join_codes",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_join_codes_group_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_join_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_join_codes_code_hash")),
    )
    op.create_index(op.f("ix_sign_ins_person_id_last_seen"), "sign_ins", ["person_id", "last_seen"], unique=False)


def _roles_before() -> sa.Table:
    """Return the table as version 0001 made it: SQLite, which changes no constraint, makes it again from this."""
    return sa.Table(
        "person_roles",
        sa.MetaData(),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.CheckConstraint("role IN ('candidate', 'trainee', 'trainer', 'jury')", name="ck_person_roles_role"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_person_roles_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "role", name="pk_person_roles"),
    )
