"""Which products changed, noted by the database itself: in bulk, or by another program's SQL, just as by ours."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WATCHED = {
    "shop_products": (
        "id",
        "id title brand category gender description best_for material care tags attributes rating review_count",
    ),
    "shop_variants": (
        "product_id",
        "sku product_id position colour size price compare_at cost currency stock options tracks_stock",
    ),
}
"""The tables, which column of each names the product, and all columns."""

SQLITE_NOTE = """
INSERT INTO shop_changes (product_id, number)
SELECT {row}.{key}, (SELECT coalesce(max(number), 0) + 1 FROM shop_changes) WHERE {condition}
ON CONFLICT (product_id) DO UPDATE SET number = excluded.number;
"""
POSTGRESQL_NOTE = """
CREATE FUNCTION note_{table}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    INSERT INTO shop_changes (product_id, number)
    SELECT DISTINCT one, pg_current_xact_id()::text::bigint
    FROM unnest(ARRAY[OLD.{key}, NEW.{key}]) AS one
    WHERE one IS NOT NULL
    ORDER BY one
    ON CONFLICT (product_id) DO UPDATE SET number = EXCLUDED.number WHERE shop_changes.number <> EXCLUDED.number;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "shop_changes",
        sa.Column("product_id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_shop_changes")),
    )
    with op.batch_alter_table("shop_changes", schema=None) as batch_op:
        batch_op.create_index("ix_shop_changes_number_product_id", ["number", "product_id"], unique=False)

    installation = sa.table("installation", sa.column("name"), sa.column("value"))
    op.execute(installation.delete().where(installation.c.name == "history"))
    op.execute(installation.insert().values(name="history", value=secrets.token_hex(8)))
    for table, (key, columns) in WATCHED.items():
        if op.get_context().dialect.name == "sqlite":
            _watch_on_sqlite(table, key, columns.split())
        else:
            op.execute(POSTGRESQL_NOTE.format(table=table, key=key))
            op.execute(
                f"CREATE TRIGGER note_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION note_{table}()"
            )


def downgrade() -> None:
    """Go back to the revision before."""
    for table in WATCHED:
        if op.get_context().dialect.name == "sqlite":
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER note_{event}_{table}")
        else:
            op.execute(f"DROP TRIGGER note_{table} ON {table}")
            op.execute(f"DROP FUNCTION note_{table}()")
    op.execute("DELETE FROM installation WHERE name = 'history'")
    with op.batch_alter_table("shop_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_changes_number_product_id")

    op.drop_table("shop_changes")


def _watch_on_sqlite(table: str, key: str, columns: list[str]) -> None:
    before = SQLITE_NOTE.format(row="OLD", key=key, condition="true")
    after = SQLITE_NOTE.format(row="NEW", key=key, condition="true")
    moved = SQLITE_NOTE.format(row="OLD", key=key, condition=f"OLD.{key} <> NEW.{key}")
    is_other = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    for event, when, noted in (
        ("INSERT", "", after),
        ("UPDATE", f"WHEN {is_other}", moved + after),
        ("DELETE", "", before),
    ):
        op.execute(f"CREATE TRIGGER note_{event.lower()}_{table} AFTER {event} ON {table} {when} BEGIN {noted} END")
