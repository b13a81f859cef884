"""The models of one turn: one budget for all its calls, one payer, and one ear for what became of each."""

from shopfloor.models.contract import Model
from shopfloor.models.deadline import WithDeadline
from shopfloor.models.router import ModelRouter
from shopfloor.models.tiers import Work
from shopfloor.models.traced import Sink

LONGEST_S = 45.0
"""A call of a turn takes no longer: somebody waits for it."""


class Thinking:
    """Hands out models for one turn."""

    def __init__(self, router: ModelRouter, payer: str) -> None:
        """Take who chooses models, and whose budget of the day the turn counts to."""
        self._router = router
        self._payer = payer
        self._budget = router.turn_budget()

    def model_for(self, work: Work, hear: Sink) -> Model:
        """Return a model for some work; `hear` is told of each call when it is over."""
        model = self._router.model_for(work, turn=self._budget, payer=self._payer, hear=hear)
        return WithDeadline(model, LONGEST_S)

    def escalated(self, work: Work) -> Work:
        """Return the work for the next tier, after a check of an answer failed; the same where there is none above."""
        return self._router.escalated(work) or work
