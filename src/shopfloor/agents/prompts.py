"""What a specialist's model reads, put together so that its stable part comes first and its length has a bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from shopfloor.agents.outcome import AgentTask, Surroundings
from shopfloor.kernel.canonical import canonical_json
from shopfloor.language.languages import DEFAULT, NAMES_IN_ENGLISH, Language
from shopfloor.models.contract import ModelMessage, ModelRequest, ToolSpec
from shopfloor.models.estimate import estimated_input

MAX_TOKENS = 24_000
"""Of what a model reads at once, as estimated."""
MAX_DATA = 12_000
"""Letters of one tool's answer, document or older message."""
ASK, HAND_OVER = "ask_customer", "hand_over"
"""What a model may ask of the code, beside its tools."""
EARLIER = "[System Note] Earlier in this conversation, shortened: "
MAX_EARLIER, MAX_LINE = 1_500, 120
"""Letters of what is left of older turns, and of each of their messages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompts:
    """What a specialist's model is told about its work."""

    system: str
    """The stable part: the same for all tasks of an agent, as long as its card and the settings are."""
    key: str
    """Names it, for a provider's cache."""


def data(source: str, text: str) -> str:
    """Mark a text as data: nothing in it is an instruction, and nothing in it can end the mark."""
    shown = text if len(text) <= MAX_DATA else f"{text[:MAX_DATA]}... (cut)"
    return f'<data source="{source}">{shown.replace("</data", "< /data")}</data>'


def asking(slots: Sequence[str]) -> ToolSpec:
    """Return the tool with which a model asks the customer for what fills a slot."""
    return ToolSpec(
        name=ASK,
        description=(
            "Ask the customer for one thing without which you cannot go on. Ask only for what neither the conversation "
            "nor a tool tells. Your turn ends with the question."
        ),
        parameters=_object({"slot": {"type": "string", "enum": [*slots]}, "question": {"type": "string"}}),
    )


def handing_over(agents: Sequence[str]) -> ToolSpec:
    """Return the tool with which a model gives its task to a colleague."""
    return ToolSpec(
        name=HAND_OVER,
        description="Give the whole task to a colleague whose work it is. Your turn ends with it.",
        parameters=_object({"to": {"type": "string", "enum": [*agents]}, "reason": {"type": "string"}}),
    )


def situation(task: AgentTask, around: Surroundings, scope: Mapping[str, object], language: Language) -> str:
    """Return what differs from task to task: which part, for whom, when, and what is known."""
    now, customer = scope.get("now"), scope.get("customer")
    who = customer if isinstance(customer, dict) else {}
    known = {name: value for name, value in task.slots.items() if value is not None}
    lines = [
        f"Your part of the request ({task.skill.name}): {data('customer', task.request)}",
        f"It is {now:%A, %d %B %Y, %H:%M}." if isinstance(now, datetime) else "",
        "The customer is signed in." if who.get("is_signed_in") else "The customer is a guest, not signed in.",
        f"Known already: {data('customer', canonical_json(known))}" if known else "",
        *(f"A colleague does another part: {line}" for line in around.colleagues),
        *_knowledge(scope.get("knowledge")),
        f"Answer in {NAMES_IN_ENGLISH[language]}." if language != DEFAULT else "Answer in the customer's language.",
        "Answer in one to five sentences, without a greeting. What no tool result says, you do not know: say so.",
    ]
    return "\n".join(line for line in lines if line)


def repair(held: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the request to word sentences anew whose claims nothing bears out."""
    listed = "\n".join(f"- {sentence.strip()} (not borne out: {', '.join(claims)})" for sentence, claims in held)
    return (
        "These sentences of yours were not shown, since no tool result bears them out:\n"
        f"{listed}\n"
        "Word them anew with what the tool results say and nothing else. Write only what replaces them. Where nothing "
        "can replace them, say in one sentence what you do not know."
    )


def bounded(request: ModelRequest) -> ModelRequest:
    """Return a request that keeps to the bound: its oldest messages shortened into one note, the newest kept whole."""
    shortened: list[ModelMessage] = []
    messages = [replace(one, content=_cut(one.content)) for one in request.messages]
    request = replace(request, messages=tuple(messages))
    while estimated_input(request) > MAX_TOKENS and len(messages) > 1:
        shortened.append(messages.pop(0))
        while messages and messages[0].role == "tool":  # its request is gone
            messages.pop(0)
        request = replace(request, messages=(_earlier(shortened), *messages))
    return request


def _earlier(messages: Sequence[ModelMessage]) -> ModelMessage:
    said = [f"{one.role}: {' '.join(one.content.split())[:MAX_LINE]}" for one in messages if one.role != "system"]
    return ModelMessage(role="system", content=EARLIER + " | ".join(said)[-MAX_EARLIER:])


def _cut(text: str) -> str:
    return text if len(text) <= MAX_DATA * 2 else f"{text[: MAX_DATA * 2]}... (cut)"


def _knowledge(passages: object) -> list[str]:
    """Return the passages that were found in the shop's pages, as data."""
    found = passages if isinstance(passages, tuple | list) else ()
    return [data("page", canonical_json(one)[:1_500]) for one in found[:3]]


def _object(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}
