"""Has the oldest turns of a long conversation summarised for models, after the reply: nobody waits for it.

The conversation is not held while a model thinks. What it says is dropped where somebody wrote or erased meanwhile.

A summary is what a model made of others' words: later models read it as data, and nothing is proven by it. Where none
comes about, code shortens the history instead (`agents.prompts.bounded`).
"""

import logging
from collections.abc import Sequence
from itertools import accumulate

import anyio

from shopfloor.agents.prompt_texts import KeptPrompts, Prompts
from shopfloor.agents.prompts import SUMMARISE, bounded, data
from shopfloor.conversation.hearing import readable
from shopfloor.conversation.live import nobody
from shopfloor.conversation.log import ConversationLog, Desk
from shopfloor.conversation.state import ChatState
from shopfloor.conversation.thought import model_called
from shopfloor.journal.events import EventData, HistorySummarised, MessageWritten, TurnStarted
from shopfloor.kernel.errors import BadAnswer, ShopfloorError
from shopfloor.kernel.ids import ConversationId, StreamId
from shopfloor.language.safety import screen
from shopfloor.models.answer import ask
from shopfloor.models.contract import Model, ModelMessage, ModelRequest
from shopfloor.models.estimate import LETTERS_PER_TOKEN
from shopfloor.models.ledger import ModelCall
from shopfloor.models.thinking import Thinking
from shopfloor.models.tiers import Work

logger = logging.getLogger(__name__)

LONG = 6_000 * LETTERS_PER_TOKEN
"""Letters of messages from which on the oldest are summarised; about a quarter of what a model reads at once."""
KEPT = 2_000 * LETTERS_PER_TOKEN
"""Letters of the latest turns that stay whole; the last one does, however long it is."""
READ = 12_000 * LETTERS_PER_TOKEN
"""Letters that are summarised at once; what is longer takes several summaries, each after a turn."""
AGAIN = 1_000 * LETTERS_PER_TOKEN
"""Letters by which a history has to grow for the next try, after one in vain."""
WITHIN_S = 8.0
MAX_ANSWER_TOKENS = 1_500
MAX_SUMMARY = 2_400
"""Letters."""


class Summaries:
    """Makes them, one at a time for each conversation."""

    def __init__(self, desk: Desk, prompts: KeptPrompts) -> None:
        """Take what all turns share, and what models are told."""
        self._desk = desk
        self._prompts = prompts
        self._under_way: dict[ConversationId, anyio.CancelScope] = {}

    def give_up(self, conversation: ConversationId) -> None:
        """End the one that is under way in this process, if any: somebody wants the conversation."""
        if scope := self._under_way.get(conversation):
            scope.cancel()

    async def make(self, state: ChatState, stream: StreamId, payer: str) -> None:
        """Summarise what is due, at the expense of whoever the turns counted to; that it fails harms nobody."""
        if self._desk.models is None or not due(state) or state.conversation_id in self._under_way:
            return
        try:
            log = ConversationLog(self._desk, state, stream, nobody)
            async with self._desk.journal.hold(stream, wait=False) as is_free:
                if not is_free:
                    return
                await log.catch_up()
                as_of = state.seq
            if told := await self._made(state, Thinking(self._desk.models, payer)):
                await self._keep(log, told, as_of)
        except Exception:  # nothing depends on it, so nothing may break by it
            logger.exception("%s could not be summarised", state.conversation_id)

    async def _keep(self, log: ConversationLog, told: Sequence[EventData], as_of: int) -> None:
        """Journal what came of a try, unless the conversation has gone on since then."""
        async with self._desk.journal.hold(log.stream, wait=False) as is_free:
            if is_free:
                await log.catch_up()
                if log.state.seq == as_of:
                    await log.append(told)

    async def _made(self, state: ChatState, thinking: Thinking) -> Sequence[EventData]:
        """Return what is to be journaled of a try: nothing where none is due, or where it was given up."""
        messages = due(state)
        turns = [event.data.turn_id for event in state.events if isinstance(event.data, TurnStarted)]
        if not messages or not turns or state.unanswered:
            return ()
        up_to = state.place_of(messages[-1])
        calls: list[ModelCall] = []

        async def hear(call: ModelCall) -> None:
            calls.append(call)

        text = ""
        with anyio.CancelScope() as scope:
            self._under_way[state.conversation_id] = scope
            try:
                request = _request(state, messages, await self._prompts.in_force())
                with anyio.move_on_after(WITHIN_S):
                    text = await _asked(thinking.model_for(Work(task_class="summary"), hear), request)
            except ShopfloorError as error:
                logger.warning("no model summarised %s: %s", state.conversation_id, error)
            finally:
                del self._under_way[state.conversation_id]
        if scope.cancel_called:
            return ()
        told: list[EventData] = [model_called(call, turns[-1], "") for call in calls]
        if text:
            told.append(HistorySummarised(turn_id=turns[-1], up_to=up_to, text=text))
        return told


def due(state: ChatState) -> Sequence[MessageWritten]:
    """Return the messages that are to be summarised next: whole turns, the oldest, where all are long together."""
    recent = state.recent
    letters = [0, *accumulate(len(message.content) for message in recent)]
    if letters[-1] < LONG + AGAIN * state.vain_summaries:
        return ()
    begins = [
        place for place in range(1, len(recent)) if recent[place].role == "user" and recent[place - 1].role != "user"
    ]
    if not begins:
        return ()
    kept = next((place for place in begins if letters[-1] - letters[place] <= KEPT), begins[-1])
    return recent[: max((place for place in begins if place <= kept and letters[place] <= READ), default=begins[0])]


def _request(state: ChatState, messages: Sequence[MessageWritten], prompts: Prompts) -> ModelRequest:
    """Return what a model reads for it: the summary before, then each message, as data; what steers is left out."""
    told = [data("summary", state.summary)] if state.summary else []
    told += [
        data("customer" if message.role == "user" else message.agent or "shop", message.content)
        for message in messages
        if message.role != "user" or not screen(message.content).injection
    ]
    return bounded(
        ModelRequest(
            system=prompts.fill("summary_system", {}),
            messages=tuple(ModelMessage(role="user", content=content) for content in (*told, SUMMARISE)),
            max_output_tokens=MAX_ANSWER_TOKENS,
        )
    )


async def _asked(model: Model, request: ModelRequest) -> str:
    """Return a model's summary, in plain letters and without secrets.

    Raises:
        ShopfloorError: there is none, or none that models may read.
    """
    answer = await ask(model, request)
    if answer.finished.reason != "stop":
        raise BadAnswer(f"the summary ended with {answer.finished.reason}")
    text = readable(answer.text)
    if screen(text).injection:
        raise BadAnswer("the summary tries to steer whoever reads it")
    return text if len(text) <= MAX_SUMMARY else f"{text[:MAX_SUMMARY]}..."
