"""The models of one turn: one budget for all its calls, one payer, and one ear for what became of each."""

from time import monotonic

from shopfloor.kernel.errors import RateLimited, Unavailable
from shopfloor.models.contract import Model
from shopfloor.models.ledger import ModelCall
from shopfloor.models.router import ModelRouter
from shopfloor.models.tiers import Work
from shopfloor.models.traced import Sink

DOWN = frozenset({Unavailable.__name__, RateLimited.__name__})
"""Errors of a call after which the next one would hardly fare better."""
LONGEST_S, TURN_S = 45.0, 75.0
"""What a call of a turn may take, and all of them together: somebody waits."""
PLANNING_S = 15.0
"""What a call for a plan may take: nothing is shown before it, and the rules have a plan already."""


class Thinking:
    """Hands out models for one turn."""

    def __init__(self, router: ModelRouter, payer: str) -> None:
        """Take who chooses models, and whose budget of the day the turn counts to."""
        self._router = router
        self._payer = payer
        self._budget = router.turn_budget()
        self._ends_at = monotonic() + TURN_S
        self.is_down = False
        """Whether no model answered a call of the turn: whoever waits need not wait for the next to fail."""

    @property
    def rerank_s(self) -> float:
        """Return how many seconds a model may take to put what was found in order; 0 where none shall."""
        return self._router.rerank_s

    def model_for(self, work: Work, hear: Sink) -> Model:
        """Return a model for some work; `hear` is told of each call when it is over."""

        async def heard(call: ModelCall) -> None:
            self.is_down = self.is_down or call.error in DOWN
            await hear(call)

        longest = PLANNING_S if work.task_class == "planning" else LONGEST_S
        within_s = max(min(longest, self._ends_at - monotonic()), 0.0)
        return self._router.model_for(work, turn=self._budget, payer=self._payer, hear=heard, within_s=within_s)

    def escalated(self, work: Work) -> Work:
        """Return the work for the next tier, after a check of an answer failed; the same where there is none above."""
        return self._router.escalated(work) or work
