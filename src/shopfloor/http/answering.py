"""The turns that posted messages start: each has a parent, and a caller that goes away stops none."""

import logging
from collections.abc import Awaitable, Callable

import anyio
from anyio import CapacityLimiter
from anyio.abc import TaskGroup

from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.kernel.ids import ConversationId

logger = logging.getLogger(__name__)

AGAIN_S = 5.0
"""How long something that runs in the background and broke is left alone."""


class Answering:
    """Answers conversations in the background, a bounded number at once and each by one task."""

    def __init__(self, chat: ChatOrchestrator, turns: int) -> None:
        """Take who answers, and how many conversations may be answered at once."""
        self._chat = chat
        self._slots = CapacityLimiter(turns)
        self._busy: dict[ConversationId, bool] = {}
        """The conversations that have a task, and whether something was posted since it last looked."""
        self._group: TaskGroup | None = None
        self._idle = anyio.Event()

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

    async def close(self, grace_s: float) -> None:
        """Begin no more turns, and give those under way some time to end."""
        self._group = None
        with anyio.move_on_after(grace_s):
            while self._busy:
                self._idle = anyio.Event()
                await self._idle.wait()

    async def _answer(self, conversation: ConversationId) -> None:
        try:
            is_left = True
            while is_left and self._group:
                async with self._slots:
                    self._busy[conversation] = False
                    await self._chat.answer(conversation)
                if self._group and not self._busy[conversation]:
                    await self._chat.summarise(conversation)
                is_left = self._busy[conversation]
        except Exception:  # the next message, or the next start, tries again
            logger.exception("%s could not be answered", conversation)
        finally:
            del self._busy[conversation]
            self._idle.set()


async def lasting(work: Callable[[], Awaitable[object]]) -> None:
    """Run something in the background to its end, and again where it breaks."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("%s broke and is started again", getattr(work, "__qualname__", work))
            await anyio.sleep(AGAIN_S)
        else:
            return
