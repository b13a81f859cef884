"""Registries: which agents there are, for every process, and what a new release of the product changes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import update

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import MemoryRegistry, Registry, SqlRegistry, shipped_cards
from shopfloor.agents.rows import CardRow
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.kernel.clock import FixedClock

pytestmark = pytest.mark.anyio

CLOCK = FixedClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))
SHIPPED = {card.id: card for card in shipped_cards()}
EXPERT = SHIPPED["product_expert"]  # type: ignore[index]


class WritableRegistry(Registry, Protocol):
    async def put(self, card: AgentCard) -> None: ...


def changed(card: AgentCard, description: str) -> AgentCard:
    return card.model_copy(update={"description": description})


async def descriptions(registry: Registry) -> dict[str, str]:
    return {card.id: card.description for card in await registry.cards()}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.sqlite(tmp_path / "shop.db")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["memory", "sql"])
def registry(request: pytest.FixtureRequest, database: Database) -> WritableRegistry:
    return MemoryRegistry([]) if request.param == "memory" else SqlRegistry(database, CLOCK)


# -- both ------------------------------------------------------------------------------------------------------------


async def test_a_new_registry_knows_nobody(registry: WritableRegistry) -> None:
    assert list(await registry.cards()) == []


async def test_cards_come_back_as_they_were_put_in_the_order_of_their_ids(registry: WritableRegistry) -> None:
    for card in reversed(SHIPPED.values()):
        await registry.put(card)
    assert list(await registry.cards()) == [SHIPPED[agent] for agent in sorted(SHIPPED)]


async def test_a_card_put_again_replaces_the_one_of_its_id(registry: WritableRegistry) -> None:
    await registry.put(EXPERT)
    assert await descriptions(registry) == {"product_expert": EXPERT.description}
    await registry.put(changed(EXPERT, "Knows shoes."))
    assert await descriptions(registry) == {"product_expert": "Knows shoes."}


# -- in the database -------------------------------------------------------------------------------------------------


async def test_a_card_put_by_one_process_is_seen_by_another_at_its_next_look(database: Database) -> None:
    one, other = SqlRegistry(database, CLOCK), SqlRegistry(database, CLOCK)
    assert list(await other.cards()) == []
    await one.put(EXPERT)
    assert await descriptions(other) == {"product_expert": EXPERT.description}
    await one.put(changed(EXPERT, "Knows shoes."))
    assert await descriptions(other) == {"product_expert": "Knows shoes."}


async def test_cards_are_parsed_again_only_when_one_has_changed(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.put(EXPERT)
    first = await registry.cards()
    assert await registry.cards() is first
    await SqlRegistry(database, CLOCK).put(changed(EXPERT, "Knows shoes."))
    assert await registry.cards() is not first


async def test_an_agent_that_is_switched_off_is_not_in_force(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship(SHIPPED.values())
    off = update(CardRow).where(CardRow.id == "product_expert").values(is_enabled=False, revision=100)
    await database.write(lambda session: session.execute(off))
    assert set(await descriptions(registry)) == {"general_support", "order_management"}
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert set(await descriptions(registry)) == {"general_support", "order_management"}


async def test_the_products_cards_are_added_to_an_empty_registry(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship(SHIPPED.values())
    assert list(await registry.cards()) == [SHIPPED[agent] for agent in sorted(SHIPPED)]


async def test_a_new_release_renews_the_cards_that_the_merchant_left_alone(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship([changed(EXPERT, "An older release.")])
    await registry.ship([EXPERT])
    assert await descriptions(registry) == {"product_expert": EXPERT.description}
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert await descriptions(registry) == {"product_expert": "A newer release."}


async def test_a_card_that_the_merchant_changed_stays_over_all_releases(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship([EXPERT])
    await registry.put(changed(EXPERT, "The merchant's own."))
    await registry.ship([EXPERT])
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert await descriptions(registry) == {"product_expert": "The merchant's own."}


async def test_shipping_the_same_cards_again_changes_nothing(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship(SHIPPED.values())
    before = await registry.cards()
    await registry.ship(SHIPPED.values())
    assert await registry.cards() is before
