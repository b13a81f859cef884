"""The turns that posted messages start: each has a parent, and a caller that goes away stops none."""

import logging
from collections.abc import Awaitable, Callable
from typing import cast

import anyio
from anyio import CapacityLimiter
from anyio.abc import TaskGroup

from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.unanswered import left_unanswered
from shopfloor.journal.contract import Journal
from shopfloor.kernel.errors import BrokenStream, WorldError
from shopfloor.kernel.ids import ConversationId, StreamId

logger = logging.getLogger(__name__)

AGAIN_S = 5.0
"""How long something that runs in the background and broke is left alone."""
WORKER = StreamId("worker/recovery")
"""What the one process holds that answers what others left."""
RECOVER_S = 1.0
"""How often it looks."""
FIRST_REST_S = 30.0
LONGEST_REST_S = 3_600.0
"""How long a conversation that breaks is left alone: twice as long each time, up to this."""
FIRST_PAUSE_S = 0.25
"""How long an answer that the world kept from being given waits at first; each time twice as long, up to `AGAIN_S`."""


class Answering:
    """Answers conversations in the background, a bounded number at once and each by one task."""

    def __init__(self, chat: ChatOrchestrator, journal: Journal, turns: int) -> None:
        """Take who answers, the journal that says what waits, and how many conversations may be answered at once."""
        self._chat = chat
        self._journal = journal
        self._given_up: dict[ConversationId, tuple[int, float]] = {}
        """The conversations that broke, how often, and until when they are left alone."""
        self._slots = CapacityLimiter(turns)
        self._busy: dict[ConversationId, bool] = {}
        """The conversations that have a task, and whether something was posted since it last looked."""
        self._group: TaskGroup | None = None
        self._idle = anyio.Event()
        self._closing = anyio.Event()

    @property
    def running(self) -> int:
        """Return how many conversations are being answered now."""
        return self._slots.borrowed_tokens

    def open(self, group: TaskGroup) -> None:
        """Take the parent of all turns."""
        self._group = group

    def start(self, conversation: ConversationId) -> None:
        """Answer a conversation soon. Where the server is ending, the next start does it."""
        if conversation in self._busy:
            self._busy[conversation] = True
        elif self._group:
            self._busy[conversation] = False
            self._group.start_soon(self._answer, conversation)

    async def recover(self) -> None:
        """Answer what processes that died left unanswered, as it is left, until cancelled.

        It waits while another process does so.
        """
        async with self._journal.hold(WORKER):
            while True:
                resting = {one for one, (_, until) in self._given_up.items() if until > anyio.current_time()}
                for conversation in await left_unanswered(self._journal, frozenset(self._busy.keys() | resting)):
                    self.start(conversation)
                await anyio.sleep(RECOVER_S)

    async def close(self, grace_s: float) -> None:
        """Begin no more turns, and give those under way some time to end."""
        self._group = None
        self._closing.set()
        with anyio.move_on_after(grace_s):
            while self._busy:
                self._idle = anyio.Event()
                await self._idle.wait()

    async def _answer(self, conversation: ConversationId) -> None:
        try:
            is_left = True
            while is_left and self._group:
                await self._answer_what_is_there(conversation)
                if self._group and not self._busy[conversation]:
                    await self._chat.summarise(conversation)
                is_left = self._busy[conversation]
        except Exception:  # it would break again: the next message tries again, and now and then who looks for it
            logger.exception("%s could not be answered", conversation)
            times, _ = self._given_up.get(conversation, (0, 0.0))
            has_more = self._busy[conversation]  # a message that came meanwhile does not wait for the rest to be over
            rest_s = 0.0 if has_more else min(FIRST_REST_S * 2.0**times, LONGEST_REST_S)
            self._given_up[conversation] = times + 1, anyio.current_time() + rest_s
        else:
            self._given_up.pop(conversation, None)
        finally:
            del self._busy[conversation]
            self._idle.set()

    async def _answer_what_is_there(self, conversation: ConversationId) -> None:
        """Answer a conversation; where the database or the disk fails, again and again until it works."""
        pause = FIRST_PAUSE_S
        while self._group:
            try:
                async with self._slots:
                    self._busy[conversation] = False
                    await self._chat.answer(conversation)
            except Exception as error:
                if not _is_passing(error):
                    raise
                if pause == FIRST_PAUSE_S:
                    logger.warning("%s waits for its answer: %s", conversation, error)
            else:
                return
            with anyio.move_on_after(pause):
                await self._closing.wait()
            pause = min(2 * pause, AGAIN_S)


def _is_passing(error: BaseException) -> bool:
    """Say whether an error is the world's fault, which may be over soon, and nothing else."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_passing(one) for one in cast("BaseExceptionGroup[BaseException]", error).exceptions)
    return isinstance(error, WorldError) and not isinstance(error, BrokenStream)


async def lasting(work: Callable[[], Awaitable[object]]) -> None:
    """Run something in the background to its end, and again where it breaks."""
    while True:
        try:
            await work()
        except Exception as error:
            name = getattr(work, "__qualname__", work)
            if _is_passing(error):
                logger.warning("%s is started again: %s", name, error)
            else:
                logger.exception("%s broke and is started again", name)
            await anyio.sleep(AGAIN_S)
        else:
            return
