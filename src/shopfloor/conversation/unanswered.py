"""What waits for an answer: a conversation that nobody is answering, and a message among the others."""

from collections.abc import Sequence

from shopfloor.journal.contract import Journal
from shopfloor.journal.events import Event, MessageWritten, ReplyComposed
from shopfloor.kernel.ids import ConversationId, conversation_in


async def left_unanswered(journal: Journal, skip: frozenset[ConversationId] = frozenset()) -> Sequence[ConversationId]:
    """Return the conversations that wait for an answer and that no process holds, the longest waiting first."""
    left: list[ConversationId] = []
    for stream in await journal.unanswered():
        conversation = conversation_in(stream)
        if conversation is None or conversation in skip:
            continue
        async with journal.hold(stream, wait=False) as is_free:
            if is_free:
                left.append(conversation)
    return left


def waiting_for_answer(events: Sequence[Event], content: str) -> Event | None:
    """Return the customer's message of just these words that nobody has answered yet."""
    answered = {one for event in events if isinstance(event.data, ReplyComposed) for one in event.data.message_ids}
    for event in reversed(events):
        match event.data:
            case MessageWritten(role="user", content=said, message_id=one) if said == content and one not in answered:
                return event
            case _:
                continue
    return None
