"""What a colleague of the shop has to know before they answer: the matter, who asks, what was tried, the last words."""

from collections.abc import Sequence

from shopfloor.conversation.state import ChatState
from shopfloor.journal.events import ActionMoved, HandedOff, MessageWritten, TaskStatus, ToolCalled
from shopfloor.language.languages import DEFAULT
from shopfloor.planning.plan import Task

LONGEST = 3_000
"""Letters; a ticket takes a thousand more, for what the customer was asked for it."""
MESSAGES = 20
EVENTS = 400
"""So far back orders and tries are looked for."""
TRIED = 8
ENDINGS = {"done": "done", "needs_input": "asked the customer", "handed_off": "handed over", "failed": "failed"}


def briefing(state: ChatState, task: Task, wanted: str) -> str:
    """Return the summary for a ticket, in plain text, the newest words last; what is too long is cut at its start.

    `wanted` is the matter in the customer's own words.
    """
    head = [
        f"Wanted: {_short(wanted, 600)}",
        *([f"Language: {state.language}"] if state.language != DEFAULT else []),
        f"Customer: {_who(state)}",
        f"Orders named: {_listed(_orders(state))}",
        f"Tried: {_listed(_tried(state, task))}",
        "Conversation:",
    ]
    told = "\n".join(head)
    room = max(LONGEST - len(told) - 1, 0)
    return f"{told}\n{transcript(state.messages)[-room:] if room else ''}"


def transcript(messages: Sequence[MessageWritten]) -> str:
    """Return the last messages, each with who wrote it."""
    return "\n".join(f"{message.agent_name or 'Customer'}: {message.content}" for message in messages[-MESSAGES:])


def _who(state: ChatState) -> str:
    identity = state.identity
    if identity.is_signed_in:
        return f"{identity.name or identity.customer_id}, signed in"
    opened = ", ".join(f"#{number}" for number in sorted(identity.order_numbers))
    return f"a guest who has shown that {opened} is theirs" if opened else "a guest, not verified"


def _orders(state: ChatState) -> list[str]:
    """Return the orders that agents looked for or were to look for, and the one talked about; each once, in order."""
    called = [event.data.tool_args for event in state.events[-EVENTS:] if isinstance(event.data, ToolCalled)]
    planned = [task.arguments for task in state.plan.tasks] if state.plan else []
    numbers = [str(number) for args in (*called, *planned) if (number := args.get("order_number"))]
    focus = [str(state.focus.order_number)] if state.focus.order_number else []
    return [f"#{number}" for number in dict.fromkeys([*numbers, *focus])]


def _tried(state: ChatState, task: Task) -> list[str]:
    """Return what agents did before: the last tasks with their ends, and the actions that came of them."""
    tried: dict[str, None] = {}
    for event in state.events[-EVENTS:]:
        match event.data:
            case TaskStatus(status=status, agent_name=name, agent=agent) if status in ENDINGS and agent != task.agent:
                tried[f"{name} ({ENDINGS[status]})"] = None
            case ActionMoved(kind=kind, state=moved) if (
                moved not in {"proposed", "confirmed"} and kind != "open_ticket"
            ):
                tried[f"{kind.replace('_', ' ')} ({moved.replace('_', ' ')})"] = None
            case HandedOff(reason=reason):
                tried[_short(reason, 200)] = None
            case _:
                continue
    return list(tried)[-TRIED:]


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts) if parts else "none"


def _short(text: str, length: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= length else f"{plain[:length]}..."
