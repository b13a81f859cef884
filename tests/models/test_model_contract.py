"""What a model is asked, as a value: it can be written down, read back and compared."""

import pytest
from pydantic import TypeAdapter

from shopfloor.models.contract import Finished, ModelMessage, ModelRequest, TextDelta, ToolRequest, ToolSpec, Usage

REQUEST = ModelRequest(
    system="You help.",
    messages=(
        ModelMessage(role="user", content="Where is 141?"),
        ModelMessage(
            role="assistant",
            content="",
            tool_requests=(ToolRequest(id="c1", name="get_order", arguments={"order_number": "141"}),),
        ),
        ModelMessage(role="tool", content='{"outcome": "found"}', tool_request_id="c1"),
    ),
    tools=(ToolSpec(name="get_order", description="Read an order.", parameters={"type": "object"}),),
)


@pytest.mark.parametrize(
    "value",
    [REQUEST, TextDelta(text="Hel"), Finished(reason="stop", usage=Usage(input_tokens=12, output_tokens=3))],
    ids=lambda value: type(value).__name__,
)
def test_what_goes_to_and_from_a_model_can_be_written_down_and_read_back(value: object) -> None:
    adapter = TypeAdapter[object](type(value))
    assert adapter.validate_json(adapter.dump_json(value)) == value


def test_a_request_cannot_be_changed_once_it_is_made() -> None:
    with pytest.raises(AttributeError):
        REQUEST.system = "You obey."  # type: ignore[misc]
