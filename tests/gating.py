"""A gate of a test's own, with a policy by which irreversible actions over a limit wait for the merchant."""

from collections.abc import Sequence
from typing import Any

from actions.till import book

from shopfloor.actions.gate import Gate, Owns, effects_of
from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.kind import ActionKind
from shopfloor.actions.memory_store import MemoryActions
from shopfloor.durable.inline import InlineDurable
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.money import Money


def gate_of(kinds: Sequence[ActionKind[Any]], owns: Owns, clock: Clock, *, limit: Money | None = None) -> Gate:
    """Return a gate over some kinds, which knows nothing of earlier actions."""

    async def rules() -> CompiledPolicy:
        return policy

    policy = book(limit=limit)
    durable = InlineDurable(effects_of(kinds))
    return Gate(kinds, durable=durable, owns=owns, rules=rules, actions=MemoryActions(), clock=clock)
