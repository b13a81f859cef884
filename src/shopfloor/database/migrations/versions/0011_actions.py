"""Actions."""

# SQLAlchemy leaves some column types open.
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "actions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("agent_name", sa.String(), nullable=False),
        sa.Column("turn_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("is_for_shop", sa.Boolean(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("order_numbers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("staff", sa.String(), nullable=True),
        sa.Column("args", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("inputs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("executed_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("undo_until", sa.BigInteger(), nullable=True),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_actions")),
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index("ix_actions_agent_moved_at", ["agent", "moved_at"], unique=False)
        batch_op.create_index("ix_actions_customer_id_moved_at", ["customer_id", "moved_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_id"), ["id"], unique=False)
        batch_op.create_index("ix_actions_moved_at", ["moved_at"], unique=False)
        batch_op.create_index("ix_actions_proposed_at_key", ["proposed_at", "key"], unique=False)
        batch_op.create_index(
            "ix_actions_state",
            ["state", "moved_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('needs_approval', 'approved', 'confirmed', 'outcome_unknown')"),
            postgresql_where=sa.text("state IN ('needs_approval', 'approved', 'confirmed', 'outcome_unknown')"),
        )
        batch_op.create_index(batch_op.f("ix_actions_stream"), ["stream"], unique=False)

    op.create_table(
        "action_holds",
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["actions.key"], name=op.f("fk_action_holds_key_actions")),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_action_holds")),
    )
    with op.batch_alter_table("action_holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_holds_key"), ["key"], unique=False)

    op.create_table(
        "action_resources",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["actions.key"], name=op.f("fk_action_resources_key_actions")),
        sa.PrimaryKeyConstraint("key", "resource", name=op.f("pk_action_resources")),
    )
    with op.batch_alter_table("action_resources", schema=None) as batch_op:
        batch_op.create_index("ix_action_resources_resource_is_live", ["resource", "is_live"], unique=False)


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("action_resources", schema=None) as batch_op:
        batch_op.drop_index("ix_action_resources_resource_is_live")

    op.drop_table("action_resources")
    with op.batch_alter_table("action_holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_holds_key"))

    op.drop_table("action_holds")
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_actions_stream"))
        batch_op.drop_index(
            "ix_actions_state",
            sqlite_where=sa.text("state IN ('needs_approval', 'approved', 'confirmed', 'outcome_unknown')"),
            postgresql_where=sa.text("state IN ('needs_approval', 'approved', 'confirmed', 'outcome_unknown')"),
        )
        batch_op.drop_index("ix_actions_proposed_at_key")
        batch_op.drop_index("ix_actions_moved_at")
        batch_op.drop_index(batch_op.f("ix_actions_id"))
        batch_op.drop_index("ix_actions_customer_id_moved_at")
        batch_op.drop_index("ix_actions_agent_moved_at")

    op.drop_table("actions")
