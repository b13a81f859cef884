"""What is wrong with a plan, told for each rule."""

import pytest
from planning.demo_planner import CARDS

from shopfloor.kernel.ids import AgentId
from shopfloor.planning.plan import MAX_TASKS, Plan, Prefetch, Task, problems
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult

ORDERS = AgentId("order_management")


class Numbered(ToolArgs):
    order_number: str


async def nothing(_args: ToolArgs, _context: ToolContext) -> ToolResult:
    return ToolResult(output={"outcome": "found"})


TOOLS: dict[str, Tool] = {
    "get_order": Tool(name="get_order", description="Read.", args=Numbered, run=nothing),
    "cancel_order": Tool(name="cancel_order", description="Write.", args=Numbered, run=nothing, is_read=False),
    "search_products": Tool(name="search_products", description="Read.", args=Numbered, run=nothing),
}


def task(task_id: str = "t1", **changes: object) -> Task:
    plain = {"id": task_id, "agent": ORDERS, "skill": "track_order", "task": "where is 123", "status_line": "..."}
    return Task.model_validate({**plain, **changes})


def found(*tasks: Task) -> list[str]:
    return problems(Plan(tasks=tasks, confidence=1), CARDS, "conversation", TOOLS)


def test_a_plan_that_may_run_has_no_problems() -> None:
    first = task(arguments={"order_number": "123"}, prefetch=[Prefetch(tool="get_order", args={"order_number": "123"})])
    assert found(first, task("t2", depends_on=("t1",))) == []


def test_more_than_six_tasks_are_too_many() -> None:
    assert found(*(task(f"t{place}") for place in range(MAX_TASKS + 1))) == ["7 tasks: at most 6 are allowed"]


def test_two_tasks_of_one_name_are_told() -> None:
    assert found(task(), task()) == ["two tasks are called t1"]


def test_an_agent_that_does_not_exist_is_told() -> None:
    assert found(task(agent="florist")) == ["task t1: there is no agent called florist"]


def test_an_agent_of_the_other_half_does_not_exist_here() -> None:
    plan = Plan(tasks=(task(),), confidence=1)
    assert problems(plan, CARDS, "command_centre", TOOLS) == ["task t1: there is no agent called order_management"]


def test_a_skill_that_the_agent_lacks_is_told() -> None:
    assert found(task(skill="juggle")) == ["task t1: order_management has no skill called juggle"]


def test_a_task_cannot_wait_for_one_that_is_not_there() -> None:
    assert found(task(depends_on=("t9",))) == ["task t1: it depends on t9, which is no task"]


def test_tasks_cannot_wait_for_each_other_in_a_circle() -> None:
    circle = found(task(depends_on=("t2",)), task("t2", depends_on=("t1",)))
    assert circle == ["the tasks wait for each other in a circle"]


def test_a_task_cannot_wait_for_itself() -> None:
    assert found(task(depends_on=("t1",))) == ["the tasks wait for each other in a circle"]


def test_an_argument_that_the_skill_does_not_take_is_told() -> None:
    assert found(task(arguments={"mood": "good"})) == ["task t1: track_order takes no argument called mood"]


def test_a_continued_task_keeps_the_slots_it_had() -> None:
    assert found(task(continues="an/origin", arguments={"mood": "good"})) == []


@pytest.mark.parametrize(
    ("tool", "problem"),
    [
        ("search_products", "order_management may not use search_products"),
        ("read_minds", "order_management may not use read_minds"),
        ("cancel_order", "cancel_order is not a read, so it cannot be prefetched"),
    ],
)
def test_only_permitted_reads_are_prefetched(tool: str, problem: str) -> None:
    call = Prefetch(tool=tool, args={"order_number": "123"})
    assert found(task(prefetch=[call])) == [f"task t1: {problem}"]


def test_a_prefetch_needs_arguments_that_fit() -> None:
    (problem,) = found(task(prefetch=[Prefetch(tool="get_order", args={})]))
    assert problem == "task t1: get_order: order_number: Field required"
