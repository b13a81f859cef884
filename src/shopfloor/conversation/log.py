"""A conversation's state and its stream, kept in step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.conversation.live import Hub, Listener, Piece, Released
from shopfloor.conversation.state import ChatState, fold
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import Event, EventData, MessageWritten, PersonalErased
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.finishing import to_the_end
from shopfloor.kernel.ids import AgentId, IdSource, StreamId
from shopfloor.models.router import ModelRouter
from shopfloor.profiles.recollection import Recollection
from shopfloor.tools.contract import Toolset


@dataclass(frozen=True, slots=True)
class Desk:
    """What all turns of an installation share."""

    journal: Journal
    tools: Toolset
    clock: Clock
    ids: IdSource
    hub: Hub
    recollection: Recollection
    models: ModelRouter | None = None
    """Who thinks; None where no model is set up."""


class ConversationLog:
    """A conversation's state and its stream, kept in step."""

    def __init__(self, desk: Desk, state: ChatState, stream: StreamId, listener: Listener) -> None:
        """Take the state, which follows the stream from now on."""
        self.state = state
        self.stream = stream
        self._listener = listener
        self._desk = desk
        self._appending = asyncio.Lock()

    def tell(self, piece: Piece) -> None:
        """Tell the listener, and all who follow the conversation."""
        self._listener(piece)
        self._desk.hub.tell(self.state.conversation_id, piece)

    async def append(self, data: Sequence[EventData]) -> None:
        """Journal events, bring the state up to them, and tell the listener of each; to the end once it has begun."""
        if data:
            await to_the_end(self._append(data))

    async def _append(self, data: Sequence[EventData]) -> None:
        async with self._appending:
            recorded = await self._desk.journal.append(self.stream, data)
            if recorded[0].seq > self.state.seq + 1:  # somebody else, such as the customer, wrote in between
                recorded = await self._desk.journal.read(self.stream, after=self.state.seq)
            await self._take(recorded)

    async def catch_up(self) -> None:
        """Bring the state up to what others wrote, and let the listener hear what they said."""
        async with self._appending:
            events = await self._desk.journal.read(self.stream, after=self.state.seq)
            for event in events:
                if isinstance(event.data, MessageWritten) and event.data.role == "assistant":
                    self._listener(_released(event.data))
            await self._take(events)

    async def _take(self, events: Sequence[Event]) -> None:
        new = [event for event in events if event.seq > self.state.seq]
        if any(isinstance(event.data, PersonalErased) for event in new):  # the state holds what was erased
            whole = await self._desk.journal.read(self.stream)
            new = whole[self.state.seq :]
            self.state.become(fold(whole))
        for event in new:
            if event.seq > self.state.seq:
                self.state.apply(event)
            self.tell(event)


def _released(message: MessageWritten) -> Released:
    return Released(
        message_id=message.message_id,
        task_id=message.task_id or "",
        agent=message.agent or AgentId(""),
        agent_name=message.agent_name or "",
        text=message.content,
    )
