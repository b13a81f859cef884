"""Kinds of writes; each stands beside the tool that proposes it and is handed to the gate at start."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from shopfloor.durable.contract import Pace
from shopfloor.identity.identity import Assurance
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Capability

Confirmation = Literal["none", "yes"]
"""Whether the customer must say yes, in a later message, to exactly these arguments."""
Direction = Literal["set", "up", "down"]

Injected = Literal["conversation_id", "customer_id"]


class ActionArgs(BaseModel):
    """Base of a kind's arguments; identity is never among them."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


A = TypeVar("A", bound=ActionArgs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What an action would do, read from the world just before."""

    summary: str
    """As the customer reads it; for what is hard to reverse with ids, amount and date."""
    amount: Money | None = None
    """The money that it moves; None where it moves none."""
    facts: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What was read of the world, for the conditions of policies: `{"order_state": "pending"}`."""
    assurance: Assurance | None = None
    """How sure of the customer one must be, where it would do what takes more than the kind asks for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an action does to one attribute of a resource, so that two that pull at it can be told."""

    resource: str
    """Such as `order:123`."""
    attribute: str
    """Such as `address`; `*` for all of it."""
    direction: Direction = "set"


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What is known of an action that was carried out."""

    before: JsonValue
    """The kind's snapshot just before; None where it takes none."""
    result: JsonValue
    """What its execution returned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inverse(Generic[A]):
    """How an action is undone: by another action, which passes the gate too."""

    kind: str
    """The kind of the action that undoes it."""
    args: Callable[[A, Done], dict[str, JsonValue]]
    """Makes that action's arguments; raises `Refused` where this one changed nothing that could be undone."""
    within: timedelta | None = None
    """For how long after the execution; None for as long as the world allows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionKind(Generic[A]):
    """One kind of write."""

    name: str
    description: str
    """What proposing it is for, as a model reads it."""
    needs: Capability | None
    """What a shop must offer; without it the kind is not registered. None where it is no matter of the shop system."""
    args: type[A]
    resources: Callable[[A], tuple[str, ...]]
    """What it touches: `order:123`. One whose id is `new`, as in `ticket:new`, is made by it and disputed by nobody."""
    preview: Callable[[A], Awaitable[Preview]]
    """Reads the world; raises `Refused` where its state or schema rules forbid the action."""
    execute: Callable[[str, A], Awaitable[JsonValue]]
    """Carries it out under an idempotency key and returns the result."""
    look_up: Callable[[str], Awaitable[JsonValue]]
    """Returns what is kept as the result of a key, or None where it was never carried out.

    A kind that cannot be looked up cannot be made: an outcome that nobody knows would stay unknown for ever. What of a
    result only the arguments tell may be missing."""
    confirmation: Confirmation
    assurance: Assurance
    """How sure of the customer one must be."""
    injects: frozenset[Injected] = frozenset()
    """The arguments that code fills in from the conversation; nobody who proposes the action can name them."""
    attributes: tuple[tuple[str, Direction], ...] = (("*", "set"),)
    """What it changes of each of its resources, for the check of conflicts."""
    snapshot: Callable[[A], Awaitable[JsonValue]] | None = None
    """Reads what the action changes, nothing else. It is kept before and after; an undo needs the world as it was left.

    None where the undoing action's own rules tell whether it still can be undone."""
    inverse: Inverse[A] | None = None
    irreversible: bool = False
    facts: frozenset[str] | None = None
    """The names of its preview's facts, so that no policy is misspelt; None where nobody said which there are."""
    opposite: str | None = None
    """The kind that a customer asks for to take it back, where that is another than the inverse; None where not."""
    pace: Pace | None = None
    """How often it may be carried out over all processes, where the shop system takes no more; None for no limit."""
    is_offered: bool = True
    """Whether agents may propose it; else only people do, and undoing."""

    def __post_init__(self) -> None:
        """Hold every kind to saying whether it can be undone."""
        if (self.inverse is None) != self.irreversible:
            raise ValueError(f"{self.name}: name an inverse, or say irreversible")

    def changes(self, args: A) -> tuple[Change, ...]:
        """Return what an action of this kind does to which resource."""
        return tuple(
            Change(resource=resource, attribute=attribute, direction=direction)
            for resource in self.resources(args)
            for attribute, direction in self.attributes
        )
