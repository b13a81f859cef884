"""The files of the retail domain: what each holds, read once and told of by field where something is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from shopfloor.kernel.errors import InvalidFields, InvalidInput
from shopfloor.kernel.fields import fields_of

T = TypeVar("T")

STATUS = Literal["pending", "processed", "delivered", "cancelled"]
WRITES = frozenset(
    {
        "cancel_pending_order",
        "modify_pending_order_address",
        "modify_pending_order_payment",
        "modify_pending_order_items",
        "modify_user_address",
        "return_delivered_order_items",
        "exchange_delivered_order_items",
    }
)
"""The tools of the domain that change something."""
DONE = "ok"
"""How `expected_diffs` says of a write that it was carried out; anything else is why it was refused."""


def cents(amount: float | Decimal) -> int:
    """Return an amount in cents; what a calculation with floats left behind them is rounded away."""
    return int((Decimal(str(amount)) * 100).to_integral_value())


def _minor(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return cents(value) if isfinite(value) else value


Cents = Annotated[int, BeforeValidator(_minor)]
"""Stands as dollars in the files."""


class Part(BaseModel):
    """Base of what the files are made of; what the domain adds beside is left aside."""

    model_config = ConfigDict(frozen=True, strict=True)


class Place(Part):
    """An address."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


class Item(Part):
    """A variant of a product."""

    item_id: str
    options: dict[str, str]
    available: bool
    price: Cents


class ProductType(Part):
    """A product."""

    name: str
    product_id: str
    variants: dict[str, Item]


class PersonName(Part):
    """How somebody is called."""

    first_name: str
    last_name: str


class Method(Part):
    """A way to pay."""

    id: str
    source: Literal["credit_card", "paypal", "gift_card"]
    brand: str = ""
    last_four: str = ""
    balance: Cents = 0


class User(Part):
    """A customer."""

    user_id: str
    name: PersonName
    address: Place
    email: str
    payment_methods: dict[str, Method]
    orders: tuple[str, ...]

    def is_found_by(self, call: "Call") -> bool:
        """Whether a call looks for this customer: by their e-mail address, or by their name and postal code."""
        if "email" in call.arguments:
            return call.text("email").casefold() == self.email.casefold()
        said = [call.text(name).casefold() for name in ("first_name", "last_name", "zip")]
        return said == [self.name.first_name.casefold(), self.name.last_name.casefold(), self.address.zip.casefold()]


class OrderedItem(Part):
    """One piece of an order."""

    name: str
    product_id: str
    item_id: str
    price: Cents
    options: dict[str, str]


class Fulfilment(Part):
    """What was sent together."""

    tracking_id: tuple[str, ...]
    item_ids: tuple[str, ...]


class Transaction(Part):
    """Money that was taken or given back."""

    transaction_type: Literal["payment", "refund"]
    amount: Cents
    payment_method_id: str


class PlacedOrder(Part):
    """An order."""

    order_id: str
    user_id: str
    address: Place
    items: tuple[OrderedItem, ...]
    status: STATUS
    fulfillments: tuple[Fulfilment, ...]
    payment_history: Annotated[tuple[Transaction, ...], Field(min_length=1)]
    cancel_reason: str | None = None


class Domain(Part):
    """The database."""

    products: dict[str, ProductType]
    users: dict[str, User]
    orders: dict[str, PlacedOrder]


class Call(Part):
    """One call of a tool of the domain."""

    name: str
    arguments: dict[str, JsonValue]

    def text(self, argument: str) -> str:
        """Return an argument that is a text; empty where it is none."""
        value = self.arguments.get(argument)
        return value if isinstance(value, str) else ""

    def texts(self, argument: str) -> Sequence[str]:
        """Return the texts of an argument that is a list of them; none where it is none."""
        value = self.arguments.get(argument)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def values(self, argument: str) -> Sequence[JsonValue]:
        """Return what an argument that is a list holds, whatever that is; nothing where it is none."""
        value = self.arguments.get(argument)
        return value if isinstance(value, list) else []

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.name in WRITES

    @property
    def about(self) -> str:
        """Return the call with what it is about, for people: `cancel_pending_order #W1`."""
        return " ".join(part for part in (self.name, self.text("order_id") or self.text("user_id")) if part)


class Criteria(Part):
    """What a task is judged by."""

    actions: tuple[Call, ...] | None = None


class Task(Part):
    """A task with the calls that solve it."""

    id: str
    evaluation_criteria: Criteria

    @property
    def calls(self) -> Sequence[Call]:
        """Return the calls in their order."""
        return self.evaluation_criteria.actions or ()


class Changed(Part):
    """The objects that a task changes, by id and as they are afterwards."""

    products: dict[str, dict[str, JsonValue]] = {}
    users: dict[str, dict[str, JsonValue]] = {}
    orders: dict[str, dict[str, JsonValue]] = {}

    def objects(self) -> Iterator[tuple[str, str, Mapping[str, JsonValue]]]:
        """Return each object with its sort and its id."""
        for sort, those in (("products", self.products), ("users", self.users), ("orders", self.orders)):
            for id_, one in those.items():
                yield sort, id_, one


class Diff(Part):
    """What became of a task's writes upstream."""

    write_results: tuple[tuple[str, str], ...]
    """Each write's name with `ok` or why it was refused."""
    changed: Changed


class Negative(Part):
    """Calls of which the last must be refused."""

    id: str
    rule: str
    """The rule that forbids it, as the domain's data calls it."""
    calls: Annotated[tuple[Call, ...], Field(min_length=1)]
    acting_user: str | None
    """Who is authenticated; None for nobody."""
    confirmed: bool = True
    """Whether the customer said yes to the last call, too."""


class Reader(Generic[T]):
    """Reads files of one sort."""

    def __init__(self, kind: Any) -> None:
        """Take the type of what a file holds."""
        self._adapter = TypeAdapter[T](kind)

    def read(self, text: str, where: str) -> T:
        """Read a file's text; `where` is its name.

        Raises:
            InvalidInput: it is no JSON.
            InvalidFields: naming each field that does not fit.
        """
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            if first["type"] == "json_invalid":
                raise InvalidInput(f"{where} is no JSON: {first['msg'].removeprefix('Invalid JSON: ')}") from error
            raise InvalidFields(where, fields_of(error)) from error


read_domain = Reader[Domain](Domain).read
"""Reads a `db.json`."""
read_tasks = Reader[tuple[Task, ...]](tuple[Task, ...]).read
"""Reads a `tasks.json`."""
read_diffs = Reader[dict[str, Diff]](dict[str, Diff]).read
"""Reads an `expected_diffs.json`: by the task's id."""
read_negatives = Reader[tuple[Negative, ...]](tuple[Negative, ...]).read
"""Reads a `negative_cases.json`."""
