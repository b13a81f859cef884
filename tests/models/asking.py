"""Clients of a server on this machine, and a request for them."""

from contextlib import aclosing
from typing import Any

from shopfloor.models.anthropic import AnthropicMessages
from shopfloor.models.connections import Connections
from shopfloor.models.contract import Finished, Model, ModelMessage, ModelRequest, Piece, TextDelta
from shopfloor.models.endpoint import Deadlines, Endpoint
from shopfloor.models.openai_chat import OpenAiChat

SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
SHORT = Deadlines(connect_s=5, first_byte_s=0.2, between_s=0.2, whole_s=5)
PATIENT = Deadlines(connect_s=10, first_byte_s=30, between_s=30, whole_s=60)
REQUEST = ModelRequest(system="You help.", messages=(ModelMessage(role="user", content="Hi"),))


def chat_client(url: str, connections: Connections, deadlines: Deadlines = PATIENT, **fields: Any) -> OpenAiChat:
    endpoint = Endpoint(
        provider="openai",
        model="gpt-1",
        base_url=url,
        headers={"Authorization": f"Bearer {SECRET}"},
        deadlines=deadlines,
        **fields,
    )
    return OpenAiChat(endpoint, connections)


def messages_client(
    url: str, connections: Connections, deadlines: Deadlines = PATIENT, **fields: Any
) -> AnthropicMessages:
    endpoint = Endpoint(
        provider="anthropic",
        model="claude-1",
        base_url=url,
        headers={"x-api-key": SECRET},
        deadlines=deadlines,
        **fields,
    )
    return AnthropicMessages(endpoint, connections)


async def pieces_of(model: Model, request: ModelRequest = REQUEST) -> list[Piece]:
    async with aclosing(model.stream(request)) as pieces:
        return [piece async for piece in pieces]


async def heard(model: Model, request: ModelRequest = REQUEST) -> tuple[str, Finished]:
    """Return all text and the end, and check that the end comes last and once."""
    *text, end = await pieces_of(model, request)
    assert isinstance(end, Finished)
    assert all(isinstance(piece, TextDelta) for piece in text)
    return "".join(piece.text for piece in text if isinstance(piece, TextDelta)), end
