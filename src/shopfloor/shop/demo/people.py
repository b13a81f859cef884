"""Who buys at the demo shop, read from `people.csv`: the first forty have an account, the others buy as guests."""

import csv
import unicodedata
from dataclasses import dataclass
from importlib import resources

from pydantic import TypeAdapter

from shopfloor.kernel.ids import CustomerId
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.models import Address, Customer, Gender

ACCOUNTS = 40


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
        marketing_consent=throw.random() < 0.6,
        created_at=days.on(-throw.uniform(100, 1200)),
    )
