"""Which agents there are: cards as rows, read anew when one has changed."""

import logging
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any, Protocol, cast

import yaml
from pydantic import JsonValue, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.rows import CardRow
from shopfloor.database.engine import Database
from shopfloor.kernel.canonical import digest
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput

logger = logging.getLogger(__name__)


class Registry(Protocol):
    """The agents of an installation."""

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards in force, in the order of their ids."""
        ...

    async def put(self, card: AgentCard) -> None:
        """Add a card, or replace the one of its id; in force from the next turn on."""
        ...


class MemoryRegistry:
    """Cards kept in a list."""

    def __init__(self, cards: Iterable[AgentCard]) -> None:
        """Take the cards."""
        self._cards = {card.id: card for card in cards}

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards."""
        return [self._cards[agent] for agent in sorted(self._cards)]

    async def put(self, card: AgentCard) -> None:
        """Add a card, or replace the one of its id."""
        self._cards[card.id] = card


class SqlRegistry:
    """Cards kept in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the installation's database and the clock that changes are dated by."""
        self._database = database
        self._clock = clock
        self._revision = -1
        self._cards: Sequence[AgentCard] = ()

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards; they are parsed again only when one has changed."""
        revision, rows = await self._database.read(self._changed)
        if rows is not None:
            self._cards = [card for row in rows if (card := _readable(row))]
            self._revision = revision
        return self._cards

    def _changed(self, session: Session) -> tuple[int, list[dict[str, Any]] | None]:
        revision = session.scalar(select(func.max(CardRow.revision))) or 0
        if revision == self._revision:
            return revision, None
        query = select(CardRow.card).where(CardRow.is_enabled).order_by(CardRow.id)
        return revision, list(session.scalars(query))

    async def put(self, card: AgentCard) -> None:
        """Add a card, or replace the one of its id."""
        await self._database.write(lambda session: self._put(session, card, is_shipped=False))

    async def ship(self, cards: Iterable[AgentCard]) -> None:
        """Bring the product's own cards: new ones are added, unchanged older ones renewed; a merchant's stay."""
        await self._database.write(lambda session: [self._ship(session, card) for card in cards])

    def _ship(self, session: Session, card: AgentCard) -> None:
        row = session.get(CardRow, card.id)
        if row is None or (row.is_shipped and row.digest != _digest(card)):
            self._put(session, card, is_shipped=True)

    def _put(self, session: Session, card: AgentCard, *, is_shipped: bool) -> None:
        row = session.get(CardRow, card.id) or CardRow(id=card.id, is_enabled=True)
        row.revision = (session.scalar(select(func.max(CardRow.revision))) or 0) + 1
        row.card = card.model_dump(mode="json", by_alias=True)
        row.digest = _digest(card)
        row.is_shipped = is_shipped
        row.changed_at = self._clock.now()
        session.add(row)
        session.flush()


def _readable(row: dict[str, Any]) -> AgentCard | None:
    """Return a stored card, or None where it is wrong: one bad row must not silence the team."""
    try:
        return AgentCard.model_validate(row)
    except ValidationError as error:
        logger.warning("the card %s is left out, since it cannot be read: %s", row.get("id"), error)
        return None


def _digest(card: AgentCard) -> str:
    return digest(cast(JsonValue, card.model_dump(mode="json", by_alias=True)))


def parse_card(text: str, where: str) -> AgentCard:
    """Read a card from YAML.

    Raises:
        InvalidInput: naming the file and each field that is wrong.
    """
    try:
        return AgentCard.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InvalidInput(f"{where} is not YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InvalidInput(f"{where} is not an agent's card: {problems}") from error


def shipped_cards() -> list[AgentCard]:
    """Return the cards that come with the product."""
    folder = resources.files("shopfloor.agents") / "shipped" / "cards"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [parse_card(file.read_text("utf-8"), file.name) for file in files]


def shipped_brand() -> Brand:
    """Return the settings of the demo shop."""
    file = resources.files("shopfloor.agents") / "shipped" / "brand.yaml"
    return Brand.model_validate(yaml.safe_load(file.read_text("utf-8")))
