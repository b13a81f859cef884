"""Cards: what is refused, and that the refusal names what is wrong."""

from typing import Any

import pytest
import yaml

from shopfloor.agents.card import MAX_EXAMPLES, AgentCard
from shopfloor.agents.playbook import Call, Say
from shopfloor.agents.registry import parse_card
from shopfloor.kernel.errors import InvalidInput


def card(**changes: Any) -> dict[str, Any]:
    """Return a small card that is right, with changes."""
    return {
        "id": "gift_guide",
        "name": "Gift Guide",
        "half": "conversation",
        "description": "Finds gifts.",
        "instructions": "Ask for whom it is.",
        "tools": ["search_products"],
        "handoffs": ["general_support"],
        "slots": {"wish": {"type": "wish", "question": "For whom?"}},
        "fragments": {"look": [{"call": "search_products", "with": {"query": "wish"}, "as": "found"}]},
        "skills": [skill()],
        **changes,
    }


def skill(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "find_gift",
        "name": "Find a gift",
        "description": "Finds a gift.",
        "status": "Looking for gifts...",
        "takes": ["wish"],
        "steps": list(steps) or [{"ask": "wish"}, {"use": "look"}, {"say": "Here: {{ found.total }}"}],
        **changes,
    }


def steps(*made: dict[str, Any]) -> dict[str, Any]:
    return card(skills=[skill(*made)])


def parse(data: object) -> AgentCard:
    return parse_card(yaml.safe_dump(data), "gift_guide.yaml")


def test_a_card_is_read_from_yaml() -> None:
    read = parse(card())
    assert (read.id, read.agent_name, read.tools) == ("gift_guide", "GiftGuideAgent", ("search_products",))
    found = read.skill("find_gift")
    assert found
    assert found.status == "Looking for gifts..."
    assert read.skill("unheard_of") is None


def test_fragments_are_written_out_where_steps_are_looked_through() -> None:
    read = parse(card())
    flat = read.flat(read.skills[0].steps)
    assert [type(step) for step in flat][1:] == [Call, Say]


def test_a_card_read_from_what_it_was_written_to_is_the_same_card() -> None:
    read = parse(card())
    assert AgentCard.model_validate(read.model_dump(mode="json", by_alias=True)) == read


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (card(skills=[skill(takes=["size"])]), r"skills\.find_gift\.takes: there is no slot size"),
        (card(skills=[skill(needs=["size"])]), "there is no slot size"),
        (steps({"ask": "size"}), r"skills\.find_gift: it asks for size, which is no slot"),
        (steps({"use": "unheard_of"}), "fragments: there is none called unheard_of"),
        (card(fragments={"look": [{"use": "other"}]}), "fragments: there is none called other"),
        (card(fragments={"look": [{"use": "look"}]}), "fragments: look uses itself"),
        (card(fragments={"look": [{"use": "b"}], "b": [{"use": "look"}]}), "fragments: (look|b) uses itself"),
        (steps({"call": "get_order", "as": "order"}), "it calls get_order, which is not among the card's tools"),
        (steps({"propose": "cancel_order", "as": "done"}), "it calls cancel_order, which is not among"),
        (card(fragments={"look": [{"call": "get_order", "as": "order"}]}), "it calls get_order, which is not among"),
        (steps({"hand_off": "the_boss", "reason": "x"}), "it hands off to the_boss, who is not among"),
        (card(skills=[skill(), skill(name="Another")]), "two skills have the same id"),
        (card(skills=[]), "skills: "),
        (card(skills=[skill(examples=["gift"] * (MAX_EXAMPLES + 1))]), rf"skills\.0\.examples: .*{MAX_EXAMPLES}"),
        (card(skills=[skill(status="Looking for {{ wish")]), r"skills\.0\.status: .*not a template"),
        (card(slots={"wish": {"type": "wish", "question": "{% if %}"}}), r"slots\.wish\.question: .*not a template"),
        (card(slots={"wish": {"type": "colours"}}), r"slots\.wish\.type: "),
        (card(slots={"Wish": {"type": "wish"}}), r"slots\.Wish"),
        (steps({"say": "{{ wish | unheard_of }}"}), r"steps\.0\.say\.say: .*unheard_of"),
        (steps({"say": "Hello", "when": "wish =="}), r"steps\.0\.say\.when: .*not an expression"),
        (steps({"set": {"wish": "1 +"}}), r"steps\.0\.set\.set\.wish: .*not an expression"),
        (steps({"call": "search_products", "with": {"query": "(("}, "as": "x"}), r"with\.query: .*not an expression"),
        (steps({"call": "search_products"}), r"steps\.0\.call\.as: Field required"),
        (steps({"say": "Hello", "end": "done"}), r"steps\.0\.say\.end: there is no field"),
        (steps({"ask": "wish", "call": "search_products", "as": "x"}), r"steps\.0\.call\.ask: there is no field"),
        (steps({"shout": "Hello"}), r"steps\.0: a step has exactly one of: say, call"),
        (steps({"when": "true"}), r"steps\.0: a step has exactly one of: say, call"),
        (card(skills=[skill() | {"steps": ["say hello"]}]), r"steps\.0: a step has exactly one of"),
        (steps({"end": "soon"}), r"steps\.0\.end\.end: "),
        (card(half="sales"), "half: "),
        (card(id="Gift Guide"), "id: "),
        (card(colour="red"), "colour: there is no field of this name: there are id, "),
        ({name: value for name, value in card().items() if name != "tools"}, "tools: Field required"),
        ("just words", "gift_guide.yaml is not an agent's card"),
        (None, "gift_guide.yaml is not an agent's card"),
        ([card()], "gift_guide.yaml is not an agent's card"),
    ],
)
def test_a_wrong_card_is_refused_and_what_is_wrong_is_named(data: object, named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        parse(data)


@pytest.mark.parametrize("text", ["id: [", "\t- x", "a: b: c", "!!python/object/apply:os.system ['true']"])
def test_what_is_not_plain_yaml_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"gift_guide\.yaml is not YAML"):
        parse_card(text, "gift_guide.yaml")


def test_as_many_examples_as_allowed_are_read() -> None:
    assert len(parse(card(skills=[skill(examples=["gift"] * MAX_EXAMPLES)])).skills[0].examples) == MAX_EXAMPLES


@pytest.mark.parametrize("when", [True, False, 1, "wish is none"])
def test_a_condition_may_be_written_as_yaml_writes_it(when: object) -> None:
    (step,) = parse(steps({"say": "Hello", "when": when})).skills[0].steps
    assert step.when == str(when)
