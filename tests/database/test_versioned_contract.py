"""What is kept with its versions, over memory and the database; each kind joins by one line."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from shopfloor.actions.policy import POLICY, policy_of, shipped_policy
from shopfloor.agents.prompt_texts import PROMPTS, shipped_prompts
from shopfloor.agents.settings import SETTINGS, shipped_brand
from shopfloor.database.engine import Database
from shopfloor.database.rows import VersionRow
from shopfloor.database.sql_versioned import SqlVersioned
from shopfloor.database.versioned import Kind, MemoryVersioned, Versioned
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidFields, NotFound, StorageError
from shopfloor.models.settings import MODELS, ModelSettings, settings_of

pytestmark = pytest.mark.anyio

CLOCK = FixedClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Values of a kind."""

    kind: Kind[Any]
    shipped: Any
    newer: Any
    """As a later release ships it."""
    ours: Any
    wrong: Any
    """Put together past all checks."""
    told: str
    """What is said of it."""


BRAND = shipped_brand()
TOLD = shipped_prompts()
SHIPPED = shipped_policy()
HOUSE = {"base_url": "http://127.0.0.1:8000/v1", "at_once": 3}
OWN = {"provider": "house", "model": "m", "omit": ["temperature", "tools"], "price": {"input": "0.1", "output": 0}}
SAMPLES = [
    Sample(
        kind=SETTINGS,
        shipped=BRAND,
        newer=BRAND.model_copy(update={"thanks": "Thanks."}),
        ours=BRAND.model_copy(update={"shop_name": "Our Shop"}),
        wrong=BRAND.model_copy(update={"zone": "Mars"}),
        told="zone: there is no time zone",
    ),
    Sample(
        kind=PROMPTS,
        shipped=TOLD,
        newer=TOLD.model_copy(update={"hand_over": "Give it away."}),
        ours=TOLD.model_copy(update={"ask_customer": "Ask."}),
        wrong=TOLD.model_copy(update={"propose": "{{ descripton }}"}),
        told="propose: there is no descripton: it may name description",
    ),
    Sample(
        kind=POLICY,
        shipped=SHIPPED,
        newer=SHIPPED.model_copy(update={"limits": ()}),
        ours=policy_of({"rules": [{"id": "all.wait", "then": "approve", "says": "Wait."}]}, "x"),
        wrong=SHIPPED.model_copy(update={"rules": (SHIPPED.rules[0].model_copy(update={"when": "amount >"}),)}),
        told="money.within_limit: column 9: the end cannot stand here",
    ),
    Sample(
        kind=MODELS,
        shipped=ModelSettings(),
        newer=ModelSettings(call_s=60),
        ours=settings_of({"tiers": {"fast": ["openai:small", OWN]}, "providers": {"house": HOUSE}}, "x"),
        wrong=ModelSettings().model_copy(update={"call_s": -1}),
        told="call_s: Input should be greater than 0",
    ),
]


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.kind.name)
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def kept(request: pytest.FixtureRequest, sample: Sample, database: Database) -> Versioned[Any]:
    if request.param == "memory":
        return MemoryVersioned(sample.kind, sample.shipped, CLOCK)
    made = SqlVersioned(sample.kind, database, CLOCK)
    await made.ship(sample.shipped)
    return made


async def history(kept: Versioned[Any]) -> list[tuple[int, Any, bool]]:
    return [(one.version, one.value, one.is_shipped) for one in await kept.versions()]


# -- both ------------------------------------------------------------------------------------------------------------


async def test_the_products_value_is_the_first_version(kept: Versioned[Any], sample: Sample) -> None:
    assert await history(kept) == [(1, sample.shipped, True)]
    assert await kept.in_force() == sample.shipped
    assert (await kept.current()).made_at == CLOCK.now()
    assert kept.kind is sample.kind


async def test_a_new_value_holds_from_the_next_look_on_and_the_old_one_is_kept(
    kept: Versioned[Any], sample: Sample
) -> None:
    made = await kept.put(sample.ours)
    assert (made.version, made.is_shipped) == (2, False)
    assert await kept.in_force() == sample.ours
    assert await history(kept) == [(2, sample.ours, False), (1, sample.shipped, True)]


async def test_the_same_value_again_makes_no_version(kept: Versioned[Any], sample: Sample) -> None:
    await kept.put(sample.ours)
    assert (await kept.put(sample.ours)).version == 2
    assert len(await history(kept)) == 2


async def test_an_earlier_value_comes_back_as_a_new_version(kept: Versioned[Any], sample: Sample) -> None:
    await kept.put(sample.ours)
    assert (await kept.restore(1)).version == 3
    assert await kept.in_force() == sample.shipped
    with pytest.raises(NotFound, match=f"there is no version 9 of the {sample.kind.plural}"):
        await kept.restore(9)


async def test_a_change_made_from_a_value_that_is_past_is_refused(kept: Versioned[Any], sample: Sample) -> None:
    await kept.put(sample.ours, if_version=1)
    with pytest.raises(Conflict, match="at version 2 by now, not 1"):
        await kept.put(sample.shipped, if_version=1)
    assert await kept.in_force() == sample.ours


async def test_a_value_that_was_put_together_past_all_checks_is_refused_with_the_field(
    kept: Versioned[Any], sample: Sample
) -> None:
    with pytest.raises(InvalidFields, match=sample.told):
        await kept.put(sample.wrong)
    assert await kept.in_force() == sample.shipped


async def test_a_release_renews_a_value_that_nobody_changed(kept: Versioned[Any], sample: Sample) -> None:
    await kept.ship(sample.newer)
    assert await kept.in_force() == sample.newer
    await kept.ship(sample.newer)
    assert len(await history(kept)) == 2


async def test_a_release_leaves_a_value_that_the_merchant_changed(kept: Versioned[Any], sample: Sample) -> None:
    await kept.put(sample.ours)
    await kept.ship(sample.newer)
    assert await kept.in_force() == sample.ours


# -- in the database -------------------------------------------------------------------------------------------------


async def test_a_value_put_by_one_process_is_seen_by_another_once_its_own_is_no_longer_fresh(
    sample: Sample, database: Database
) -> None:
    one, other = (SqlVersioned(sample.kind, database, CLOCK, fresh_s=0) for _ in range(2))
    late = SqlVersioned(sample.kind, database, CLOCK, fresh_s=3_600)
    await one.ship(sample.shipped)
    assert await other.in_force() == await late.in_force() == sample.shipped
    await one.put(sample.ours)
    assert await other.in_force() == sample.ours
    assert await late.in_force() == sample.shipped


async def test_what_a_process_puts_itself_holds_for_it_at_once(sample: Sample, database: Database) -> None:
    kept = SqlVersioned(sample.kind, database, CLOCK, fresh_s=3_600)
    await kept.ship(sample.shipped)
    assert await kept.in_force() == sample.shipped
    await kept.put(sample.ours)
    assert await kept.in_force() == sample.ours
    await kept.restore(1)
    assert await kept.in_force() == sample.shipped


async def test_a_value_is_parsed_again_only_when_it_has_changed(sample: Sample, database: Database) -> None:
    kept = SqlVersioned(sample.kind, database, CLOCK)
    await kept.ship(sample.shipped)
    assert await kept.in_force() is await kept.in_force()


async def test_where_the_newest_value_cannot_be_read_the_one_before_it_holds(
    sample: Sample, database: Database
) -> None:
    kept = SqlVersioned(sample.kind, database, CLOCK)
    await kept.ship(sample.shipped)
    await kept.put(sample.ours)
    broken = update(VersionRow).where(VersionRow.version == 2).values(data={"unheard_of": "x"})
    await database.write(lambda session: session.execute(broken))
    assert await SqlVersioned(sample.kind, database, CLOCK).in_force() == sample.shipped
    assert (await kept.put(sample.ours)).version == 3


async def test_where_none_can_be_read_that_is_said(sample: Sample, database: Database) -> None:
    with pytest.raises(StorageError, match=f"no {sample.kind.plural} that can be read"):
        await SqlVersioned(sample.kind, database, CLOCK).current()


async def test_each_kind_has_versions_of_its_own(database: Database) -> None:
    for sample in SAMPLES:
        await SqlVersioned(sample.kind, database, CLOCK).ship(sample.shipped)
    for sample in SAMPLES:
        kept = SqlVersioned(sample.kind, database, CLOCK)
        await kept.put(sample.ours)
        assert [one.version for one in await kept.versions()] == [2, 1]
