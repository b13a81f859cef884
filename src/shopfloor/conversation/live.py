"""What a face hears while a turn runs: every event once it is journaled, and the text as it is released.

A turn may run in another process of the installation. What it releases is heard here where notices reach; its events
are found in the journal.
"""

import asyncio
import json
from collections import OrderedDict, defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields

from shopfloor.database.notices import NoNotices, Notices
from shopfloor.journal.events import Event, MessageWritten, ReplyComposed
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId

RELEASED = "released"
"""The topic of notices that hold a piece of text, with its conversation."""
STOP = "stop"
"""The topic of notices that name a conversation whose turn is to be stopped."""
MAX_ELSEWHERE = 1_000
"""Conversations of other processes of which it is kept what they released."""
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


RELEASED_FIELDS = [field.name for field in fields(Released)]
"""Another version may send more."""
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
    """Passes what happens in conversations on to all who follow them."""

    def __init__(
        self, notices: Notices | None = None, spoken: Callable[[ConversationId], None] = lambda _conversation: None
    ) -> None:
        """Start without followers; take what passes notices between processes, where there are others.

        `spoken` is told of each text that is released here, and neither blocks nor raises.
        """
        self._notices = notices or NoNotices()
        self._spoken = spoken
        self._followers: defaultdict[ConversationId, set[Follower]] = defaultdict(set)
        self._so_far: dict[ConversationId, list[Released]] = {}
        self._elsewhere: OrderedDict[ConversationId, list[Released]] = OrderedDict()
        self._notices.hear(RELEASED, self._hear_released)

    def tell(self, conversation: ConversationId, piece: Piece) -> None:
        """Pass on what happened in a turn of this process, or an event that was found in the journal."""
        if isinstance(piece, Released):
            self._so_far.setdefault(conversation, []).append(piece)
            self._spoken(conversation)
            self._notices.send(RELEASED, json.dumps([conversation, asdict(piece)]))
        elif isinstance(piece.data, MessageWritten):
            self._written(conversation, piece.data.message_id)
        elif isinstance(piece.data, ReplyComposed):
            self.forget(conversation)
        self._pass_on(conversation, piece)

    def so_far(self, conversation: ConversationId) -> list[Released]:
        """Return what was released of messages that are not journaled yet."""
        return [*self._so_far.get(conversation, ()), *self._elsewhere.get(conversation, ())]

    def ask_to_stop(self, conversation: ConversationId) -> None:
        """Let whichever other process runs a turn of a conversation stop it."""
        self._notices.send(STOP, conversation)

    def hear_stops(self, stop: Callable[[ConversationId], object]) -> None:
        """Let someone hear of the turns that other processes want stopped."""
        self._notices.hear(STOP, lambda text: stop(ConversationId(text)))

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
        self.forget_elsewhere(conversation)

    def forget_elsewhere(self, conversation: ConversationId) -> None:
        """Drop what other processes released of messages, since they journal them now and nobody follows here."""
        self._elsewhere.pop(conversation, None)

    def _hear_released(self, text: str) -> None:
        name, told = json.loads(text)
        conversation, piece = ConversationId(name), Released(**{field: told[field] for field in RELEASED_FIELDS})
        self._elsewhere.setdefault(conversation, []).append(piece)
        self._elsewhere.move_to_end(conversation)
        if len(self._elsewhere) > MAX_ELSEWHERE:
            self._elsewhere.popitem(last=False)
        self._pass_on(conversation, piece)

    def _pass_on(self, conversation: ConversationId, piece: Piece) -> None:
        for follower in self._followers.get(conversation, ()):
            follower.hear(piece)

    def _written(self, conversation: ConversationId, message: MessageId) -> None:
        for kept in (self._so_far, self._elsewhere):
            left = [piece for piece in kept.get(conversation, ()) if piece.message_id != message]
            if left:
                kept[conversation] = left
            else:
                kept.pop(conversation, None)
