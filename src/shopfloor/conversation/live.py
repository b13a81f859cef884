"""What a face hears while a turn runs: every event once it is journaled, and the text as it is released."""

from collections.abc import Callable
from dataclasses import dataclass

from shopfloor.journal.events import Event
from shopfloor.kernel.ids import AgentId


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """A sentence, or several lines of one text, that passed the check; pieces joined are the task's message."""

    task_id: str
    agent: AgentId
    agent_name: str
    text: str


Listener = Callable[[Event | Released], None]
"""Is called in order; must neither block nor raise."""


def nobody(_piece: Event | Released) -> None:
    """Listen to nothing."""
