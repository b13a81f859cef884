"""What a row of a feed says of a product and of its variants. What it does not say stays as it is in the shop."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import DECIMALS, Money, in_units
from shopfloor.shop.models import Gender, Product, Variant

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
"""The currencies that one can pay with, by ISO 4217."""
PAIRS = frozenset({"attributes", "options"})
"""The fields that hold names with values."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What no text needs, and a terminal or a database may stumble over."""
MOST_MINOR = 10**15
PLEASE = "write it like 15.00 USD"


def read_money(text: object) -> Money:
    """Read an amount with its currency, `15.00 USD` or `USD 15.00`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(text, Money):
        return text
    parts = text.split() if isinstance(text, str) else []
    number, currency = (parts[::-1] if parts and parts[0].isalpha() else parts) if len(parts) == 2 else ("", "")
    if not number:
        raise ValueError(f"{text!r} is no amount with a currency: {PLEASE}")
    currency = currency.upper()
    if currency not in CURRENCIES:
        raise ValueError(f"{currency!r} is no currency that is known: {PLEASE}")
    try:
        minor = Decimal(number).scaleb(DECIMALS.get(currency, 2))
    except InvalidOperation:
        raise ValueError(f"{number!r} is no amount: {PLEASE}") from None
    if not (minor.is_finite() and 0 <= minor <= MOST_MINOR and minor == int(minor)):
        raise ValueError(f"{number} {currency} cannot be paid: {PLEASE}")
    return Money(currency, int(minor))


def write_money(money: Money) -> str:
    """Write an amount as `read_money` reads it."""
    return f"{in_units(money)} {money.currency}"


def _legible(text: object) -> object:
    return CONTROL.sub("", text) if isinstance(text, str) else text


Legible = Annotated[str, BeforeValidator(_legible)]
Name = Annotated[Legible, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[Legible, StringConstraints(strip_whitespace=True, max_length=100_000)]
Amount = Annotated[Money, BeforeValidator(read_money), PlainSerializer(write_money)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def told(self) -> dict[str, Any]:
        """Return what it says, by name; pairs as `Options`."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return said | {name: tuple(said[name].items()) for name in PAIRS & said.keys()}


class VariantPart(_Part):
    """What a row says of a variant, by the names of `Variant`."""

    sku: Name
    colour: Text | None = None
    size: Text | None = None
    options: dict[Name, Text] = Field(default_factory=dict)
    price: Amount | None = None
    compare_at: Amount | None = None
    cost: Amount | None = None
    stock: Annotated[int, Field(ge=0, le=2_000_000_000)] = 0
    tracks_stock: bool = True


class ProductPart(_Part):
    """What a row says of a product, by the names of `Product`."""

    id: Name
    title: Annotated[Text, StringConstraints(min_length=1)] | None = None
    brand: Text = ""
    category: tuple[Name, ...] = ()
    gender: Gender | None = None
    description: Text = ""
    best_for: Text = ""
    material: Text = ""
    care: Text = ""
    tags: tuple[Name, ...] = ()
    attributes: dict[Name, Text] = Field(default_factory=dict)
    rating: Annotated[float, Field(ge=1, le=5)] | None = None
    review_count: Annotated[int, Field(ge=0)] = 0


class Row(NamedTuple):
    """A row that can be read: a product with some of its variants."""

    line: int
    product: ProductPart
    variants: Sequence[VariantPart]


class Problem(NamedTuple):
    """A row, or a part of one, that is not taken."""

    line: int
    """Counted from 1."""
    id: str
    """Of the variant or the product; empty where it cannot be told."""
    why: str
    names: Sequence[tuple[str, str]] = ()
    """The products and variants that it is about; none where that cannot be told."""


def built(parts: Sequence[tuple[ProductPart, VariantPart]], earlier: Product | None) -> Product:
    """Return the product that rows tell of: what none of them says stays as it was, or is empty.

    What several rows say otherwise of the product, the first one decides.

    Raises:
        InvalidInput: it has no title, or a variant no price, or one in which its cost is not.
    """
    told: dict[str, Any] = {}
    for part, _ in reversed(parts):
        told |= {name: value for name, value in part.told().items() if value not in ("", None, ()) or name not in told}
    if told.get("title") is None:
        if earlier is None:
            raise InvalidInput("it has no title")
        told["title"] = earlier.title
    known = {variant.sku: variant for variant in earlier.variants} if earlier else {}
    variants = tuple(_variant(part, known.get(Sku(part.sku))) for _, part in parts)
    blank = Product(id=ProductId(""), title="", brand="", category=(), description="", best_for="", variants=())
    return replace(earlier or blank, **told, variants=variants)


def _variant(part: VariantPart, earlier: Variant | None) -> Variant:
    price = part.price or (earlier and earlier.price)
    if price is None:
        raise InvalidInput(f"{part.sku} has no price: {PLEASE}")
    if not ("stock" in part.model_fields_set or earlier):
        raise InvalidInput(f"{part.sku} says neither how many there are nor whether there are any")
    blank = Variant(sku=Sku(part.sku), price=price, stock=0)
    made = replace(earlier or blank, **(part.told() | {"price": price}))
    if any(other and other.currency != made.price.currency for other in (made.compare_at, made.cost)):
        raise InvalidInput(f"{part.sku} has amounts of more than one currency")
    return made
