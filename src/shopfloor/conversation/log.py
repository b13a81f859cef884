"""A conversation's state and its stream, kept in step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.conversation.live import Listener, Released
from shopfloor.conversation.state import ChatState
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import Event, EventData, MessageWritten
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.ids import AgentId, IdSource, StreamId
from shopfloor.tools.contract import Toolset


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What all turns of an installation share."""

    journal: Journal
    tools: Toolset
    clock: Clock
    ids: IdSource


class ConversationLog:
    """A conversation's state and its stream, kept in step."""

    def __init__(self, desk: Desk, state: ChatState, stream: StreamId, listener: Listener) -> None:
        """Take the state, which follows the stream from now on."""
        self.state = state
        self.stream = stream
        self.listener = listener
        self._desk = desk
        self._appending = asyncio.Lock()

    async def append(self, data: Sequence[EventData]) -> None:
        """Journal events, bring the state up to them, and tell the listener of each."""
        if not data:
            return
        async with self._appending:
            recorded = await self._desk.journal.append(self.stream, data)
            if recorded[0].seq > self.state.seq + 1:  # somebody else, such as the customer, wrote in between
                recorded = await self._desk.journal.read(self.stream, after=self.state.seq)
            self._take(recorded)

    async def catch_up(self) -> None:
        """Bring the state up to what others wrote, and let the listener hear what they said."""
        async with self._appending:
            events = await self._desk.journal.read(self.stream, after=self.state.seq)
            for event in events:
                if isinstance(event.data, MessageWritten) and event.data.role == "assistant":
                    self.listener(_released(event.data))
            self._take(events)

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.seq > self.state.seq:
                self.state.apply(event)
                self.listener(event)


def _released(message: MessageWritten) -> Released:
    return Released(
        task_id=message.task_id or "",
        agent=message.agent or AgentId(""),
        agent_name=message.agent_name or "",
        text=message.content,
    )
