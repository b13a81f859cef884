"""What a turn takes down of its models' calls, and what it holds a model's sentences against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from shopfloor.conversation.grounding import Evidence
from shopfloor.conversation.promises import unkept
from shopfloor.journal import events
from shopfloor.journal.events import ToolCalled
from shopfloor.kernel.ids import TurnId
from shopfloor.models.ledger import ModelCall


@dataclass(slots=True)
class OwnEvidence:
    """What a task may state: what the turn knows, and what its own tools answered, told already or not."""

    own: Evidence
    """Of the task's tools alone."""
    made: Sequence[ToolCalled]
    """The task's calls; more are added as they are made."""
    turns: Callable[[str], tuple[str, ...]]
    """Returns what of a sentence the turn does not know."""
    passages: Sequence[JsonValue] = ()
    """Of the shop's pages."""
    taken: int = 0

    def unproven(self, sentence: str) -> tuple[str, ...]:
        """Return what a sentence states that neither the turn nor a tool of the task bears out."""
        for call in self.made[self.taken :]:
            self.own.add(call.tool_output)
        self.taken = len(self.made)
        own = self.own.missing(sentence)
        claims = tuple(claim for claim in self.turns(sentence) if claim in own)
        return (*claims, *unkept(sentence, [*(call.tool_output for call in self.made), *self.passages]))


def model_called(call: ModelCall, turn: TurnId, task_id: str) -> events.ModelCalled:
    """Return the event that tells of a call."""
    usage = call.usage
    return events.ModelCalled(
        turn_id=turn,
        task_id=task_id,
        task_class=call.task_class,
        tier=call.tier,
        provider=call.provider,
        model=call.model,
        rung=call.rung,
        outcome=call.outcome,
        error=call.error,
        duration_ms=round(call.total_s * 1000, 1),
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        nanos=call.nanos,
    )
