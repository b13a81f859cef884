"""Settings: what is refused; how they are merged and written."""

import pytest
from demo_app import demo_app

from shopfloor.agents.settings import (
    brand_json,
    brand_of,
    export_brand,
    merged,
    parse_brand,
    shipped_brand,
)
from shopfloor.kernel.errors import InvalidFields, InvalidInput

pytestmark = pytest.mark.anyio

SHIPPED = shipped_brand()


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
    changed = (await app.team.settings()).value
    assert SHIPPED.greeting not in changed.languages["de"].texts
    assert SHIPPED.thanks in changed.languages["de"].texts
    assert changed.in_language("de").greeting == "Ahoy!"
