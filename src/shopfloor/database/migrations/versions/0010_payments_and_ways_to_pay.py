"""Payments and ways to pay."""

# SQLAlchemy leaves some column types open.
# pyright: reportUnknownArgumentType=false

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "profile_effects",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_profile_effects")),
    )
    with op.batch_alter_table("profile_effects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_profile_effects_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "shop_payments",
        sa.Column("id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("order_number", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method_id", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"], ["shop_orders.number"], name=op.f("fk_shop_payments_order_number_shop_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_payments")),
    )
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_payments_order_number"), ["order_number"], unique=False)

    with op.batch_alter_table("shop_customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "payment_methods",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="[]",
                nullable=False,
            )
        )

    with op.batch_alter_table("shop_order_lines", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="[]", nullable=False
            )
        )

    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payment_method_id", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("items_changed_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("method_id", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payment_method_id", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("difference", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("currency", sa.String(), nullable=True))

    with op.batch_alter_table("shop_variants", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default="[]", nullable=False
            )
        )
        batch_op.add_column(sa.Column("tracks_stock", sa.Boolean(), server_default=sa.true(), nullable=False))

    # Only the rows that are there already need them.
    with op.batch_alter_table("shop_customers", schema=None) as batch_op:
        batch_op.alter_column("payment_methods", existing_type=sa.JSON(), server_default=None)
    with op.batch_alter_table("shop_order_lines", schema=None) as batch_op:
        batch_op.alter_column("options", existing_type=sa.JSON(), server_default=None)
    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.alter_column("payment_method_id", existing_type=sa.String(), server_default=None)
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.alter_column("method_id", existing_type=sa.String(), server_default=None)
    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.alter_column("payment_method_id", existing_type=sa.String(), server_default=None)
    with op.batch_alter_table("shop_variants", schema=None) as batch_op:
        batch_op.alter_column("options", existing_type=sa.JSON(), server_default=None)
        batch_op.alter_column("tracks_stock", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Go back to the one before."""
    with op.batch_alter_table("shop_variants", schema=None) as batch_op:
        batch_op.drop_column("tracks_stock")
        batch_op.drop_column("options")

    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.drop_column("currency")
        batch_op.drop_column("difference")
        batch_op.drop_column("payment_method_id")

    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.drop_column("method_id")

    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.drop_column("items_changed_at")
        batch_op.drop_column("payment_method_id")

    with op.batch_alter_table("shop_order_lines", schema=None) as batch_op:
        batch_op.drop_column("options")

    with op.batch_alter_table("shop_customers", schema=None) as batch_op:
        batch_op.drop_column("payment_methods")

    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_payments_order_number"))

    op.drop_table("shop_payments")
    with op.batch_alter_table("profile_effects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_profile_effects_customer_id"))

    op.drop_table("profile_effects")
