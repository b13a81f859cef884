"""Which reads a task will begin with, worked out from its playbook, so that they can be made ahead."""

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.playbook import Ask, Call, Propose, Say
from shopfloor.agents.templates import evaluate
from shopfloor.planning.plan import Prefetch
from shopfloor.tools.contract import Tool, ToolArgs


def first_reads(
    card: AgentCard, skill: Skill, scope: Mapping[str, object], tools: Mapping[str, Tool[ToolArgs]]
) -> tuple[Prefetch, ...]:
    """Return the reads that a skill's steps make before anything else has to be known.

    `scope` holds the filled slots, `request` and `customer`.
    """
    names = {**dict.fromkeys(card.slots), **scope}
    reads: list[Prefetch] = []
    for step in card.flat(skill.steps):
        if not evaluate(step.when, names):
            continue
        if isinstance(step, Say) or (isinstance(step, Ask) and names.get(step.ask) is not None):
            continue
        if not isinstance(step, Call) or isinstance(step, Propose):
            break
        tool = tools.get(step.call)
        args = {name: cast(JsonValue, evaluate(value, names)) for name, value in step.args.items()}
        known: dict[str, JsonValue] = {name: value for name, value in args.items() if value is not None}
        if tool is None or not tool.is_read or any(must and arg not in known for arg, must in tool.takes().items()):
            break
        reads.append(Prefetch(tool=step.call, args=known))
    return tuple(reads)
