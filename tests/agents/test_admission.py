"""What a card must fit to be admitted to the team; each refusal names its field, and all of them come together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from demo_app import demo_app

from shopfloor.agents.registry import card_json, export_card, parse_card, shipped_cards
from shopfloor.agents.team import Team, card_data
from shopfloor.kernel.errors import Conflict, FieldProblem, InvalidFields, InvalidInput

pytestmark = pytest.mark.anyio
SHIPPED = shipped_cards()
EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "agents").glob("*.yaml"))


def card(*steps: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a small card that fits, with changes."""
    return {
        "id": "gift_guide",
        "name": "Gift Guide",
        "half": "conversation",
        "description": "Finds gifts.",
        "instructions": "Ask for whom it is.",
        "tools": ["get_order", "cancel_order", "get_cart"],
        "handoffs": ["general_support", "human_transfer"],
        "slots": {"order_number": {"type": "order_number"}, "email": {"type": "email"}},
        "skills": [
            {
                "id": "find_gift",
                "name": "Find a gift",
                "description": "Finds a gift.",
                "status": "Looking...",
                "steps": list(steps) or [{"say": "Hello."}],
            }
        ],
        **changes,
    }


@pytest.fixture
async def team() -> Team:
    return (await demo_app()).team


async def refused(team: Team, data: object) -> Sequence[FieldProblem]:
    with pytest.raises(InvalidFields) as error:
        await team.add(data, "gift_guide.yaml")
    return error.value.problems


STEPS = "skills.find_gift.steps"


@pytest.mark.parametrize(
    ("data", "field", "message"),
    [
        (card(tools=["get_ordr"]), "tools.0", "there is no tool get_ordr: is get_order meant?"),
        (card(tools=["drop_tables"]), "tools.0", "there is no tool drop_tables"),
        (card(handoffs=["warranty_claim"]), "handoffs.0", "there is no agent warranty_claim: add that agent first"),
        (card(handoffs=["general_suport"]), "handoffs.0", "is general_support meant?"),
        (card(handoffs=["gift_guide"]), "handoffs.0", "cannot hand over to itself"),
        (
            card({"hand_off": "general_support", "skill": "sing", "reason": "x"}),
            f"{STEPS}.0.skill",
            "general_support has no skill sing: it has answer_question",
        ),
        (
            card({"hand_off": "human_transfer", "skill": "talk_to_a_person", "with": {"shoe": "1"}, "reason": "x"}),
            f"{STEPS}.0.with.shoe",
            "takes no shoe",
        ),
        (
            card({"call": "get_order", "with": {"order_number": "'1'", "colour": "'red'"}, "as": "found"}),
            f"{STEPS}.0.with.colour",
            "get_order takes no colour: it takes order_number",
        ),
        (card({"call": "get_order", "as": "found"}), f"{STEPS}.0.with", "get_order needs order_number"),
        (card({"call": "get_cart", "with": {"x": "1"}, "as": "found"}), f"{STEPS}.0.with.x", "it takes nothing"),
        (
            card({"propose": "cancel_order", "with": {"order_number": "'1'"}, "as": "done"}),
            f"{STEPS}.0.with",
            "cancel_order needs reason",
        ),
        (
            card({"call": "cancel_order", "with": {"order_number": "'1'", "reason": "'x'"}, "as": "done"}),
            f"{STEPS}.0.call",
            "cancel_order is a write: `propose` it",
        ),
        (card({"propose": "get_cart", "as": "done"}), f"{STEPS}.0.propose", "get_cart is no write: `call` it"),
        (card({"set": {"size": "9"}}), f"{STEPS}.0.set.size", "there is no such slot"),
        (card(slots={"customer": {"type": "text"}}), "slots.customer", "choose another"),
        (card({"call": "get_cart", "as": "customer"}), f"{STEPS}.0.as", "customer is the name of something else"),
        (card({"call": "get_cart", "as": "email"}), f"{STEPS}.0.as", "email is the name of something else"),
        (
            card(subscriptions=[{"signal": "full_moon", "skill": "find_gift", "purpose": "service"}]),
            "subscriptions.0.signal",
            "cart_abandoned",
        ),
        (
            card(subscriptions=[{"signal": "item_added", "skill": "sing", "purpose": "service"}]),
            "subscriptions.0.skill",
            "there is no skill sing",
        ),
        (card(name="Gift\x1b[31m Guide"), "name", "pattern"),
        (card(description="x" * 7_000), "description", "at most 6000"),
        (card(description="a\x07b"), "description", "control character"),
        (card({"say": "x" * 7_000}), "skills.0.steps.0.say.say", "at most 6000"),
        (card(*[{"say": "x"}] * 121), "skills.0.steps", "at most 120"),
        (card({"hand_off": "human_transfer", "reason": "{{"}), "skills.0.steps.0.hand_off.reason", "not a template"),
    ],
)
async def test_a_card_that_does_not_fit_is_refused_with_its_field(
    team: Team, data: object, field: str, message: str
) -> None:
    problems = await refused(team, data)
    assert [problem for problem in problems if problem.field == field and message in problem.message], problems
    assert "gift_guide" not in {entry.card.id for entry in await team.entries()}


async def test_everything_that_is_wrong_is_told_at_once(team: Team) -> None:
    data = card(
        {"call": "get_order", "as": "x"}, {"set": {"size": "1"}}, tools=["get_order", "fly"], name="General  Support"
    )
    assert {problem.field for problem in await refused(team, data)} == {
        "name",
        "tools.1",
        f"{STEPS}.0.with",
        f"{STEPS}.1.set.size",
    }


async def test_what_can_be_seen_of_a_card_with_bad_fields_is_told_with_them(team: Team) -> None:
    data = card(id="order_management", half="sales", tools=["fly"], handoffs=["nobody_knows"], colour="red")
    assert {problem.field for problem in await refused(team, data)} == {"half", "colour", "id", "tools.0", "handoffs.0"}


@pytest.mark.parametrize("name", ["Order Management", "order  management", "OrderManagement"])
async def test_a_name_that_reads_like_another_agents_is_refused(team: Team, name: str) -> None:
    with pytest.raises(Conflict, match="name: the agent order_management has this name already"):
        await team.add(card(name=name), "x")


async def test_an_id_that_is_taken_is_refused_and_a_disabled_agent_keeps_its_own(team: Team) -> None:
    await team.add(card(), "x")
    await team.disable("gift_guide")
    with pytest.raises(Conflict, match="id: there is an agent gift_guide already"):
        await team.add(card(name="Other Guide"), "x")
    with pytest.raises(Conflict, match="name: the agent gift_guide has this name already"):
        await team.add(card(id="other_guide"), "x")


async def test_a_team_of_too_many_examples_is_refused(team: Team) -> None:
    one = card()["skills"][0]
    skills = [{**one, "id": f"s{n}", "examples": [f"gift {n} {m}" for m in range(200)]} for n in range(30)]
    problems = await refused(team, card(skills=skills))
    assert [problem.field for problem in problems] == ["skills"]


async def test_fragments_that_double_at_each_level_are_refused_at_once(team: Team) -> None:
    fragments: dict[str, Any] = {"f0": [{"say": "x"}]}
    for level in range(1, 40):
        fragments[f"f{level}"] = [{"use": f"f{level - 1}"}, {"use": f"f{level - 1}"}]
    before = process_time()
    problems = await refused(team, card({"use": "f39"}, fragments=fragments))
    assert process_time() - before < 2, "written out it would have 2 ** 39 steps"
    assert [problem for problem in problems if "more than 400 steps" in problem.message]


@pytest.mark.parametrize(
    "text",
    [
        "id: [",
        "id: gift\nid: gift",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "- " * 4_000,
        "day: 2026-02-31",
        "n: " + "9" * 5_000,
        "!!python/object/apply:os.system ['true']",
        "x: " + "y" * 400_000,
    ],
    ids=["open", "twice", "aliases", "deep", "day", "number", "object", "long"],
)
def test_what_is_no_plain_yaml_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"gift\.yaml"):
        card_data(text, "gift.yaml")


@pytest.mark.parametrize("data", [None, 7, "card", [], {}, {"id": {}}, {1: 2}, {"tools": "x", "handoffs": {"a": 1}}])
async def test_what_is_no_card_at_all_is_refused(team: Team, data: object) -> None:
    assert await refused(team, data)


# -- what fits -------------------------------------------------------------------------------------------------------


async def test_every_card_of_the_product_fits_the_team(team: Team) -> None:
    for shipped in SHIPPED:
        assert await team.read(card_json(shipped), shipped.id, is_new=False) == shipped


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_every_example_fits_and_is_exported_as_the_same_card(team: Team, path: Path) -> None:
    entry = await team.add(card_data(path.read_text("utf-8"), path.name), path.name)  # noqa: ASYNC240
    exported = await team.export(entry.card.id)
    assert parse_card(exported, "x") == entry.card
    assert (await team.replace(card_data(exported, "x"), "x")).version == 1, "the same card again makes no version"


def test_an_exported_card_of_the_product_reads_as_the_same_card() -> None:
    for shipped in SHIPPED:
        assert parse_card(export_card(shipped), shipped.id) == shipped


async def test_an_earlier_card_comes_back_and_one_that_no_longer_fits_does_not(team: Team) -> None:
    await team.add(card(id="helper", name="Helper"), "x")
    await team.add(card(handoffs=["helper"]), "x")
    await team.replace(card(description="Other."), "x")
    assert (await team.restore("gift_guide", 1)).card.handoffs == ("helper",)
    assert [one.version for one in await team.versions("gift_guide")] == [3, 2, 1]
    with pytest.raises(InvalidInput):
        await team.replace({**card(), "id": "gift_guide", "tools": ["fly"]}, "x")
