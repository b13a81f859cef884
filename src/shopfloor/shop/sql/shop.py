"""The embedded shop: its parts together, and how it is filled."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.sql.carts import SqlCarts, cart_row
from shopfloor.shop.sql.catalogue import SqlCatalogue, product_row, promotion_row
from shopfloor.shop.sql.customers import SqlCustomers, customer_row, gift_card_row
from shopfloor.shop.sql.effects import SqlEffectBook, Writer
from shopfloor.shop.sql.leads import SqlLeads
from shopfloor.shop.sql.order_rows import order_row
from shopfloor.shop.sql.orders import SqlOrders
from shopfloor.shop.sql.records import SqlRecords
from shopfloor.shop.sql.returns import SqlReturns, return_row
from shopfloor.shop.sql.rows import ProductRow
from shopfloor.shop.sql.tickets import SqlTickets


def sql_shop(database: Database, clock: Clock | None = None) -> Shop:
    """Return the shop that a database holds; the clock only dates the record of its writes."""
    writer = Writer(database, clock or SystemClock())
    return Shop(
        catalogue=SqlCatalogue(database, writer),
        orders=SqlOrders(database, writer),
        returns=SqlReturns(database, writer),
        carts=SqlCarts(database, writer),
        customers=SqlCustomers(database, writer),
        tickets=SqlTickets(database, writer),
        leads=SqlLeads(database, writer),
        effects=SqlEffectBook(database),
        records=SqlRecords(database),
        capabilities=frozenset(Capability),
    )


async def load(database: Database, contents: ShopContents) -> None:
    """Fill an empty shop: all of the contents are stored, or nothing; one that another process has filled stays so."""
    await database.write(lambda session: _add(session, contents))


def _add(session: Session, contents: ShopContents) -> None:
    if session.scalar(select(ProductRow.id).limit(1)) is not None:
        return
    session.add_all(map(product_row, contents.products))
    session.add_all(map(promotion_row, contents.promotions))
    session.add_all(map(customer_row, contents.customers))
    session.add_all(map(gift_card_row, contents.gift_cards))
    session.add_all(map(order_row, contents.orders))
    session.flush()  # a return names its order by id only
    session.add_all(map(return_row, contents.returns))
    session.add_all(map(cart_row, contents.carts))
