"""What the wrappers that try again share: one attempt, and when it is too late for another."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from shopfloor.models.contract import Finished, Model, ModelRequest, Piece, TextDelta


def attempt(model: Model, request: ModelRequest) -> AsyncGenerator[Piece]:
    """Ask once; an answer that must follow a schema is held back until it is whole, so that it can be asked for again.

    So once a piece has come out of here, nobody may try again: it may have been shown.
    """
    return model.stream(request) if request.output is None else _held_back(model, request)


async def _held_back(model: Model, request: ModelRequest) -> AsyncGenerator[Piece]:
    text: list[str] = []
    end: list[Finished] = []
    async with aclosing(model.stream(request)) as pieces:
        async for piece in pieces:
            match piece:
                case TextDelta(part):
                    text.append(part)
                case Finished():
                    end.append(piece)
    if text:
        yield TextDelta("".join(text))
    for piece in end:
        yield piece
