"""Carts on the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shopfloor.database.engine import Database
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import CustomerId, Sku
from shopfloor.shop import rules, writes
from shopfloor.shop.models import Cart, CartLine
from shopfloor.shop.sql.catalogue import variant_in
from shopfloor.shop.sql.effects import Writer
from shopfloor.shop.sql.rows import CartLineRow, CartRow


class SqlCarts:
    """What visitors mean to buy."""

    def __init__(self, database: Database, writer: Writer) -> None:
        """Take the database and what writes to it."""
        self._database = database
        self._writer = writer

    async def get_cart(self, cart_id: str) -> Cart | None:
        """Return a cart, or None."""

        def read(session: Session) -> Cart | None:
            row = session.get(CartRow, cart_id)
            return row and cart_of(row)

        return await self._database.read(read)

    async def carts_of(self, customer_id: CustomerId) -> Sequence[Cart]:
        """Return a customer's carts, last touched first."""
        theirs = select(CartRow).where(CartRow.customer_id == customer_id)
        newest = theirs.order_by(CartRow.updated_at.desc(), CartRow.id.desc())
        return await self._database.read(lambda session: [cart_of(row) for row in session.scalars(newest)])

    async def open_cart(self, cart_id: str, customer_id: CustomerId | None, *, at: datetime, key: str) -> Cart:
        """Make an empty cart, or return the one that is there."""

        def open_cart(session: Session) -> Cart:
            row = session.get(CartRow, cart_id)
            if row is None:
                row = cart_row(Cart(id=cart_id, customer_id=customer_id, lines=(), updated_at=at))
                session.add(row)
            rules.check_same_cart(cart_of(row), customer_id)
            return cart_of(row)

        return await self._writer.once(writes.open_cart(cart_id, customer_id, key=key), open_cart)

    async def set_cart_line(self, cart_id: str, sku: Sku, quantity: int, *, at: datetime, key: str) -> Cart:
        """Put a quantity of a variant into a cart."""
        rules.check_quantity(quantity)

        def set_line(session: Session) -> Cart:
            row = _locked_cart(session, cart_id)
            cart = rules.with_line(cart_of(row), variant_in(session, sku), quantity, at=at)
            _write(row, cart)
            return cart

        return await self._writer.once(writes.set_cart_line(cart_id, sku, quantity, key=key), set_line)

    async def fill_cart(self, cart_id: str, lines: Sequence[CartLine], *, at: datetime, key: str) -> Cart:
        """Let a cart hold just these lines."""
        rules.check_lines(lines)

        def fill(session: Session) -> Cart:
            row = _locked_cart(session, cart_id)
            variants = {line.sku: variant_in(session, line.sku) for line in lines}
            cart = rules.filled(cart_of(row), lines, variants, at=at)
            _write(row, cart)
            return cart

        return await self._writer.once(writes.fill_cart(cart_id, lines, key=key), fill)


def _write(row: CartRow, cart: Cart) -> None:
    row.updated_at = cart.updated_at
    row.lines = _line_rows(cart, {line.sku: line for line in row.lines})


def _locked_cart(session: Session, cart_id: str) -> CartRow:
    row = session.scalar(select(CartRow).where(CartRow.id == cart_id).with_for_update())
    if row is None:
        raise NotFound(f"there is no cart {cart_id}")
    return row


def cart_of(row: CartRow) -> Cart:
    """Return the cart of a row."""
    return Cart(
        id=row.id,
        customer_id=row.customer_id,
        lines=tuple(CartLine(sku=line.sku, quantity=line.quantity) for line in row.lines),
        updated_at=row.updated_at,
    )


def cart_row(cart: Cart) -> CartRow:
    """Return the row of a cart, with those of its lines."""
    return CartRow(
        id=cart.id, customer_id=cart.customer_id, updated_at=cart.updated_at, lines=_line_rows(cart, known={})
    )


def _line_rows(cart: Cart, known: dict[Sku, CartLineRow]) -> list[CartLineRow]:
    rows: list[CartLineRow] = []
    for position, line in enumerate(cart.lines):
        row = known.get(line.sku) or CartLineRow(sku=line.sku)
        row.position = position
        row.quantity = line.quantity
        rows.append(row)
    return rows
