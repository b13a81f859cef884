"""What customers wrote, as code reads it: in which language it is, in English, and as they put it."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from anyio import to_thread

from shopfloor.agents.card import AgentCard
from shopfloor.agents.sentences import Speaker, sentences
from shopfloor.agents.templates import render
from shopfloor.conversation.notices import notice_in
from shopfloor.conversation.state import ChatState, Turn
from shopfloor.journal.events import MessageWritten, TurnStarted
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import MessageId
from shopfloor.language.detection import detect, is_loaded
from shopfloor.language.gloss import Glossed, glossed
from shopfloor.language.languages import DEFAULT, LANGUAGES, Language
from shopfloor.language.masking import masked
from shopfloor.planning.leaning import LOOKS_UP
from shopfloor.planning.plan import Plan, Task

TICKET = "open_ticket"
"""The write that passes a matter on to a person."""
MAX_CHARACTERS = 8_000
"""Of one message."""
SHORT = 500
"""Letters that are read so soon that no other turn feels it."""
HARMLESS = "\n\t\r\u200d\ufe0f"
"""Not printable, yet text: line ends, tabs, and what joins an emoji's parts."""
EPOCH = datetime.fromtimestamp(0, UTC)


def prepare() -> None:
    """Read what is read from files, so that no turn waits for it."""
    for language in LANGUAGES:
        sentences(language)
    notice_in("")


async def language_of(messages: Sequence[MessageWritten], before: Language) -> Language | None:
    """Return the language that messages are written in, `before` where they do not tell; None for one of no use."""
    said = "\n".join(message.content for message in messages)
    is_quick = len(said) < SHORT and is_loaded()
    return detect(said, before) if is_quick else await to_thread.run_sync(detect, said, before)


async def heard(contents: Sequence[str], language: Language) -> list[str]:
    """Return what was written in English, as far as it is known."""
    return [content.english for content in await read_in(contents, language)]


async def read_in(contents: Sequence[str], language: Language) -> list[Glossed]:
    """Return what was written beside its English, as far as it is known."""
    if language == DEFAULT:
        return [Glossed(content, ()) for content in contents]
    return await to_thread.run_sync(lambda: [glossed(content, language) for content in contents])


def contents_of(state: ChatState, message_ids: Collection[MessageId]) -> list[str]:
    """Return the words of some messages, as the customer put them."""
    return [message.content for message in state.messages if message.message_id in message_ids]


def original(state: ChatState, turn: Turn, task: Task) -> str:
    """Return the customer's own words that a task stems from: the staff read those, not their English."""
    if state.language == DEFAULT:
        return task.task
    begun = (task.continues or "").split("/")
    ids = next(
        (e.data.message_ids for e in state.events if isinstance(e.data, TurnStarted) and e.data.turn_id in begun),
        turn.message_ids,
    )
    return "\n".join(contents_of(state, ids))[:8_000] or task.task


def in_language(plan: Plan, state: ChatState, contents: Sequence[str], cards: Sequence[AgentCard]) -> Plan:
    """Return a plan with its status lines in the conversation's language, and with answers as the customer put them.

    An answer that counts as a whole, such as what happened, goes to the staff.
    """
    if state.language == DEFAULT:
        return plan
    known = {card.id: card for card in cards}
    if [task.skill for task in plan.tasks] == [LOOKS_UP]:  # pages may be in the customer's language
        plan = plan.model_copy(update={"tasks": (plan.tasks[0].model_copy(update={"task": "\n".join(contents)}),)})
    tasks = [_in_language(task, known[task.agent], state, "\n".join(contents)) for task in plan.tasks]
    return plan.model_copy(update={"tasks": tuple(tasks)})


def _in_language(task: Task, card: AgentCard, state: ChatState, content: str) -> Task:
    waiting = state.waiting.get(task.continues or "")
    slot = waiting.slot if waiting else None
    arguments = dict(task.arguments)
    if slot in arguments and slot in card.slots and card.slots[slot].type == "text":
        arguments[slot] = content
    return task.model_copy(update={"arguments": arguments, "status_line": _status(task, card, state.language)})


def _status(task: Task, card: AgentCard, language: Language) -> str:
    skill = card.skill(task.skill)
    text, said_in = card.text(skill.status, language) if skill else ("", DEFAULT)
    if said_in == DEFAULT:
        return task.status_line
    speaker = Speaker(language=language, texts={}, now=EPOCH, zone=UTC)
    values = {name: speaker.say(one) if isinstance(one, str) else one for name, one in task.arguments.items()}
    return render(text, {**dict.fromkeys(card.slots), **values, "request": task.task}, language=language)[:300]


def readable(text: str) -> str:
    """Return a message's text without blanks at its ends and control characters, and with secrets masked.

    Raises:
        InvalidInput: it is empty, too long, or no text.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"the message has {len(text):,} characters: at most {MAX_CHARACTERS:,} can be read")
    # Control characters could steer the terminal or the page of whoever reads the conversation.
    content = "".join(letter for letter in text if letter.isprintable() or letter in HARMLESS).strip()
    if (len(text.strip()) - len(content)) * 20 > len(text):
        raise InvalidInput("the message is not readable text: send plain text in UTF-8")
    if not content:
        raise InvalidInput("the message is empty: write what you would like to know")
    return masked(content)
