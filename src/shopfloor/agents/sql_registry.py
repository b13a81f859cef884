"""The registry on the database: one for all processes, read anew when a card has changed."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import (
    AgentEntry,
    CardVersion,
    card_digest,
    card_json,
    check_free,
    found,
    taken_names,
)
from shopfloor.agents.rows import CardRow, CardShipmentRow, CardVersionRow
from shopfloor.database.engine import Database
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import AgentId

logger = logging.getLogger(__name__)


class SqlRegistry:
    """Cards kept in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take the installation's database and the clock that changes are dated by."""
        self._database = database
        self._clock = clock
        self._revision = -1
        self._cards: Sequence[AgentCard] = ()

    # -- reading -----------------------------------------------------------------------------------------------------

    async def cards(self) -> Sequence[AgentCard]:
        """Return the cards in force; they are parsed again only when one has changed."""
        self._revision, self._cards = await self._database.read(self._changed)
        return self._cards

    def _changed(self, session: Session) -> tuple[int, Sequence[AgentCard]]:
        revision = session.scalar(select(func.max(CardRow.revision))) or 0
        if revision == self._revision:
            return revision, self._cards
        enabled = select(CardRow).where(CardRow.is_enabled).order_by(CardRow.id)
        return revision, [card for row in session.scalars(enabled) if (card := _newest_readable(session, row))]

    async def entries(self) -> Sequence[AgentEntry]:
        """Return all agents."""

        def read(session: Session) -> list[AgentEntry]:
            rows = session.scalars(select(CardRow).order_by(CardRow.id))
            return [entry for row in rows if (entry := _entry(session, row))]

        return await self._database.read(read)

    async def get(self, agent: AgentId) -> AgentEntry:
        """Return an agent."""

        def read(session: Session) -> AgentEntry | None:
            row = session.get(CardRow, agent)
            return row and _entry(session, row)

        return found(await self._database.read(read), agent)

    async def versions(self, agent: AgentId) -> Sequence[CardVersion]:
        """Return an agent's cards, the newest first."""
        theirs = select(CardVersionRow).where(CardVersionRow.agent_id == agent)
        newest = theirs.order_by(CardVersionRow.version.desc())

        def read(session: Session) -> list[CardVersion]:
            rows = found(list(session.scalars(newest)) or None, agent)
            return [version for row in rows if (version := _version(row))]

        return await self._database.read(read)

    # -- changing ----------------------------------------------------------------------------------------------------

    async def add(self, card: AgentCard) -> AgentEntry:
        """Add an agent."""

        def work(session: Session) -> AgentEntry | None:
            check_free(card, _names(session), is_new=True)
            return _entry(session, self._write(session, card, is_shipped=False))

        return found(await self._database.write(work), card.id)

    async def replace(self, card: AgentCard) -> AgentEntry:
        """Give an agent another card."""

        def work(session: Session) -> AgentEntry | None:
            row = found(session.get(CardRow, card.id), card.id)
            check_free(card, _names(session))
            if row.digest != card_digest(card):
                row = self._write(session, card, is_shipped=_is_products(session, card))
            return _entry(session, row)

        return found(await self._database.write(work), card.id)

    async def put(self, card: AgentCard) -> None:
        """Add an agent, or replace its card."""

        def work(session: Session) -> None:
            check_free(card, _names(session))
            self._write(session, card, is_shipped=_is_products(session, card))

        await self._database.write(work)

    async def has_shipped(self, mark: str) -> bool:
        """Say whether the cards here are those of the product that a mark stands for, so that none has to be read."""
        return await self._database.read(lambda session: session.scalar(select(CardShipmentRow.mark))) == mark

    async def ship(self, cards: Iterable[AgentCard], mark: str = "") -> None:
        """Bring the product's own cards, and note its mark once all of them are here."""

        def work(session: Session) -> None:
            are_here = [self._ship(session, card) for card in cards]
            session.merge(CardShipmentRow(id=1, mark=mark if all(are_here) else ""))

        await self._database.write(work)

    async def disable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent off."""
        return await self._switch(agent, is_enabled=False)

    async def enable(self, agent: AgentId) -> AgentEntry:
        """Switch an agent on again."""
        return await self._switch(agent, is_enabled=True)

    async def _switch(self, agent: AgentId, *, is_enabled: bool) -> AgentEntry:
        def work(session: Session) -> AgentEntry | None:
            row = found(session.get(CardRow, agent), agent)
            if row.is_enabled != is_enabled:
                row.is_enabled = is_enabled
                row.revision = _next_revision(session)
                row.changed_at = self._clock.now()
                session.flush()
            return _entry(session, row)

        return found(await self._database.write(work), agent)

    def _ship(self, session: Session, card: AgentCard) -> bool:
        """Bring a card, and say whether it is here: not where its name is taken."""
        row = session.get(CardRow, card.id)
        if row is None and (others := taken_names(card.id, card.name, _names(session))):
            logger.warning("the product's agent %s is left out: %s has its name", card.id, others[0])
            return False
        if row is None or (row.is_shipped and row.digest != card_digest(card)):
            self._write(session, card, is_shipped=True)
        return True

    def _write(self, session: Session, card: AgentCard, *, is_shipped: bool) -> CardRow:
        row = session.get(CardRow, card.id) or CardRow(id=card.id, is_enabled=True)
        row.revision = _next_revision(session)
        row.card = card_json(card)
        row.digest = card_digest(card)
        row.is_shipped = is_shipped
        row.changed_at = self._clock.now()
        session.add(row)
        session.flush()
        version = CardVersionRow(
            agent_id=card.id,
            version=_newest(session, card.id) + 1,
            card=row.card,
            digest=row.digest,
            is_shipped=is_shipped,
            made_at=row.changed_at,
        )
        session.add(version)
        session.flush()
        return row


def _next_revision(session: Session) -> int:
    return (session.scalar(select(func.max(CardRow.revision))) or 0) + 1


def _newest(session: Session, agent: str) -> int:
    query = select(func.max(CardVersionRow.version)).where(CardVersionRow.agent_id == agent)
    return session.scalar(query) or 0


def _names(session: Session) -> dict[AgentId, str]:
    return {AgentId(row.id): str(row.card.get("name", "")) for row in session.scalars(select(CardRow))}


def _is_products(session: Session, card: AgentCard) -> bool:
    """Whether a card is the newest that the product brought, so that it follows the product again."""
    shipped = select(CardVersionRow.digest).where(CardVersionRow.agent_id == card.id, CardVersionRow.is_shipped)
    newest = session.scalar(shipped.order_by(CardVersionRow.version.desc()).limit(1))
    return newest == card_digest(card)


def _entry(session: Session, row: CardRow) -> AgentEntry | None:
    card = _newest_readable(session, row)
    return card and AgentEntry(
        card=card,
        version=_newest(session, row.id),
        is_enabled=row.is_enabled,
        is_shipped=row.is_shipped,
        changed_at=row.changed_at,
    )


def _newest_readable(session: Session, row: CardRow) -> AgentCard | None:
    """Return an agent's card, or the newest before it that this program can read: a newer one may have changed it."""
    if card := _readable(row.card):
        return card
    earlier = (
        select(CardVersionRow.card).where(CardVersionRow.agent_id == row.id).order_by(CardVersionRow.version.desc())
    )
    return next((card for stored in session.scalars(earlier) if (card := _readable(stored))), None)


def _version(row: CardVersionRow) -> CardVersion | None:
    card = _readable(row.card)
    return card and CardVersion(version=row.version, card=card, is_shipped=row.is_shipped, made_at=row.made_at)


def _readable(row: dict[str, Any]) -> AgentCard | None:
    """Return a stored card, or None where it cannot be read: one bad row must not silence the team."""
    try:
        return AgentCard.model_validate(row)
    except ValidationError as error:
        logger.warning("a card of %s is passed over, since it cannot be read: %s", row.get("id"), error)
        return None
