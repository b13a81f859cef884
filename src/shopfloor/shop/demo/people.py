"""Who buys at the demo shop, read from `people.csv`: the first forty have an account, the others buy as guests."""

import csv
import unicodedata
from dataclasses import dataclass
from importlib import resources

from pydantic import TypeAdapter

from shopfloor.kernel.ids import CustomerId
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.models import Address, Customer, Gender, MethodKind, PaymentMethod

ACCOUNTS = 40
PAYPAL = "PayPal"
KINDS: dict[str, MethodKind] = {PAYPAL: "paypal", "Apple Pay": "other", "Google Pay": "other"}
"""What ways to pay are, by how they are shown; all others are cards."""
CARDS = ("Visa", "Mastercard")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who buys, and what the shop cannot see of them: how they dress and how they pay."""

    name: str
    customer_id: CustomerId | None
    """None for a guest."""
    email: str
    phone: str
    address: Address
    gender: Gender
    fit: float
    """Where their size lies in a row of sizes, from 0 for the smallest to 1."""
    has_children: bool
    payment_method: str
    """The way they usually pay, as the shop shows it."""

    def method_id(self, label: str) -> str:
        """Return the id of a way to pay that they have stored; empty for a guest, who has none."""
        return next((method.id for method in self.payment_methods if method.label == label), "")

    @property
    def payment_methods(self) -> tuple[PaymentMethod, ...]:
        """Return what a customer has stored: how they usually pay, and PayPal, or a card where it is that."""
        if self.customer_id is None:
            return ()
        throw = chance("second way to pay", self.customer_id)
        card = f"{throw.choice(CARDS)} ending in {throw.randint(1_000, 9_999)}"
        labels = (self.payment_method, card if self.payment_method == PAYPAL else PAYPAL)
        return tuple(
            PaymentMethod(id=f"pm-{self.customer_id[2:]}-{place}", kind=KINDS.get(label, "card"), label=label)
            for place, label in enumerate(labels, start=1)
        )

    @property
    def is_american(self) -> bool:
        """Say whether their parcels stay in the United States."""
        return self.address.country == "US"


def demo_people() -> tuple[Person, ...]:
    """Return all people, those with an account first."""
    file = resources.files("shopfloor.shop.demo").joinpath("people.csv")
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(_person(row, number) for number, row in enumerate(rows, start=1))


def demo_customers(people: tuple[Person, ...], days: Days) -> tuple[Customer, ...]:
    """Return the accounts."""
    return tuple(_customer(person, person.customer_id, days) for person in people if person.customer_id is not None)


def _person(row: dict[str, str], number: int) -> Person:
    throw = chance("person", row["name"])
    return Person(
        name=row["name"],
        customer_id=CustomerId(f"c-{number:03}") if number <= ACCOUNTS else None,
        email=_email(row["name"], row["domain"]),
        phone=row["phone"],
        address=Address(
            name=row["name"],
            line1=row["line1"],
            line2=row["line2"],
            city=row["city"],
            region=row["region"],
            postal_code=row["postal_code"],
            country=row["country"],
        ),
        gender=TypeAdapter[Gender](Gender).validate_python(row["gender"]),
        fit=throw.uniform(0.2, 0.8),
        has_children=throw.random() < 0.3,
        payment_method=row["payment"],
    )


def _email(name: str, domain: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return f"{plain.replace(' ', '.')}@{domain}"


def _customer(person: Person, customer_id: CustomerId, days: Days) -> Customer:
    throw = chance("account", customer_id)
    return Customer(
        id=customer_id,
        email=person.email,
        name=person.name,
        phone=person.phone,
        address=person.address,
        payment_methods=person.payment_methods,
        marketing_consent=throw.random() < 0.6,
        created_at=days.on(-throw.uniform(100, 1200)),
    )
