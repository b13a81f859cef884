"""Events by time, and those that say who a customer is."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_index("ix_journal_events_at", "journal_events", ["at"])
    op.create_index(
        "ix_journal_events_identity",
        "journal_events",
        ["stream", "seq"],
        sqlite_where=sa.text("type = 'IDENTITY'"),
        postgresql_where=sa.text("type = 'IDENTITY'"),
    )


def downgrade() -> None:
    """Go back to the one before."""
    op.drop_index("ix_journal_events_identity", table_name="journal_events")
    op.drop_index("ix_journal_events_at", table_name="journal_events")
