"""An answer as a whole, for whoever does not show it while it is made."""

from contextlib import aclosing
from dataclasses import dataclass

from shopfloor.kernel.errors import BadAnswer
from shopfloor.models.contract import Finished, Model, ModelRequest, TextDelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """All that a model said to one request."""

    text: str
    finished: Finished


async def ask(model: Model, request: ModelRequest) -> Answer:
    """Ask a model and wait for its whole answer.

    Raises:
        WorldError: as `Model.stream`.
        Refused: a budget is used up.
    """
    text: list[str] = []
    async with aclosing(model.stream(request)) as pieces:
        async for piece in pieces:
            match piece:
                case TextDelta(part):
                    text.append(part)
                case Finished():
                    return Answer(text="".join(text), finished=piece)
    raise BadAnswer("the model's answer has no end")
