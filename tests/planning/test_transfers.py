"""Messages that the shop passes on by its own words: before all else, once, and not where a person is at it already."""

import pytest
from planning.demo_planner import CARDS, PLANNER, asks, skills

from shopfloor.agents.outcome import Waiting
from shopfloor.agents.settings import shipped_brand
from shopfloor.agents.slots import Focus
from shopfloor.kernel.ids import AgentId, OrderNumber
from shopfloor.planning.plan import Plan, PlanRequest, Task

pytestmark = pytest.mark.anyio

SCENARIOS = shipped_brand().transfer_scenarios
LEGAL, DOUBLE = "human_transfer/legal_or_safety", "human_transfer/double_charge"


async def planned(
    message: str,
    *waiting: Waiting,
    previous: Task | None = None,
    focus: Focus | None = None,
    has_scenarios: bool = True,
) -> Plan:
    return await PLANNER.plan(
        PlanRequest(
            message=message,
            cards=CARDS,
            waiting=waiting,
            previous=previous,
            focus=focus or Focus(),
            is_signed_in=True,
            scenarios=SCENARIOS if has_scenarios else (),
        )
    )


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        ("My daughter had an allergic reaction", [LEGAL]),
        ("I WILL SUE YOU", [LEGAL]),
        ("you charged me twice and I will sue you", [LEGAL]),
        ("you have charged my card twice, double charged!", [DOUBLE]),
        ("where is order 123? also my lawyer will write to you", [LEGAL, "order_management/track_order"]),
        ("My son got injured by the tent. Order 118.", [LEGAL]),
        ("send it to Sue Miller, 9 Elm St, Salem, OR 97301", ["order_management/change_address"]),
        ("do you have a fire blanket", ["product_expert/find_products"]),
    ],
)
async def test_what_the_shop_names_is_passed_on_first_and_once(says: str, wanted: list[str]) -> None:
    assert skills(await planned(says)) == wanted


async def test_the_scenario_and_the_order_go_with_it() -> None:
    (task,) = (await planned("you charged me twice for order 118")).tasks
    assert task.arguments == {"scenario": "double_charge", "order_number": "118"}
    (task,) = (await planned("you charged me twice for this", focus=Focus(order_number=OrderNumber("123")))).tasks
    assert task.arguments["order_number"] == "123"


async def test_several_orders_are_one_matter() -> None:
    (task,) = (await planned("you charged me twice for order 118 and order 123")).tasks
    assert task.arguments["order_number"] == "118"


async def test_without_scenarios_the_examples_of_the_cards_decide() -> None:
    plan = await planned("this is a case for my lawyer", has_scenarios=False)
    assert skills(plan) == [LEGAL]
    assert plan.tasks[0].arguments == {}


async def test_an_answer_that_holds_such_words_is_passed_on_in_place_of_being_an_answer() -> None:
    reason = asks("start_return", "reason", agent="return_management", question="What is the matter with it?")
    plan = await planned("it gave me an allergic reaction", reason)
    assert skills(plan) == [LEGAL]


@pytest.mark.parametrize(
    "says",
    [
        "fine. but I better see that money tomorrow, else it goes to consumer court",
        "ok, and how long then? I think I got scammed.",
        "all right! get me a human now",
    ],
)
@pytest.mark.parametrize("slot", [None, "reason"])
async def test_a_rule_holds_beside_a_doubtful_answer(says: str, slot: str | None) -> None:
    plan = await planned(says, asks("start_return", slot, agent="return_management"), has_scenarios=False)
    assert any(skill.startswith("human_transfer/") for skill in skills(plan))


async def test_a_rule_holds_for_a_few_words_after_an_order_is_named() -> None:
    (task,) = (await planned("Order 118. I think I got scammed.", has_scenarios=False)).tasks
    assert (task.agent, task.skill, task.arguments["order_number"]) == (*LEGAL.split("/"), "118")


async def test_a_yes_to_a_question_still_counts_beside_it() -> None:
    plan = await planned("yes, and also my lawyer will write to you", asks("cancel_order", None))
    assert skills(plan) == ["order_management/cancel_order", LEGAL]
    assert plan.tasks[0].answer == "yes"


async def test_who_is_passed_on_already_only_answers() -> None:
    email = asks("legal_or_safety", "email", agent="human_transfer", question="Which address?", slots={})
    plan = await planned("joe@example.com, and my lawyer is in copy", email)
    assert skills(plan) == [LEGAL]
    assert (plan.tasks[0].continues, plan.tasks[0].arguments["email"]) == (email.origin, "joe@example.com")


async def test_what_was_passed_on_is_not_passed_on_again_for_a_remark() -> None:
    before = Task(
        id="t1",
        agent=AgentId("human_transfer"),
        skill="double_charge",
        task="you charged me twice",
        arguments={"order_number": "118"},
        status_line="...",
    )
    assert DOUBLE not in skills(await planned("for 118", previous=before))
    assert DOUBLE not in skills(await planned("joe@example.com", previous=before))


@pytest.mark.parametrize(
    ("slot", "says", "filled"),
    [
        ("reason", "it is too small", {"reason": "wrong_size"}),
        ("reason", "I just don't like it", {"reason": "changed_mind"}),
        ("reason", "it makes me look like a bear", {"reason": "other"}),
        ("reason", "too small, I'd like another size", {"reason": "wrong_size", "kind": "exchange"}),
        ("kind", "money back please", {"kind": "refund"}),
        ("kind", "an exchange", {"kind": "exchange"}),
        ("kind", "an L", {"size": "L"}),
        ("item", "the scarf", {"item": "the scarf"}),
        ("item", "red boots", {"item": "red boots"}),
        ("size", "M please", {"size": "M"}),
    ],
)
async def test_answers_of_a_word_or_two_go_back_to_the_return(slot: str, says: str, filled: dict[str, str]) -> None:
    waiting = asks("start_return", slot, agent="return_management", slots={"order_number": "118"}, question="Which?")
    plan = await planned(says, waiting)
    assert [task.continues for task in plan.tasks] == [waiting.origin]
    assert {name: plan.tasks[0].arguments[name] for name in filled} == filled


@pytest.mark.parametrize(
    ("slot", "says"),
    [
        ("reason", "how much is shipping to Canada?"),
        ("kind", "where's my refund for 107"),
        ("item", "where is order 123?"),
        ("size", "let me talk to a human"),
    ],
)
async def test_another_request_is_no_answer_to_the_return(slot: str, says: str) -> None:
    waiting = asks("start_return", slot, agent="return_management", slots={"order_number": "118"}, question="Which?")
    plan = await planned(says, waiting)
    assert [task.continues for task in plan.tasks] == [None]


@pytest.mark.parametrize(("says", "value"), [("yes", True), ("yes please", True), ("sure", True), ("no thanks", False)])
async def test_a_yes_or_a_no_answers_what_asks_for_one(says: str, value: bool) -> None:
    waiting = asks("answer_question", "pass_on", agent="general_support", slots={}, question="Shall I pass it on?")
    plan = await planned(says, waiting)
    assert (plan.tasks[0].continues, plan.tasks[0].arguments.get("pass_on")) == (waiting.origin, value)
