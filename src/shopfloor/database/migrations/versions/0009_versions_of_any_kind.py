"""Versions of any kind, those of the settings among them."""

# SQLAlchemy leaves some column types open.
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "versions",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_versions")),
    )
    op.execute(
        "INSERT INTO versions (kind, version, data, is_shipped, made_at)"
        " SELECT 'settings', version, brand, is_shipped, made_at FROM settings_versions"
    )
    op.drop_table("settings_versions")


def downgrade() -> None:
    """Go back to the one before."""
    op.create_table(
        "settings_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("brand", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_settings_versions")),
    )
    op.execute(
        "INSERT INTO settings_versions (version, brand, is_shipped, made_at)"
        " SELECT version, data, is_shipped, made_at FROM versions WHERE kind = 'settings'"
    )
    op.drop_table("versions")
