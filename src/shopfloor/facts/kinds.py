"""Kinds of facts: what each says, of what, who alone may say it, and for how long it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from shopfloor.kernel.errors import InvalidInput


class FactValue(BaseModel):
    """Base of what facts say; only these fields are in one."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class FactKind:
    """A sort of fact."""

    name: str
    """Lower case: `cover_days`."""
    says: str
    """In a sentence for agents and people: `How many days the stock lasts at the present demand.`"""
    about: str
    """What its subject is: `sku`, `product`, `topic`, `campaign` or `shop`."""
    value: type[FactValue]
    owner: str
    """Who alone says it: an agent's id, `shop`, `feed` or `staff`."""
    lasts: timedelta | None = None
    """For how long it holds unless it is said again; None for ever."""


class FactKinds:
    """All kinds of facts of an installation, each with one owner."""

    def __init__(self, kinds: Iterable[FactKind]) -> None:
        """Take the kinds.

        Raises:
            InvalidInput: two have one name, or a name is none.
        """
        self._kinds: dict[str, FactKind] = {}
        for kind in kinds:
            if not kind.name.isidentifier() or kind.name != kind.name.lower():
                raise InvalidInput(f"{kind.name!r} is no name of a kind of fact: write lower case, such as cover_days")
            if other := self._kinds.get(kind.name):
                raise InvalidInput(f"the fact {kind.name} has two owners, {other.owner} and {kind.owner}: keep one")
            self._kinds[kind.name] = kind

    def get(self, name: str) -> FactKind:
        """Return a kind by its name.

        Raises:
            InvalidInput: there is no such kind.
        """
        if kind := self._kinds.get(name):
            return kind
        raise InvalidInput(f"there is no fact {name!r}: the kinds are {', '.join(sorted(self._kinds)) or 'none yet'}")

    def all(self) -> Mapping[str, FactKind]:
        """Return all kinds by their names."""
        return dict(self._kinds)
