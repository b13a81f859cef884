"""Gift cards are called by an id, of their code only the ending is kept; refunds tell whether they only moved money."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision; a card that was called by its code before keeps it as its id."""
    with op.batch_alter_table("shop_gift_cards", schema=None) as batch_op:
        batch_op.alter_column("code", new_column_name="id")
        batch_op.add_column(sa.Column("ending", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE shop_gift_cards SET ending = substr(id, length(id) - 3)")
    with op.batch_alter_table("shop_gift_cards", schema=None) as batch_op:
        batch_op.alter_column("ending", server_default=None)
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_move", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE shop_refunds SET is_move = (reason = 'Paid another way')")
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.alter_column("is_move", server_default=None)
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actions_turn_id"), ["turn_id"], unique=False)


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_actions_turn_id"))
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.drop_column("is_move")
    with op.batch_alter_table("shop_gift_cards", schema=None) as batch_op:
        batch_op.drop_column("ending")
        batch_op.alter_column("id", new_column_name="code")
