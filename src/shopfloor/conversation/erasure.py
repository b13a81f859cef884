"""What of a conversation can be erased at a moment, so that nothing of it is lost that is still under way."""

from collections.abc import Sequence
from datetime import datetime

from shopfloor.actions.store import LIVE
from shopfloor.conversation.state import ChatState
from shopfloor.journal.events import ActionMoved, MessageWritten, ReplyComposed, SignalReceived
from shopfloor.kernel.errors import Conflict


def open_actions(state: ChatState) -> Sequence[ActionMoved]:
    """Return the actions that wait for the merchant, or of which nobody knows yet whether they happened.

    Without its arguments such an action could be neither approved nor looked up. A wait without an end is none: nobody
    is asked for a yes, and a ticket has been opened for it.
    """
    last = {event.data.key: event.data for event in state.events if isinstance(event.data, ActionMoved)}
    return [
        action
        for action in last.values()
        if action.state in LIVE and not (action.state == "needs_approval" and action.expires_at is None)
    ]


def erasable(state: ChatState) -> int:
    """Return the number of the last event before the first message, or signal, that waits for an answer."""
    answered = {
        one for event in state.events if isinstance(event.data, ReplyComposed) for one in event.data.message_ids
    }
    for event in state.events:
        match event.data:
            case MessageWritten(role="user", message_id=one) | SignalReceived(message_id=one) if one not in answered:
                return event.seq - 1
            case _:
                continue
    return state.seq


def check_is_over(state: ChatState, *, idle_since: datetime | None = None) -> None:
    """Check that nothing of a conversation is open, and where an instant is given that it has rested since.

    Raises:
        Conflict: naming what it waits for.
    """
    name = state.conversation_id
    waiting = open_actions(state)
    if waiting:
        kinds = ", ".join(f"{action.kind} ({action.state})" for action in waiting)
        raise Conflict(f"the conversation {name} waits for {kinds}: decide on it, or see it settled, and try again")
    if idle_since is None:
        return
    if erasable(state) < state.seq:
        raise Conflict(f"the conversation {name} holds a message that waits for its answer: try again once it is given")
    if state.events and state.events[-1].at >= idle_since:
        raise Conflict(f"the conversation {name} goes on: it is not old any more")
