"""How a conversation went, read from its events, and what counts as worse."""

import pytest
from demo_app import MAYA, begin, demo_app, say
from demo_models import planned, router_of, scripted

from shopfloor.evals.courses import Course, TurnCourse, course_of, rows, worse
from shopfloor.kernel.errors import Unavailable

ASKED = "Where is my order #123?"


@pytest.mark.anyio
async def test_a_course_tells_what_a_conversation_came_to() -> None:
    task = {"agent": "order_management", "skill": "track_order", "request": ASKED}
    model = scripted("It cost $999. It shipped yesterday.", "I do not know the price.", plan=planned(task))
    app = await demo_app(models=router_of(model), sure=1.1)
    conversation = await begin(app, MAYA)
    await say(app, conversation, ASKED)
    course = course_of((await app.chat.state(conversation)).events)
    (turn,) = course.turns
    assert (turn.planned_by, turn.plan) == ("model", ["order_management/track_order"])
    assert (turn.done, turn.outcome, turn.fallbacks) == (turn.plan, "answered", [])
    assert turn.reply.startswith("It shipped yesterday.")
    assert (course.calls, course.nanos, course.unpriced) == (3, 3_000, 0)
    assert rows(course)["cost"] == "$0.0000"


@pytest.mark.anyio
async def test_a_task_that_no_model_did_is_told_with_the_reason() -> None:
    app = await demo_app(models=router_of(scripted(Unavailable("away"))))
    conversation = await begin(app, MAYA)
    await say(app, conversation, ASKED)
    course = course_of((await app.chat.state(conversation)).events)
    assert course.fallbacks == 1
    assert "order_management: away" in course.turns[0].fallbacks[0]


def turn(**other: object) -> Course:
    usual = {"planned_by": "model", "plan": ["a/b"], "done": ["a/b"], "outcome": "answered"}
    return Course(turns=[TurnCourse(**{**usual, **other})])  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (turn(), None),
        (turn(reply="Other words.", tools=["x"]), None),
        (turn(done=[]), "turn 1: a/b is no longer done"),
        (turn(outcome="failed"), "turn 1: it is no longer answered, but failed"),
        (turn(planned_by="rules"), "turn 1: no model's plan can be used any more, so that of rules stands"),
        (turn(withheld=["x"]), "turn 1: 1 sentences are kept back instead of 0"),
        (turn(fallbacks=["t1 a: why"]), "turn 1: playbooks do 1 tasks for models instead of 0 (t1 a: why)"),
        (Course(), "it has 0 turns instead of 1"),
    ],
)
def test_what_can_be_checked_and_is_worse_is_named(after: Course, told: str | None) -> None:
    assert worse(turn(), after) == ([told] if told else [])
    assert worse(after, after) == []
