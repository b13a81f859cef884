"""How a conversation went, as its events tell: plans, tools, what was kept back; and what is worse in one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shopfloor.journal.events import (
    Event,
    FellBack,
    ModelCalled,
    PlanMade,
    ReplyComposed,
    SentenceWithheld,
    TaskStatus,
    ToolCalled,
    TurnStarted,
)
from shopfloor.planning.plan import Plan

BY_MODEL = "model"
"""What a plan of a model says of who made it."""


@dataclass(slots=True)
class TurnCourse:
    """How one turn went."""

    planned_by: str = ""
    plan: list[str] = field(default_factory=list[str])
    """Agents with their skills: `order_management/track_order`."""
    tools: list[str] = field(default_factory=list[str])
    done: list[str] = field(default_factory=list[str])
    """What of the plan was done, as the plan has it."""
    withheld: list[str] = field(default_factory=list[str])
    """Sentences that were kept back."""
    fallbacks: list[str] = field(default_factory=list[str])
    """Why playbooks did tasks that were for a model."""
    outcome: str = ""
    reply: str = ""


@dataclass(slots=True)
class Course:
    """How a conversation went."""

    turns: list[TurnCourse] = field(default_factory=list[TurnCourse])
    calls: int = 0
    """To models."""
    input_tokens: int = 0
    output_tokens: int = 0
    nanos: int = 0
    """Billionths of a US dollar, for the calls whose price is known."""
    unpriced: int = 0
    """Calls whose price is not known."""

    @property
    def withheld(self) -> int:
        """Return how many sentences were kept back."""
        return sum(len(turn.withheld) for turn in self.turns)

    @property
    def fallbacks(self) -> int:
        """Return how many tasks playbooks did for models."""
        return sum(len(turn.fallbacks) for turn in self.turns)


def course_of(events: Sequence[Event]) -> Course:
    """Return how a conversation went."""
    course, skills = Course(), dict[str, str]()
    for event in events:
        match event.data:
            case TurnStarted():
                course.turns.append(TurnCourse())
                skills = {}
            case ModelCalled() as call:
                course.calls += 1
                course.input_tokens += call.input_tokens or 0
                course.output_tokens += call.output_tokens or 0
                course.nanos += call.nanos or 0
                course.unpriced += call.nanos is None and bool(call.input_tokens)
            case _ if course.turns:
                _take(course.turns[-1], skills, event)
            case _:
                pass
    return course


def _take(turn: TurnCourse, skills: dict[str, str], event: Event) -> None:
    match event.data:
        case PlanMade() as made:
            turn.planned_by = turn.planned_by or made.planner
            skills |= {task.id: f"{task.agent}/{task.skill}" for task in Plan.model_validate(made.plan).tasks}
            turn.plan = list(skills.values())
        case TaskStatus(status="done") as task:
            turn.done.append(skills.get(task.task_id, task.agent))
        case ToolCalled() as call:
            turn.tools.append(call.tool_name)
        case SentenceWithheld() as withheld:
            turn.withheld.append(withheld.sentence)
        case FellBack() as fallen if fallen.task_id:
            turn.fallbacks.append(f"{fallen.task_id} {fallen.agent}: {fallen.reason}")
        case ReplyComposed() as reply:
            turn.outcome, turn.reply = reply.outcome, reply.content
        case _:
            pass


def worse(before: Course, after: Course) -> list[str]:
    """Return what can be checked and is worse afterwards, turn by turn."""
    found: list[str] = []
    for place, (old, new) in enumerate(zip(before.turns, after.turns, strict=False), 1):
        found += [f"turn {place}: {problem}" for problem in _worse_turn(old, new)]
    if len(after.turns) < len(before.turns):
        found.append(f"it has {len(after.turns)} turns instead of {len(before.turns)}")
    return found


def _worse_turn(old: TurnCourse, new: TurnCourse) -> list[str]:
    found = [f"{task} is no longer done" for task in (Counter(old.done) - Counter(new.done)).elements()]
    if old.outcome == "answered" != new.outcome:
        found.append(f"it is no longer answered, but {new.outcome or 'broke off'}")
    if old.planned_by == BY_MODEL != new.planned_by:
        found.append(f"no model's plan can be used any more, so that of {new.planned_by or 'nobody'} stands")
    if len(new.withheld) > len(old.withheld):
        found.append(f"{len(new.withheld)} sentences are kept back instead of {len(old.withheld)}")
    if len(new.fallbacks) > len(old.fallbacks):
        why = "; ".join(new.fallbacks)
        found.append(f"playbooks do {len(new.fallbacks)} tasks for models instead of {len(old.fallbacks)} ({why})")
    return found


def rows(course: Course) -> Mapping[str, str]:
    """Return a course in words, row by row, so that two can be held against each other."""
    turns = course.turns
    plans = [f"{', '.join(turn.plan)} (by {turn.planned_by})" for turn in turns]
    cost = f"${course.nanos / 1e9:.4f}" if course.nanos or not course.unpriced else "not known"
    return {
        "plan": "; ".join(plans) or "none",
        "tools": ", ".join(tool for turn in turns for tool in turn.tools) or "none",
        "done": ", ".join(task for turn in turns for task in turn.done) or "nothing",
        "kept back": str(course.withheld),
        "fallbacks": str(course.fallbacks),
        "outcome": ", ".join(turn.outcome for turn in turns),
        "calls": str(course.calls),
        "tokens": f"{course.input_tokens:,} in, {course.output_tokens:,} out",
        "cost": cost,
    }
