"""Twelve carts: some still being filled, some left behind days ago."""

from datetime import timedelta

from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.people import Person
from shopfloor.shop.demo.taste import choose
from shopfloor.shop.models import Cart, CartLine, Product

HOURS_AGO = (0.2, 0.7, 1.5, 3, 5, 9, 20, 27, 50, 75, 130, 240)


def demo_carts(people: tuple[Person, ...], products: tuple[Product, ...], days: Days) -> tuple[Cart, ...]:
    """Return the carts, last touched first; every third is an unknown visitor's, the first is Maya's."""
    return tuple(_cart(number, people, products, days) for number in range(len(HOURS_AGO)))


def _cart(number: int, people: tuple[Person, ...], products: tuple[Product, ...], days: Days) -> Cart:
    throw = chance("cart", number)
    person = people[number * 3]
    chosen = [choose(throw, person, products, in_stock=True)[1] for _ in range(throw.choice((1, 1, 2, 3)))]
    quantities = {variant.sku: 1 for variant in chosen}
    return Cart(
        id=f"cart-{number + 1:02}",
        customer_id=None if number % 3 == 2 else person.customer_id,
        lines=tuple(CartLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()),
        updated_at=days.now - timedelta(hours=HOURS_AGO[number]),
    )
