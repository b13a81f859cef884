"""Nothing is kept longer than the shop's settings say: what a server does at its times, and `audit retain` at once."""

import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shopfloor.agents.brand import RetentionRules
from shopfloor.agents.settings import Settings
from shopfloor.conversation.erasure import check_is_over
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.state import fold
from shopfloor.journal.record_events import RECORDS, RetentionApplied
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import Conflict, NotFound, StorageError
from shopfloor.kernel.ids import CONVERSATIONS, ConversationId, StreamId
from shopfloor.privacy.holdings import Holdings
from shopfloor.privacy.staff_actions import StaffActions

logger = logging.getLogger(__name__)

PAGE = 200
Kind = Literal["conversations", "staff_actions", "outreaches", "model_calls"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """What became of what is old, of one kind."""

    kind: Kind
    before: datetime
    """What had not moved since then is old."""
    count: int
    """How many were erased or removed, or would be."""
    kept: tuple[str, ...] = ()
    """Why some stay for now: something in them is open."""


class Retention:
    """Erases and removes what is old."""

    def __init__(self, chat: ChatOrchestrator, holdings: Holdings, settings: Settings, clock: Clock) -> None:
        """Take who erases conversations, what holds the rest, the settings, and the clock that things grow old by."""
        self._chat = chat
        self._journal = holdings.journal
        self._outreaches = holdings.outreaches
        self._ledger = holdings.ledger
        self._staff_actions = StaffActions(holdings.journal, holdings.actions, holdings.shop)
        self._settings = settings
        self._clock = clock

    async def apply(self, *, is_trial: bool = False) -> Sequence[Removed]:
        """Remove what is old by the settings, or only tell what would be; nothing of a kind that they do not name.

        What was removed is journaled.
        """
        rules = (await self._settings.in_force()).retention
        done = [await self._applied(kind, days, is_trial=is_trial) for kind, days in kept_days(rules).items()]
        if not is_trial:
            told = [
                RetentionApplied(kind=one.kind, before=one.before, count=one.count, kept=len(one.kept))
                for one in done
                if one.count
            ]
            await self._journal.append(RECORDS, told)
        return done

    async def _applied(self, kind: Kind, days: int, *, is_trial: bool) -> Removed:
        before = self._clock.now() - timedelta(days=days)
        match kind:
            case "conversations":
                return await self._conversations(before, is_trial=is_trial)
            case "staff_actions":
                return await self._by_staff(before, is_trial=is_trial)
            case "outreaches":
                return await self._of_outreaches(before, is_trial=is_trial)
            case "model_calls":
                return await self._model_calls(before, is_trial=is_trial)

    async def _conversations(self, before: datetime, *, is_trial: bool) -> Removed:
        count, kept = 0, list[str]()
        async for stream in self._idle(before):
            try:
                if is_trial:
                    check_is_over(fold(await self._journal.read(stream)), idle_since=before)
                    count += 1
                else:
                    conversation = ConversationId(stream.removeprefix(CONVERSATIONS))
                    count += bool(await self._chat.erase(conversation, idle_since=before))
            except Conflict as error:
                kept.append(str(error))
            except (StorageError, NotFound, ValueError):  # one conversation must not keep the others
                logger.exception("%s cannot be erased", stream)
        return Removed(kind="conversations", before=before, count=count, kept=tuple(kept))

    async def _idle(self, before: datetime) -> AsyncGenerator[StreamId]:
        after: StreamId | None = None
        while page := await self._journal.idle(before, after=after, limit=PAGE):
            for stream in page:
                if stream.startswith(CONVERSATIONS):
                    yield stream
            after = page[-1]

    async def _by_staff(self, before: datetime, *, is_trial: bool) -> Removed:
        done = await self._staff_actions.erase_old(before, is_trial=is_trial)
        kept = tuple(f"{one}: {why}" for one, why in done.open_actions.items())
        return Removed(kind="staff_actions", before=before, count=done.actions, kept=kept)

    async def _of_outreaches(self, before: datetime, *, is_trial: bool) -> Removed:
        count, after = 0, ""
        while page := await self._outreaches.old(before, after=after, limit=PAGE):
            count += len(page) if is_trial else await self._outreaches.remove(page)
            after = page[-1]
        return Removed(kind="outreaches", before=before, count=count)

    async def _model_calls(self, before: datetime, *, is_trial: bool) -> Removed:
        count = await self._ledger.count(before) if is_trial else 0
        while not is_trial and (removed := await self._ledger.remove(before)):
            count += removed
        return Removed(kind="model_calls", before=before, count=count)


def kept_days(rules: RetentionRules) -> dict[Kind, int]:
    """Return for how many days what is kept, of those kinds that are not kept for ever."""
    named: dict[Kind, int | None] = {
        "conversations": rules.conversations_days,
        "staff_actions": rules.staff_actions_days,
        "outreaches": rules.outreaches_days,
        "model_calls": rules.model_calls_days,
    }
    return {kind: days for kind, days in named.items() if days is not None}
