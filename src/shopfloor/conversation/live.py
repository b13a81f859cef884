"""What a face hears while a turn runs: every event once it is journaled, and the text as it is released."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shopfloor.journal.events import Event, MessageWritten, ReplyComposed
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId

MAX_BEHIND = 1_000
"""Pieces that a follower may lag behind; one that is slower is let go, and comes back for what it missed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Released:
    """A sentence, or several lines of one text, that passed the check; pieces joined are the message."""

    message_id: MessageId
    task_id: str
    agent: AgentId
    agent_name: str
    text: str


Piece = Event | Released
Listener = Callable[[Piece], None]
"""Is called in order; must neither block nor raise."""


def nobody(_piece: Piece) -> None:
    """Listen to nothing."""


class Follower:
    """One who follows a conversation from now on."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue(MAX_BEHIND)
        self.is_lost = False
        """Whether it fell too far behind: it has to read the journal again."""
        self.heard = 0
        """The number of the newest event that it was told, whether or not it has taken it yet."""

    def hear(self, piece: Piece) -> None:
        """Take a piece; one that is full hears nothing any more."""
        if self.is_lost or self._pieces.full():
            self.is_lost = True
            return
        self._pieces.put_nowait(piece)
        if not isinstance(piece, Released):
            self.heard = max(self.heard, piece.seq)

    async def next(self) -> Piece | None:
        """Wait for the next piece; None once all that was heard before it got lost has been given."""
        if self.is_lost and self._pieces.empty():
            return None
        return await self._pieces.get()

    def at_once(self) -> Piece | None:
        """Return a piece that was heard already, or None."""
        return None if self._pieces.empty() else self._pieces.get_nowait()


class Hub:
    """Passes what happens in this process's conversations on to all who follow them."""

    def __init__(self, spoken: Callable[[ConversationId], None] = lambda _conversation: None) -> None:
        """Start without followers; `spoken` is told of each text that is released, and neither blocks nor raises."""
        self._spoken = spoken
        self._followers: defaultdict[ConversationId, set[Follower]] = defaultdict(set)
        self._so_far: dict[ConversationId, list[Released]] = {}

    def tell(self, conversation: ConversationId, piece: Piece) -> None:
        """Pass a piece on."""
        if isinstance(piece, Released):
            self._so_far.setdefault(conversation, []).append(piece)
            self._spoken(conversation)
        elif isinstance(piece.data, MessageWritten):
            self._written(conversation, piece.data.message_id)
        elif isinstance(piece.data, ReplyComposed):
            self._so_far.pop(conversation, None)
        for follower in self._followers.get(conversation, ()):
            follower.hear(piece)

    def so_far(self, conversation: ConversationId) -> list[Released]:
        """Return what was released of messages that are not journaled yet."""
        return list(self._so_far.get(conversation, ()))

    @asynccontextmanager
    async def follow(self, conversation: ConversationId) -> AsyncGenerator[Follower]:
        """Follow a conversation."""
        follower = Follower()
        self._followers[conversation].add(follower)
        try:
            yield follower
        finally:
            self._followers[conversation].discard(follower)
            if not self._followers[conversation]:
                del self._followers[conversation]

    def followed(self) -> list[ConversationId]:
        """Return the conversations that somebody follows."""
        return list(self._followers)

    def forget(self, conversation: ConversationId) -> None:
        """Drop what was released of messages that will never be journaled, since their turn broke off."""
        self._so_far.pop(conversation, None)

    def _written(self, conversation: ConversationId, message: MessageId) -> None:
        left = [piece for piece in self._so_far.get(conversation, ()) if piece.message_id != message]
        if left:
            self._so_far[conversation] = left
        else:
            self._so_far.pop(conversation, None)
