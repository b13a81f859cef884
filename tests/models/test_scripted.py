"""The model whose answers are written beforehand, and asking for an answer as a whole."""

import pytest
from models.asking import REQUEST, heard, pieces_of

from shopfloor.kernel.errors import NotFound, Unavailable
from shopfloor.models.answer import ask
from shopfloor.models.contract import ModelRequest, TextDelta, ToolRequest
from shopfloor.models.scripted import ScriptedModel, calling

pytestmark = pytest.mark.anyio


async def test_it_answers_by_a_list_in_pieces_and_keeps_what_it_was_asked() -> None:
    model = ScriptedModel(["Hello  you\n", calling(ToolRequest(id="c", name="one", arguments={}))])
    *pieces, end = await pieces_of(model)
    assert pieces == [TextDelta("Hello  "), TextDelta("you\n")]
    assert (end.reason, end.model) == ("stop", "scripted")
    assert (await ask(model, REQUEST)).finished.tool_requests[0].name == "one"
    assert model.requests == [REQUEST, REQUEST]


async def test_it_answers_by_a_function_that_may_wait_and_may_fail() -> None:
    async def script(request: ModelRequest) -> str | Exception:
        return request.messages[-1].content if request.system else Unavailable("away")

    model = ScriptedModel(script)
    assert (await heard(model))[0] == "Hi"
    with pytest.raises(Unavailable, match="away"):
        await heard(model, ModelRequest(system="", messages=()))


async def test_a_list_that_has_come_to_its_end_says_so() -> None:
    with pytest.raises(NotFound, match="write one more"):
        await ask(ScriptedModel([]), REQUEST)
