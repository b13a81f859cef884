"""Registries: which agents there are, for every process, and what a new release of the product changes."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import MemoryRegistry, Registry, shipped_cards
from shopfloor.agents.rows import CardRow
from shopfloor.agents.sql_registry import SqlRegistry
from shopfloor.database.engine import Database
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, NotFound
from shopfloor.kernel.ids import AgentId

pytestmark = pytest.mark.anyio

CLOCK = FixedClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))
SHIPPED = {card.id: card for card in shipped_cards()}
EXPERT = SHIPPED["product_expert"]  # type: ignore[index]


def changed(card: AgentCard, description: str) -> AgentCard:
    return card.model_copy(update={"description": description})


async def descriptions(registry: Registry) -> dict[str, str]:
    return {card.id: card.description for card in await registry.cards()}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, database: Database) -> Registry:
    return MemoryRegistry([], CLOCK) if request.param == "memory" else SqlRegistry(database, CLOCK)


# -- both ------------------------------------------------------------------------------------------------------------


async def test_a_new_registry_knows_nobody(registry: Registry) -> None:
    assert list(await registry.cards()) == []


async def test_cards_come_back_as_they_were_put_in_the_order_of_their_ids(registry: Registry) -> None:
    for card in reversed(SHIPPED.values()):
        await registry.put(card)
    assert list(await registry.cards()) == [SHIPPED[agent] for agent in sorted(SHIPPED)]


async def test_a_card_put_again_replaces_the_one_of_its_id(registry: Registry) -> None:
    await registry.put(EXPERT)
    assert await descriptions(registry) == {"product_expert": EXPERT.description}
    await registry.put(changed(EXPERT, "Knows shoes."))
    assert await descriptions(registry) == {"product_expert": "Knows shoes."}


async def test_an_added_agent_is_a_first_version_switched_on(registry: Registry) -> None:
    entry = await registry.add(EXPERT)
    assert (entry.version, entry.is_enabled, entry.is_shipped) == (1, True, False)
    assert entry.changed_at == CLOCK.now()
    assert await registry.get(EXPERT.id) == entry
    assert list(await registry.entries()) == [entry]


async def test_an_id_or_a_name_that_is_taken_is_refused_by_its_field(registry: Registry) -> None:
    await registry.add(EXPERT)
    with pytest.raises(Conflict, match="id: there is an agent 'product_expert' already"):
        await registry.add(EXPERT.model_copy(update={"name": "Another"}))
    for change in (registry.add, registry.put):
        with pytest.raises(Conflict, match="name: the agent 'product_expert' has the name"):
            await change(EXPERT.model_copy(update={"id": "another", "name": EXPERT.name.lower()}))
    assert len(await registry.entries()) == 1


async def test_each_replacement_is_a_version_and_the_same_card_is_none(registry: Registry) -> None:
    await registry.add(EXPERT)
    assert (await registry.replace(changed(EXPERT, "Two."))).version == 2
    assert (await registry.replace(changed(EXPERT, "Two."))).version == 2
    versions = await registry.versions(EXPERT.id)
    assert [(one.version, one.card.description) for one in versions] == [(2, "Two."), (1, EXPERT.description)]
    assert versions[0].made_at == CLOCK.now()


async def test_who_is_not_there_cannot_be_looked_at_or_changed(registry: Registry) -> None:
    for look in (registry.get, registry.versions, registry.disable, registry.enable):
        with pytest.raises(NotFound, match="there is no agent 'nobody'"):
            await look(AgentId("nobody"))
    with pytest.raises(NotFound, match="product_expert"):
        await registry.replace(EXPERT)


async def test_an_agent_is_switched_off_and_on_again(registry: Registry) -> None:
    await registry.ship(SHIPPED.values())
    assert not (await registry.disable(EXPERT.id)).is_enabled
    assert not (await registry.disable(EXPERT.id)).is_enabled
    assert EXPERT.id not in await descriptions(registry)
    assert not (await registry.get(EXPERT.id)).is_enabled
    await registry.replace(changed(EXPERT, "Changed while it was off."))
    assert EXPERT.id not in await descriptions(registry)
    assert (await registry.enable(EXPERT.id)).is_enabled
    assert (await descriptions(registry))[EXPERT.id] == "Changed while it was off."


async def test_a_release_neither_changes_an_edited_card_nor_switches_one_on(registry: Registry) -> None:
    await registry.ship(SHIPPED.values())
    await registry.replace(changed(EXPERT, "The merchant's own."))
    await registry.disable(AgentId("order_management"))
    await registry.ship(changed(card, "A newer release.") for card in SHIPPED.values())
    now = await descriptions(registry)
    assert now[EXPERT.id] == "The merchant's own."
    assert "order_management" not in now
    assert now["general_support"] == "A newer release."
    assert (await registry.get(AgentId("order_management"))).card.description == "A newer release."


async def test_a_new_agent_of_the_product_leaves_its_name_to_the_merchants(registry: Registry) -> None:
    await registry.add(EXPERT.model_copy(update={"id": "ours"}))
    await registry.ship([EXPERT])
    assert set(await descriptions(registry)) == {"ours"}


async def test_who_gets_the_products_newest_card_back_follows_the_product_again(registry: Registry) -> None:
    await registry.ship([EXPERT])
    await registry.replace(changed(EXPERT, "The merchant's own."))
    assert (await registry.replace(EXPERT)).is_shipped
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert await descriptions(registry) == {EXPERT.id: "A newer release."}
    await registry.replace(EXPERT)
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert await descriptions(registry) == {EXPERT.id: EXPERT.description}, "an older card was brought back on purpose"


# -- in the database -------------------------------------------------------------------------------------------------


async def test_a_card_put_by_one_process_is_seen_by_another_at_its_next_look(database: Database) -> None:
    one, other = SqlRegistry(database, CLOCK), SqlRegistry(database, CLOCK)
    assert list(await other.cards()) == []
    await one.put(EXPERT)
    assert await descriptions(other) == {"product_expert": EXPERT.description}
    await one.put(changed(EXPERT, "Knows shoes."))
    assert await descriptions(other) == {"product_expert": "Knows shoes."}


async def test_an_agent_switched_off_by_one_process_is_gone_for_another_at_its_next_look(database: Database) -> None:
    one, other = SqlRegistry(database, CLOCK), SqlRegistry(database, CLOCK)
    await one.ship(SHIPPED.values())
    assert EXPERT.id in await descriptions(other)
    await one.disable(EXPERT.id)
    assert EXPERT.id not in await descriptions(other)
    await one.enable(EXPERT.id)
    assert EXPERT.id in await descriptions(other)


async def test_cards_are_parsed_again_only_when_one_has_changed(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.put(EXPERT)
    first = await registry.cards()
    assert await registry.cards() is first
    await SqlRegistry(database, CLOCK).put(changed(EXPERT, "Knows shoes."))
    assert await registry.cards() is not first


async def test_a_card_that_only_a_newer_version_can_read_leaves_the_one_before_it_in_force(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.put(EXPERT)
    await registry.put(changed(EXPERT, "Knows shoes."))

    def renew(session: Session) -> None:
        row = session.get(CardRow, EXPERT.id)
        assert row
        row.card, row.revision = row.card | {"description": "Knows all.", "temper": "warm"}, row.revision + 1

    await database.write(renew)
    assert (await descriptions(registry))[EXPERT.id] == "Knows shoes."
    assert (await registry.get(EXPERT.id)).card.description == "Knows shoes."


async def test_an_agent_that_is_switched_off_is_not_in_force(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    await registry.ship(SHIPPED.values())
    off = update(CardRow).where(CardRow.id == "product_expert").values(is_enabled=False, revision=100)
    await database.write(lambda session: session.execute(off))
    assert set(await descriptions(registry)) == set(SHIPPED) - {"product_expert"}
    await registry.ship([changed(EXPERT, "A newer release.")])
    assert set(await descriptions(registry)) == set(SHIPPED) - {"product_expert"}


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


async def test_a_product_that_was_brought_before_is_known_by_its_mark(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    assert not await registry.has_shipped("one")
    await registry.ship([EXPERT], "one")
    assert await SqlRegistry(database, CLOCK).has_shipped("one")
    assert not await registry.has_shipped("two")
    await registry.ship([EXPERT], "two")
    assert await registry.has_shipped("two")
    assert not await registry.has_shipped("one")


async def test_a_product_of_which_a_card_was_left_out_is_brought_again(database: Database) -> None:
    registry = SqlRegistry(database, CLOCK)
    own = EXPERT.model_copy(update={"id": "own_expert"})
    await registry.add(own)
    await registry.ship([EXPERT], "one")
    assert not await registry.has_shipped("one")
    await registry.replace(own.model_copy(update={"name": "Another name"}))
    await registry.ship([EXPERT], "one")
    assert await registry.has_shipped("one")
    assert EXPERT.id in {entry.card.id for entry in await registry.entries()}
