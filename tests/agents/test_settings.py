"""Settings: versions, over memory and the database; what is refused; how they are merged and written."""

from datetime import UTC, datetime

import pytest
from demo_app import demo_app
from sqlalchemy import update

from shopfloor.agents.rows import SettingsVersionRow
from shopfloor.agents.settings import (
    MemorySettings,
    Settings,
    brand_json,
    brand_of,
    export_brand,
    merged,
    parse_brand,
    shipped_brand,
)
from shopfloor.agents.sql_settings import SqlSettings
from shopfloor.database.engine import Database
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Conflict, InvalidFields, InvalidInput, NotFound

pytestmark = pytest.mark.anyio

CLOCK = FixedClock(datetime(2026, 5, 4, 12, 0, tzinfo=UTC))
SHIPPED = shipped_brand()
OURS = SHIPPED.model_copy(update={"shop_name": "Our Shop"})


@pytest.fixture(params=["memory", "sql"])
async def settings(request: pytest.FixtureRequest, database: Database) -> Settings:
    if request.param == "memory":
        return MemorySettings(SHIPPED, CLOCK)
    kept = SqlSettings(database, CLOCK)
    await kept.ship(SHIPPED)
    return kept


async def history(settings: Settings) -> list[tuple[int, str, bool]]:
    return [(one.version, one.brand.shop_name, one.is_shipped) for one in await settings.versions()]


# -- both ------------------------------------------------------------------------------------------------------------


async def test_the_products_settings_are_the_first_version(settings: Settings) -> None:
    assert await history(settings) == [(1, "Harbour Lane", True)]
    assert await settings.brand() == SHIPPED
    assert (await settings.current()).made_at == CLOCK.now()


async def test_new_settings_hold_from_the_next_look_on_and_the_old_ones_are_kept(settings: Settings) -> None:
    made = await settings.put(OURS)
    assert (made.version, made.is_shipped) == (2, False)
    assert await settings.brand() == OURS
    assert await history(settings) == [(2, "Our Shop", False), (1, "Harbour Lane", True)]


async def test_the_same_settings_again_make_no_version(settings: Settings) -> None:
    await settings.put(OURS)
    assert (await settings.put(OURS)).version == 2
    assert len(await history(settings)) == 2


async def test_earlier_settings_come_back_as_a_new_version(settings: Settings) -> None:
    await settings.put(OURS)
    assert (await settings.restore(1)).version == 3
    assert await settings.brand() == SHIPPED
    with pytest.raises(NotFound, match="there is no version 9"):
        await settings.restore(9)


async def test_a_change_made_from_settings_that_are_past_is_refused(settings: Settings) -> None:
    await settings.put(OURS, if_version=1)
    with pytest.raises(Conflict, match="at version 2 by now, not 1"):
        await settings.put(SHIPPED, if_version=1)
    assert await settings.brand() == OURS


async def test_settings_that_were_put_together_past_all_checks_are_refused_with_the_field(settings: Settings) -> None:
    with pytest.raises(InvalidFields, match="zone: there is no time zone"):
        await settings.put(SHIPPED.model_copy(update={"zone": "Mars"}))
    assert await settings.brand() == SHIPPED


async def test_a_release_renews_settings_that_nobody_changed(settings: Settings) -> None:
    newer = SHIPPED.model_copy(update={"thanks": "Thanks."})
    await settings.ship(newer)
    assert await settings.brand() == newer
    await settings.ship(newer)
    assert len(await history(settings)) == 2


async def test_a_release_leaves_settings_that_the_merchant_changed(settings: Settings) -> None:
    await settings.put(OURS)
    await settings.ship(SHIPPED.model_copy(update={"thanks": "Thanks."}))
    assert await settings.brand() == OURS


# -- in the database -------------------------------------------------------------------------------------------------


async def test_settings_put_by_one_process_are_seen_by_another_at_its_next_look(database: Database) -> None:
    one, other = SqlSettings(database, CLOCK), SqlSettings(database, CLOCK)
    await one.ship(SHIPPED)
    assert await other.brand() == SHIPPED
    await one.put(OURS)
    assert await other.brand() == OURS


async def test_settings_are_parsed_again_only_when_they_have_changed(database: Database) -> None:
    settings = SqlSettings(database, CLOCK)
    await settings.ship(SHIPPED)
    assert await settings.brand() is await settings.brand()


async def test_where_the_newest_settings_cannot_be_read_those_before_them_hold(database: Database) -> None:
    settings = SqlSettings(database, CLOCK)
    await settings.ship(SHIPPED)
    await settings.put(OURS)
    broken = update(SettingsVersionRow).where(SettingsVersionRow.version == 2).values(brand={"shop_name": "x"})
    await database.write(lambda session: session.execute(broken))
    assert await SqlSettings(database, CLOCK).brand() == SHIPPED
    assert (await settings.put(OURS)).version == 3


# -- as text ---------------------------------------------------------------------------------------------------------


def test_exported_settings_read_as_the_same_settings() -> None:
    assert parse_brand(export_brand(SHIPPED), "x") == SHIPPED


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2", "a: &x 1\nb: *x", "[" * 5_000])
def test_what_is_no_plain_yaml_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"ours\.yaml"):
        parse_brand(text, "ours.yaml")


def test_all_wrong_fields_are_named_together() -> None:
    data = brand_json(SHIPPED) | {
        "zone": "Mars",
        "currency": "usd",
        "slogan": "Buy",
        "hours": {"monday": {"opens": "18:00", "closes": "09:00"}},
        "wording": {"par{cel": "x", "order": "$5"},
        "voice": "be \x1b[31m loud",
    }
    with pytest.raises(InvalidFields) as refused:
        brand_of(data, "x")
    named = {problem.field for problem in refused.value.problems}
    assert {"zone", "currency", "slogan", "hours.monday", "voice", "wording.order"} <= named


def test_two_guidelines_of_one_id_are_refused() -> None:
    rule = {"id": "one", "when": "x", "do": "y"}
    with pytest.raises(InvalidFields, match="guidelines: two have the id one"):
        brand_of({**brand_json(SHIPPED), "guidelines": [rule, rule]}, "x")


def test_changes_are_merged_into_objects_and_replace_all_else() -> None:
    data = {"a": {"b": 1, "c": 2}, "d": [1, 2]}
    assert merged(data, {"a": {"b": 3}, "d": [4]}) == {"a": {"b": 3, "c": 2}, "d": [4]}
    assert merged(data, {"a": {"b": None}, "e": {"f": None, "g": 1}}) == {"a": {"c": 2}, "d": [1, 2], "e": {"g": 1}}
    assert data == {"a": {"b": 1, "c": 2}, "d": [1, 2]}


async def test_another_greeting_takes_the_translations_of_the_old_one_with_it() -> None:
    app = await demo_app()
    await app.team.change_settings({"greeting": "Ahoy!"})
    changed = (await app.team.settings()).brand
    assert SHIPPED.greeting not in changed.languages["de"].texts
    assert SHIPPED.thanks in changed.languages["de"].texts
    assert changed.in_language("de").greeting == "Ahoy!"
