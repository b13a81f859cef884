"""Kinds of writes; each stands beside the tool that proposes it and is handed to the gate at start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from shopfloor.identity.identity import Assurance
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Capability

Confirmation = Literal["none", "yes"]
"""Whether the customer must say yes, in a later message, to exactly these arguments."""


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
    """What it touches: `order:123`."""
    preview: Callable[[A], Awaitable[Preview]]
    """Reads the world; raises `Refused` where its state or schema rules forbid the action."""
    execute: Callable[[str, A], Awaitable[JsonValue]]
    """Carries it out under an idempotency key and returns the result."""
    confirmation: Confirmation
    assurance: Assurance
    """How sure of the customer one must be."""
    injects: frozenset[Injected] = frozenset()
    """The arguments that code fills in from the conversation; nobody who proposes the action can name them."""
    inverse: str | None = None
    """The kind that undoes it."""
    irreversible: bool = False

    def __post_init__(self) -> None:
        """Hold every kind to saying whether it can be undone."""
        if (self.inverse is None) != self.irreversible:
            raise ValueError(f"{self.name}: name an inverse, or say irreversible")
