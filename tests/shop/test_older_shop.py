"""A shop whose database is from before payments and ways to pay were kept goes on after the upgrade."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio

from shopfloor.database import alembic_run
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.kernel.ids import OrderNumber
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.models import Order, Product
from shopfloor.shop.sql import load, sql_shop

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def as_it_was(order: Order) -> Order:
    """Return an order without what its row did not hold."""
    refunds = tuple(replace(refund, method_id="") for refund in order.refunds)
    return replace(order, payment_method_id="", payments=(), refunds=refunds)


def without_costs(product: Product) -> Product:
    """Return a product without what its variants cost the shop, which was not known then."""
    return replace(product, variants=tuple(replace(variant, cost=None) for variant in product.variants))


def older(path: Path, newer: Path) -> None:
    """Make a database of the revision before, with what a newer one holds as far as its tables have a place for it."""
    database = Database.sqlite(path)
    with database.engine.begin() as connection:
        alembic_run.upgrade(connection, "0009")
    database.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("ATTACH ? AS newer", [str(newer)])
        tables = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE name LIKE 'shop_%'")]
        for table in tables:
            columns = ", ".join(f'"{row[1]}"' for row in file.execute(f"PRAGMA main.table_info({table})"))
            if columns:  # an index has none
                now = columns.replace('"code"', '"id"') if table == "shop_gift_cards" else columns
                file.execute(f"INSERT INTO main.{table} ({columns}) SELECT {now} FROM newer.{table}")  # noqa: S608


def test_orders_variants_and_customers_of_an_older_shop_are_read_and_changed(tmp_path: Path) -> None:
    contents = demo_contents(NOW)
    newer = Database.sqlite(tmp_path / "newer.db")
    upgrade(newer)
    anyio.run(load, newer, contents)
    newer.close()
    older(tmp_path / "older.db", tmp_path / "newer.db")
    database = Database.sqlite(tmp_path / "older.db")
    upgrade(database)
    shop = sql_shop(database)
    paid = next(each for each in contents.orders if each.state == "processing" and each.payments)

    async def go_on() -> None:
        for each in contents.orders:
            assert await shop.orders.get_order(each.number) == as_it_was(each)
        for customer in contents.customers:
            assert await shop.customers.get_customer(customer.id) == replace(customer, payment_methods=())
            cards = await shop.customers.gift_cards_of(customer.id)
            assert {(card.id, card.ending) for card in cards} == {
                (card.id, card.id[-4:]) for card in contents.gift_cards if card.customer_id == customer.id
            }
        sold = sorted(map(without_costs, contents.products), key=lambda each: each.id)
        assert await shop.catalogue.list_products(limit=1_000) == sold
        cancelled = await shop.orders.cancel_order(OrderNumber(paid.number), reason="Late", at=NOW, key="k")
        assert [(refund.method, refund.amount) for refund in cancelled.refunds] == [(paid.payment_method, paid.total)]

    anyio.run(go_on)
    database.close()
