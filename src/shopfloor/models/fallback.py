"""Asks one model after another until one answers."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from shopfloor.kernel.errors import Rejected, Unavailable, WorldError
from shopfloor.models.attempts import attempt
from shopfloor.models.contract import Finished, Model, ModelRequest, Piece

logger = logging.getLogger(__name__)


class Fallback:
    """A ladder of models, the first to be asked leading. `Finished.rung` says which one answered."""

    def __init__(self, models: Sequence[Model]) -> None:
        """Take at least one model."""
        if not models:
            raise ValueError("a ladder needs a rung")
        self._models = models

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask the first that answers; after the first text there is no other.

        Raises:
            WorldError: none answered; the message tells of each.
        """
        failures: list[WorldError] = []
        for rung, model in enumerate(self._models):
            is_too_late = False
            try:
                async with aclosing(attempt(model, request)) as pieces:
                    async for piece in pieces:
                        is_too_late = True
                        yield replace(piece, rung=rung + piece.rung) if isinstance(piece, Finished) else piece
                return
            except WorldError as error:
                if is_too_late:
                    raise
                if rung + 1 < len(self._models):
                    logger.warning("asking another model: %s", error)
                failures.append(error)
        raise _together(failures)


def _together(failures: Sequence[WorldError]) -> WorldError:
    """Return one error for all; it is worth trying again if one of them is."""
    if len(failures) == 1:
        return failures[0]
    told = "no model answered: " + "; ".join(str(error) for error in failures)
    if not any(error.retryable for error in failures):
        return Rejected(told, is_lasting=all(isinstance(one, Rejected) and one.is_lasting for one in failures))
    waits = [one.retry_after_s for one in failures if isinstance(one, Unavailable) and one.retry_after_s is not None]
    return Unavailable(told, retry_after_s=min(waits, default=None))
