"""A model whose answers are written beforehand: for tests, demonstrations and simulations. It asks nobody."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from inspect import isawaitable

from shopfloor.kernel.errors import NotFound
from shopfloor.models.answer import Answer
from shopfloor.models.contract import Finished, ModelRequest, Piece, TextDelta, ToolRequest, Usage
from shopfloor.models.estimate import estimated_input, estimated_tokens

PIECE = re.compile(r"\S+\s*|\s+")

Scripted = str | Answer | Exception
"""A text, a whole answer, or an error to be raised."""
Script = Callable[[ModelRequest], Scripted | Awaitable[Scripted]]


def calling(*requests: ToolRequest, text: str = "") -> Answer:
    """Return an answer that asks for tools."""
    return Answer(text=text, finished=Finished(reason="tool_calls", tool_requests=requests))


class ScriptedModel:
    """Answers by a list, one entry for each request, or by a function of the request; it streams word by word."""

    def __init__(self, script: Script | Iterable[Scripted], *, name: str = "scripted") -> None:
        """Take what it answers, and what it calls itself."""
        self._script = script if callable(script) else _listed(iter(script))
        self._name = name
        self.requests: list[ModelRequest] = []
        """All that it was asked, the first leading."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Answer by the script.

        Raises:
            NotFound: the list has come to its end.
        """
        self.requests.append(request)
        said = self._script(request)
        said = await said if isawaitable(said) else said
        if isinstance(said, Exception):
            raise said
        answer = said if isinstance(said, Answer) else Answer(text=said, finished=Finished(reason="stop"))
        for word in PIECE.findall(answer.text):
            yield TextDelta(word)
        yield self._finished(request, answer)

    def _finished(self, request: ModelRequest, answer: Answer) -> Finished:
        end = answer.finished
        usage = end.usage or Usage(
            input_tokens=estimated_input(request), output_tokens=estimated_tokens(len(answer.text))
        )
        return Finished(
            reason=end.reason,
            tool_requests=end.tool_requests,
            usage=usage,
            model=end.model or self._name,
            refusal=end.refusal,
            rung=end.rung,
        )


def _listed(answers: Iterator[Scripted]) -> Script:
    def script(_request: ModelRequest) -> Scripted:
        for answer in answers:
            return answer
        raise NotFound("the script has no answer left: write one more, or ask less often")

    return script
