"""Which agents there are: cards with their versions, switched on or off. And cards as files."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Protocol, TypeVar, cast

from pydantic import JsonValue, ValidationError

from shopfloor.agents.card import AgentCard
from shopfloor.agents.languages import OTHERS
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import Conflict, InvalidFields, NotFound
from shopfloor.kernel.fields import fields_of, shown
from shopfloor.kernel.ids import AgentId
from shopfloor.kernel.yaml_files import read_shipped, read_yaml, write_yaml

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class CardVersion:
    """A card as it was from one change to the next."""

    version: int
    """Counted per agent from 1."""
    card: AgentCard
    is_shipped: bool
    """Whether the product brought it."""
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentEntry:
    """An agent of the installation."""

    card: AgentCard
    version: int
    is_enabled: bool
    is_shipped: bool
    """Whether it is as the product brought it; such a card is renewed when the product is."""
    changed_at: datetime


class Registry(Protocol):
    """The agents of an installation; all changes are in force from the next turn on, in every process.

    An agent is switched off, never removed: the conversations that name it, and its versions, stay readable.
    """

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards in force, in the order of their ids."""
        ...

    async def entries(self) -> Sequence[AgentEntry]:
        """Return all agents, those that are switched off among them, in the order of their ids."""
        ...

    async def get(self, agent: AgentId) -> AgentEntry:
        """Return an agent.

        Raises:
            NotFound: no such agent.
        """
        ...

    async def add(self, card: AgentCard) -> AgentEntry:
        """Add an agent.

        Raises:
            Conflict: another agent has its id or its name.
        """
        ...

    async def replace(self, card: AgentCard) -> AgentEntry:
        """Give an agent another card, as a new version; the same card again changes nothing.

        Raises:
            NotFound: no agent of its id.
            Conflict: another agent has its name.
        """
        ...

    async def put(self, card: AgentCard) -> None:
        """Add an agent, or replace the card of the one of its id.

        Raises:
            Conflict: another agent has its name.
        """
        ...

    async def ship(self, cards: Iterable[AgentCard]) -> None:
        """Bring the product's own cards: new ones are added, unchanged older ones renewed; a merchant's stay.

        What is switched off stays so. A new one whose name a merchant's agent has is left out.
        """
        ...

    async def disable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent off; its id and its name stay taken.

        Raises:
            NotFound: no such agent.
        """
        ...

    async def enable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent on again.

        Raises:
            NotFound: no such agent.
        """
        ...

    async def versions(self, agent: AgentId) -> Sequence[CardVersion]:
        """Return an agent's cards, the newest first.

        Raises:
            NotFound: no such agent.
        """
        ...


class MemoryRegistry:
    """Cards kept for the life of the process."""

    def __init__(self, cards: Iterable[AgentCard] = (), clock: Clock | None = None) -> None:
        """Take the product's cards, and the clock that changes are dated by."""
        self._clock = clock or SystemClock()
        self._versions: dict[AgentId, list[CardVersion]] = {}
        self._entries: dict[AgentId, AgentEntry] = {}
        for card in cards:
            self._write(card, is_shipped=True)

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards in force."""
        return [entry.card for entry in await self.entries() if entry.is_enabled]

    async def entries(self) -> Sequence[AgentEntry]:
        """Return all agents."""
        return [self._entries[agent] for agent in sorted(self._entries)]

    async def get(self, agent: AgentId) -> AgentEntry:
        """Return an agent."""
        return found(self._entries.get(agent), agent)

    async def add(self, card: AgentCard) -> AgentEntry:
        """Add an agent."""
        check_free(card, self._names(), is_new=True)
        return self._write(card, is_shipped=False)

    async def replace(self, card: AgentCard) -> AgentEntry:
        """Give an agent another card."""
        known = found(self._entries.get(card.id), card.id)
        check_free(card, self._names())
        return known if known.card == card else self._write(card, is_shipped=self._is_products(card))

    async def put(self, card: AgentCard) -> None:
        """Add an agent, or replace its card."""
        check_free(card, self._names())
        self._write(card, is_shipped=self._is_products(card))

    async def ship(self, cards: Iterable[AgentCard]) -> None:
        """Bring the product's own cards."""
        for card in cards:
            known = self._entries.get(card.id)
            is_free = known is not None or not taken_names(card.id, card.name, self._names())
            if is_free and (known is None or (known.is_shipped and known.card != card)):
                self._write(card, is_shipped=True)

    async def disable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent off."""
        return self._switch(agent, is_enabled=False)

    async def enable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent on again."""
        return self._switch(agent, is_enabled=True)

    async def versions(self, agent: AgentId) -> Sequence[CardVersion]:
        """Return an agent's cards, the newest first."""
        return found(self._versions.get(agent), agent)[::-1]

    def _names(self) -> dict[AgentId, str]:
        return {entry.card.id: entry.card.name for entry in self._entries.values()}

    def _is_products(self, card: AgentCard) -> bool:
        """Whether a card is the newest that the product brought, so that it follows the product again."""
        shipped = [version.card for version in self._versions.get(card.id, ()) if version.is_shipped]
        return bool(shipped) and shipped[-1] == card

    def _write(self, card: AgentCard, *, is_shipped: bool) -> AgentEntry:
        known = self._versions.setdefault(card.id, [])
        now = self._clock.now()
        known.append(CardVersion(version=len(known) + 1, card=card, is_shipped=is_shipped, made_at=now))
        before = self._entries.get(card.id)
        entry = AgentEntry(
            card=card,
            version=len(known),
            is_enabled=before is None or before.is_enabled,
            is_shipped=is_shipped,
            changed_at=now,
        )
        self._entries[card.id] = entry
        return entry

    def _switch(self, agent: AgentId, *, is_enabled: bool) -> AgentEntry:
        entry = found(self._entries.get(agent), agent)
        if entry.is_enabled != is_enabled:
            entry = replace(entry, is_enabled=is_enabled, changed_at=self._clock.now())
            self._entries[agent] = entry
        return entry


def found(thing: T | None, agent: str) -> T:
    """Return what was looked for.

    Raises:
        NotFound: there is none.
    """
    if thing is None:
        raise NotFound(f"there is no agent {agent!r}: `shopfloor agents list` shows all")
    return thing


def taken_names(agent: str, name: str, known: Mapping[AgentId, str]) -> list[AgentId]:
    """Return the other agents whose name reads like an agent's; `known` has the names by id."""
    return [other for other, taken in known.items() if other != agent and same_name(taken, name)]


def same_name(one: str, other: str) -> bool:
    """Whether two names read alike in a transcript, which knows no blanks: `Gift Guide` and `GiftGuide`."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def check_free(card: AgentCard, known: Mapping[AgentId, str], *, is_new: bool = False) -> None:
    """Check that a card's id, if it is to be a new one, and its name are free.

    Raises:
        Conflict: naming the field.
    """
    if is_new and card.id in known:
        raise Conflict(f"id: there is an agent {card.id!r} already: choose another id, or replace that agent's card")
    if others := taken_names(card.id, card.name, known):
        raise Conflict(f"name: the agent {others[0]!r} has the name {card.name!r} already: choose another name")


def card_json(card: AgentCard) -> dict[str, JsonValue]:
    """Return a card as it is stored."""
    return card.model_dump(mode="json", by_alias=True)


def card_digest(card: AgentCard) -> str:
    """Return what tells one card from another."""
    return digest(cast(JsonValue, card_json(card)))


def parse_card(text: str, where: str) -> AgentCard:
    """Read a card from YAML.

    Raises:
        InvalidInput: naming the file and each field that is wrong.
    """
    return card_of(read_yaml(text, where), where)


def card_of(data: object, where: str) -> AgentCard:
    """Read a card from plain values.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    try:
        card = AgentCard.model_validate(data)
    except ValidationError as error:
        raise InvalidFields(f"{where} is not an agent's card", fields_of(error, AgentCard)) from error
    if problems := card.language_problems():
        raise InvalidFields(f"{where} cannot be said so in other languages", shown(problems))
    return card


def id_in(data: object) -> object:
    """Return the id that plain values give an agent, whatever it is; None where they give none."""
    return cast("dict[str, object]", data).get("id") if isinstance(data, dict) else None


def export_card(card: AgentCard) -> str:
    """Write a card as YAML that reads as the same card; what has its default is left out."""
    return write_yaml(_conditions_last(card.model_dump(mode="json", by_alias=True, exclude_defaults=True)))


def _conditions_last(data: JsonValue) -> JsonValue:
    """Return a card's values with each step's condition below what the step does, as people write it."""
    if isinstance(data, list):
        return [_conditions_last(one) for one in data]
    if isinstance(data, dict):
        return {name: _conditions_last(data[name]) for name in sorted(data, key=lambda name: name == "when")}
    return data


@lru_cache(maxsize=1)
def shipped_cards() -> tuple[AgentCard, ...]:
    """Return the cards that come with the product, each with the languages in the files beside it: `<id>.de.yaml`.

    They are read once, since they are many.
    """
    folder = resources.files("shopfloor.agents") / "shipped" / "cards"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    read = {name: read_shipped("shopfloor.agents", f"cards/{name}") for name in names}
    return tuple(_with_languages(card_of(read[name], name), read) for name in names if name.count(".") == 1)


def shipped_mark() -> str:
    """Return what tells the product's cards, and how they are read, from those of another version of it.

    It is made of the bytes of the files, which takes a thousandth of the time that reading the cards takes.
    """
    made = hashlib.sha256()
    for file in _files_in(resources.files("shopfloor.agents")):
        made.update(file.read_bytes())
    return made.hexdigest()


def _files_in(folder: Traversable) -> Iterator[Traversable]:
    """Return a folder's sources and texts, in an order that stays."""
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _files_in(each)
        elif each.name.endswith((".py", ".yaml")):
            yield each


def _with_languages(card: AgentCard, files: Mapping[str, object]) -> AgentCard:
    """Return a card of the product's with its translations; one whose English text has changed since is left out."""
    known = card.texts()
    languages: dict[str, object] = {}
    for language in OTHERS:
        name = f"{card.id}.{language}.yaml"
        if name in files:
            data = cast("dict[str, dict[str, str]]", files[name])
            languages[language] = {**data, "texts": {s: t for s, t in data["texts"].items() if s in known}}
    return card_of(card_json(card) | {"languages": languages}, card.id) if languages else card
