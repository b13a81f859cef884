"""What else the shop tells of a product, by name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("shop_products", schema=None) as batch_op:
        written = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
        batch_op.add_column(sa.Column("attributes", written, nullable=True))


def downgrade() -> None:
    """Go back to the revision before."""
    with op.batch_alter_table("shop_products", schema=None) as batch_op:
        batch_op.drop_column("attributes")
