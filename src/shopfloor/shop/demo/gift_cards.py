"""Fifteen gift cards: full, begun and used up; most with an owner; some expired."""

from shopfloor.kernel.ids import ALPHABET
from shopfloor.kernel.money import Money
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.people import Person
from shopfloor.shop.demo.products import CURRENCY
from shopfloor.shop.models import GiftCard

COUNT = 15
AMOUNTS = (2_500, 5_000, 7_500, 10_000, 15_000, 25_000)
LEFT = (100, 100, 60, 35, 0)
"""What is left of the amount, in percent."""
VALID_DAYS = 5 * 365


def demo_gift_cards(people: tuple[Person, ...], days: Days) -> tuple[GiftCard, ...]:
    """Return the gift cards; the first is Maya's, half of it left."""
    return tuple(_card(number, people, days) for number in range(COUNT))


def _card(number: int, people: tuple[Person, ...], days: Days) -> GiftCard:
    throw = chance("gift card", number)
    initial = throw.choice(AMOUNTS)
    left = 50 if number == 0 else LEFT[number % len(LEFT)]
    bought = VALID_DAYS + 20 + number if number % 7 == 6 else throw.randint(5, 900)
    owner = None if number % 4 == 3 else people[number * 3].customer_id
    ending = "".join(throw.choices(ALPHABET.upper(), k=8))[-4:]
    return GiftCard(
        id=f"G{1001 + number}",
        ending=ending,
        customer_id=owner,
        initial=Money(CURRENCY, initial),
        balance=Money(CURRENCY, initial * left // 100),
        expires_on=days.date(bought - VALID_DAYS),
    )
