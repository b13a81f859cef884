"""Pieces that become another variant of the same product, in an order that is still here or in an exchange."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shopfloor.kernel.errors import InvalidInput, Refused
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.models import ItemChange, Order, OrderLine, Product, ReturnLine, Shipment, Variant

Products = Mapping[Sku, Product]
"""The products of variants that are wanted; what the shop does not have is not in it."""


def with_changes(order: Order, changes: Sequence[ItemChange], products: Products, *, at: datetime) -> Order:
    """Return the order with pieces replaced at their places, at today's prices, and marked as changed.

    A position of several pieces is split when some of them change. Reduction, shipping and tax stay as they were
    agreed; a reduction is cut to what the goods still cost.

    Raises:
        InvalidInput: no changes, or a quantity below one.
        Refused: `items.not_in_order`, `items.unknown_variant`, `items.other_product`, `items.same_variant`,
            `items.out_of_stock`.
    """
    if not changes or any(change.quantity < 1 for change in changes):
        raise InvalidInput("name at least one change, each of one or more pieces")
    wanted = Counter[Sku]()
    for change in changes:
        wanted[change.sku] += change.quantity
    bought = _bought(order)
    for sku, quantity in wanted.items():
        if quantity > bought[sku]:
            raise Refused("items.not_in_order", f"Order #{order.number} does not hold {quantity} of {sku}.")
    for change in changes:
        if change.sku == change.new_sku:
            raise Refused("items.same_variant", f"{change.sku} is what the order holds already.")
        check_wanted(_product_of(order, change.sku), change.new_sku, products)
    leaving = Counter[Sku]()  # what comes back does not make good for what is sold out
    for change in changes:
        leaving[change.new_sku] -= change.quantity
    check_available(leaving, products)
    lines, moved = _replaced(order.lines, changes, products)
    changed = replace(order, lines=lines, items_changed_at=at, shipments=_repacked(order, lines, moved))
    return replace(changed, discount=min(changed.discount, changed.subtotal))


def stock_changes(changes: Iterable[ItemChange]) -> Counter[Sku]:
    """Return by how many pieces each variant's stock grows: below zero where they leave it.

    A variant whose pieces the shop does not count is told too; who carries it out leaves it out.
    """
    grown = Counter[Sku]()
    for change in changes:
        grown[change.sku] += change.quantity
        grown[change.new_sku] -= change.quantity
    return grown


def check_wanted(product_id: ProductId, sku: Sku, products: Products) -> Variant:
    """Return the variant that is wanted in place of one of a product.

    Raises:
        Refused: `items.unknown_variant`, `items.other_product`.
    """
    product = products.get(sku)
    if product is None:
        raise Refused("items.unknown_variant", f"There is no {sku} in the shop.")
    if product.id != product_id:
        raise Refused("items.other_product", f"{sku} is another product; only a variant of the same one can be had.")
    return product.variant(sku)


def check_available(grown: Mapping[Sku, int], products: Products) -> None:
    """Check that what leaves the stock is there.

    Raises:
        Refused: `items.out_of_stock`.
    """
    for sku, pieces in grown.items():
        product = products.get(sku)
        if pieces < 0 and product and not product.variant(sku).has(-pieces):
            stock = product.variant(sku).stock
            left = f"Only {stock} of {sku} can be had right now." if stock > 0 else f"{sku} is sold out."
            raise Refused("items.out_of_stock", left)


def check_exchange(order: Order, lines: Sequence[ReturnLine], products: Products) -> None:
    """Check what is wanted in an exchange, whose goods the order holds.

    Raises:
        InvalidInput: a line that names nothing wanted.
        Refused: `items.unknown_variant`, `items.other_product`, `items.out_of_stock`.
    """
    leaving = Counter[Sku]()
    for line in lines:
        if line.exchange_sku is None:
            raise InvalidInput("an exchange names what is wanted for each line: give its exchange_sku")
        check_wanted(_product_of(order, line.sku), line.exchange_sku, products)
        leaving[line.exchange_sku] -= line.quantity
    check_available(leaving, products)


def exchange_difference(
    order: Order, coming: Mapping[Sku, int], lines: Sequence[ReturnLine], products: Products
) -> Money:
    """Return what an exchange costs the customer, below zero where they get money back: today's prices less those paid.

    `coming` are the pieces that already come back, by SKU; of pieces that were sold at several prices those go first.
    """
    wanted = [(line, line.exchange_sku) for line in lines]
    new = sum(products[sku].variant(sku).price.minor * line.quantity for line, sku in wanted if sku is not None)
    return Money(order.shipping.currency, new - prices_paid(order, Counter(coming), lines))


def prices_paid(order: Order, coming: Counter[Sku], lines: Iterable[ReturnLine]) -> int:
    """Return the prices that pieces of an order were sold at, in minor units; they are added to those that come back.

    `coming` are the pieces that already do, by SKU; of pieces that were sold at several prices those go first.
    """
    paid = 0
    for line in lines:
        sold = [each.unit_price.minor for each in order.lines if each.sku == line.sku for _ in range(each.quantity)]
        first = coming[line.sku]
        coming[line.sku] += line.quantity
        paid += sum(sold[first : coming[line.sku]])
    return paid


def share_of(order: Order, goods: int) -> int:
    """Return what was paid for goods of an order in minor units: their price with tax, less their part of a reduction.

    It is rounded down, so that parts never come to more than the whole.
    """
    whole = order.subtotal.minor
    return goods * (whole - order.discount.minor + order.tax.minor) // whole if whole else 0


def _bought(order: Order) -> Counter[Sku]:
    bought = Counter[Sku]()
    for line in order.lines:
        bought[line.sku] += line.quantity
    return bought


def _product_of(order: Order, sku: Sku) -> ProductId:
    return next(line.product_id for line in order.lines if line.sku == sku)


def _replaced(
    lines: Sequence[OrderLine], changes: Sequence[ItemChange], products: Products
) -> tuple[tuple[OrderLine, ...], tuple[tuple[Sku, Sku], ...]]:
    """Return the lines with the changes made, and which variant came in place of which."""
    left_of = [change.quantity for change in changes]
    made: list[OrderLine] = []
    moved: list[tuple[Sku, Sku]] = []
    for line in lines:
        left, new = line.quantity, Counter[Sku]()
        for place, change in enumerate(changes):
            count = min(left_of[place], left) if change.sku == line.sku else 0
            if count:
                new[change.new_sku] += count
                left -= count
                left_of[place] -= count
        if left:
            made.append(replace(line, quantity=left))
        for sku, count in new.items():
            made.append(_sold(line, products[sku].variant(sku), count))
            moved.append((line.sku, sku))
    return tuple(made), tuple(moved)


def _sold(line: OrderLine, variant: Variant, quantity: int) -> OrderLine:
    return replace(
        line,
        sku=variant.sku,
        colour=variant.colour,
        size=variant.size,
        options=variant.options,
        quantity=quantity,
        unit_price=variant.price,
    )


def _repacked(order: Order, lines: Sequence[OrderLine], moved: Sequence[tuple[Sku, Sku]]) -> tuple[Shipment, ...]:
    """Return the parcels, which have only a label yet, with what is in them now."""
    held = {line.sku for line in lines}
    packed: list[Shipment] = []
    for shipment in order.shipments:
        skus: list[Sku] = []
        for sku in shipment.skus:
            skus += [sku] if sku in held else []
            skus += [new for old, new in moved if old == sku]
        packed.append(replace(shipment, skus=tuple(dict.fromkeys(skus))))
    return tuple(packed)
