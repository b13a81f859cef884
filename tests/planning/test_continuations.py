"""Whether a message answers what was asked: yes, no, a value, another value, or something else."""

import pytest
from planning.demo_planner import READER, asks, plan, recogniser, request, skills

from shopfloor.agents.outcome import Waiting
from shopfloor.agents.slots import Focus
from shopfloor.kernel.ids import OrderNumber
from shopfloor.planning.answers import Continuation, continuations

YES = asks("cancel_order", None)
NUMBER = asks("cancel_order", "order_number", question="Which order do you mean?", slots={})
EMAIL = asks("track_order", "email", question="Which e-mail address was used?")
STREET = {"line1": "15 Market Street"}
ADDRESS = asks(
    "change_address", None, question="Send order #141 to 15 Market Street. Is that right?",
    slots={"order_number": "141", "address": STREET},
)  # fmt: skip


def answered(message: str, *waiting: Waiting) -> tuple[list[Continuation], str]:
    return continuations(request(message, waiting=waiting), READER, recogniser())


@pytest.mark.parametrize(
    "message", ["yes", "Yes please!", "ok do it", "yes, cancel it", "sure", "yes cancel order 141"]
)
def test_a_plain_yes_goes_on_with_what_asked_for_it(message: str) -> None:
    (on,), rest = answered(message, YES)
    assert (on.answer, rest) == ("yes", "")


@pytest.mark.parametrize(
    "message", ["no", "no thanks", "don't", "never mind", "no, keep it", "forget it", "no wait, I want to keep it"]
)
def test_a_no_declines(message: str) -> None:
    (on,), _ = answered(message, YES)
    assert on.answer == "no"


@pytest.mark.parametrize(
    "message",
    [
        "yes but only if I get my money today",
        "yes? what does that mean",
        "is it the backpack?",
        "where is order 151",
        "do you have red socks",
        "hmm",
    ],
)
def test_what_is_no_plain_yes_confirms_nothing(message: str) -> None:
    going_on, _ = answered(message, YES)
    assert [on.answer for on in going_on if on.answer] == []


def test_a_short_question_hides_nothing_that_follows_it() -> None:
    going_on, rest = answered("what? I will go to consumer court over that!", YES)
    assert rest or not going_on


def test_a_no_with_more_words_declines_and_a_contrast_changes() -> None:
    assert answered("no, don't do anything yet", YES)[0][0].answer == "no"
    (on,), _ = answered("no, number 51 not 15", ADDRESS)
    assert (on.answer, on.slots) == (None, {"address": {"line1": "51 Market Street"}})


def test_a_yes_to_another_order_is_a_new_question_for_that_one() -> None:
    (on,), _ = answered("yes cancel order 123", YES)
    assert (on.answer, on.slots) == (None, {"order_number": "123"})


def test_another_order_instead_is_asked_for_anew() -> None:
    (on,), _ = answered("no wait, cancel 118 instead", YES)
    assert (on.answer, on.slots) == (None, {"order_number": "118"})


def test_a_corrected_address_before_the_yes_takes_its_place() -> None:
    (on,), _ = answered("no sorry, 51 Market Street, Portland, OR 97204", ADDRESS)
    assert on.answer is None
    assert on.slots["address"] == {
        "line1": "51 Market Street", "city": "Portland", "region": "OR", "postal_code": "97204", "country": "US",
    }  # fmt: skip


def test_a_city_alone_goes_with_the_street_that_was_named_before() -> None:
    (on,), _ = answered("Portland OR 97204", ADDRESS)
    assert on.slots["address"] == {
        **STREET, "city": "Portland", "region": "OR", "postal_code": "97204", "country": "US",
    }  # fmt: skip


@pytest.mark.parametrize("message", ["141", "#141", "it's 141", "the 141 one", "order 141 please"])
def test_a_number_answers_the_question_for_an_order(message: str) -> None:
    (on,), _ = answered(message, NUMBER)
    assert on.slots == {"order_number": "141"}


def test_another_request_with_a_number_is_no_answer() -> None:
    assert answered("where is order 151", NUMBER) == ([], "where is order 151")


@pytest.mark.parametrize(
    "message", ["maya@example.com", "my email is Maya@example.com", "sorry, it's maya@example.com"]
)
def test_an_address_answers_the_question_for_one(message: str) -> None:
    (on,), _ = answered(message, EMAIL)
    assert on.slots == {"email": "maya@example.com"}


def test_a_short_try_without_a_value_is_asked_again() -> None:
    (on,), _ = answered("maya at example com", EMAIL)
    assert on.slots == {}


def test_never_mind_leaves_a_question_for_a_value() -> None:
    (on,), _ = answered("never mind", EMAIL)
    assert (on.answer, on.slots) == ("no", {})


def test_what_stands_beside_an_answer_is_left_over() -> None:
    (on,), rest = answered("yes, and also where is order 123?", YES)
    assert (on.answer, rest) == ("yes", "where is order 123?")


def test_with_nothing_waiting_a_yes_is_a_message_like_others() -> None:
    assert answered("yes") == ([], "yes")


@pytest.mark.anyio
async def test_an_answer_goes_on_with_the_postponed_tasks_after_it() -> None:
    (later,) = (await plan(request("where is order 123"))).tasks
    made = await plan(request("yes", waiting=[YES], postponed=[later]))
    assert [(task.continues, task.answer, task.depends_on) for task in made.tasks] == [
        (YES.origin, "yes", ()),
        (None, None, ("t1",)),
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("message", "reminds"),
    [
        ("how long do refunds take", True),
        ("never mind", False),
        ("cancel order 118", False),
        ("let me talk to a person", False),
    ],
)
async def test_an_open_question_is_asked_again_unless_it_was_left_or_another_may_come(
    message: str, reminds: bool
) -> None:
    waiting = asks("cancel_order", None)
    focus = Focus(order_number=OrderNumber("141"))
    made = await plan(request(message, waiting=[waiting], focus=focus))
    going_on = any(task.continues for task in made.tasks)
    assert made.reminds == reminds or going_on


@pytest.mark.anyio
async def test_a_question_for_a_product_is_not_asked_again() -> None:
    waiting = asks("product_details", "product", agent="product_expert", question="Which product?", slots={})
    made = await plan(request("where is order 123", waiting=[waiting]))
    assert (skills(made), made.reminds) == (["order_management/track_order"], False)
