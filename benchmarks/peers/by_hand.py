"""The loop around a model as one writes it by hand; the peers `raw_*` differ in how they send what it asks."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from assignment import MODEL, PLANNER, SPECIALISTS, TOOLS, Emit, Turn

FUNCTIONS = {tool.__name__: tool for tool in TOOLS.values()}
Message = dict[str, Any]


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


def _schema(name: str, description: str, properties: dict[str, dict[str, str]], required: str) -> list[Message]:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": [required],
        "additionalProperties": False,
    }
    return [{"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}]


SCHEMAS = {
    "orders": _schema(
        "get_order_status", "Look up the status of an order.", {"order_id": _text("The order number.")}, "order_id"
    ),
    "products": _schema(
        "search_products",
        "Search the product catalogue.",
        {
            "query": _text("Free-text query."),
            "gender": _text("men, women or kids."),
            "size": _text("Shoe size."),
        },
        "query",
    ),
}


class Heard:
    """What a model said in one answer."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self.text: list[str] = []
        self.calls: dict[int, Message] = {}

    def take(self, data: bytes | str, agent: str, emit: Emit) -> None:
        """Take the JSON of one event."""
        choices = json.loads(data)["choices"]
        if not choices:
            return
        delta = choices[0]["delta"]
        if content := delta.get("content"):
            self.text.append(content)
            emit(agent, content)
        for part in delta.get("tool_calls") or ():
            function = part["function"]
            self.call(part["index"], part.get("id"), function.get("name"), function.get("arguments"))

    def call(self, index: int, call_id: str | None, name: str | None, arguments: str | None) -> None:
        """Take a part of a tool call."""
        call = self.calls.setdefault(index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call["id"] = call_id or call["id"]
        call["function"]["name"] += name or ""
        call["function"]["arguments"] += arguments or ""


Ask = Callable[[Message, str, Emit], Awaitable[Heard]]
"""Sends the body of a request for an agent, and hears the streamed answer."""
AskPlan = Callable[[Message], Awaitable[str]]
"""Sends the body of a request, and returns the answer's text."""


def turn_of(ask_plan: AskPlan, ask: Ask) -> Turn:
    """Return a turn that asks in these ways."""

    async def specialist(agent: str, task: str, emit: Emit) -> str:
        messages: list[Message] = [
            {"role": "system", "content": SPECIALISTS[agent]},
            {"role": "user", "content": task},
        ]
        body = {
            "model": MODEL,
            "messages": messages,
            "tools": SCHEMAS[agent],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        while True:
            heard = await ask(body, agent, emit)
            if not heard.calls:
                return "".join(heard.text)
            messages.append({"role": "assistant", "content": None, "tool_calls": list(heard.calls.values())})
            for call in heard.calls.values():
                function = call["function"]
                output = await FUNCTIONS[function["name"]](**json.loads(function["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": output})

    async def turn(user: str, emit: Emit) -> str:
        messages = [{"role": "system", "content": PLANNER}, {"role": "user", "content": user}]
        body = {"model": MODEL, "messages": messages, "response_format": {"type": "json_object"}}
        plan = json.loads(await ask_plan(body))
        replies = (specialist(task["agent"], task["task"], emit) for task in plan["tasks"])
        return "\n".join(await asyncio.gather(*replies))

    return turn
