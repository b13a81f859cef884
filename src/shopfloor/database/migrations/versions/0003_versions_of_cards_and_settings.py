"""Versions of cards and settings."""

# SQLAlchemy leaves some column types open.
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "settings_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("brand", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_settings_versions")),
    )
    op.create_table(
        "agent_card_versions",
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("card", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent_cards.id"], name=op.f("fk_agent_card_versions_agent_id_agent_cards")
        ),
        sa.PrimaryKeyConstraint("agent_id", "version", name=op.f("pk_agent_card_versions")),
    )
    op.execute(
        "INSERT INTO agent_card_versions (agent_id, version, card, digest, is_shipped, made_at)"
        " SELECT id, 1, card, digest, is_shipped, changed_at FROM agent_cards"
    )


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_table("agent_card_versions")
    op.drop_table("settings_versions")
