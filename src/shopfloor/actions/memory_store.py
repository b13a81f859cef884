"""The actions of a journal in memory: the twin for tests and simulations."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from shopfloor.actions.news import Note, news_of, nowhere
from shopfloor.actions.projection import check_words, disputed, erased, held, moved, undone
from shopfloor.actions.store import (
    COUNTED,
    LIVE,
    UNSETTLED,
    ActionFilter,
    ActionRecord,
    Admitting,
    Counted,
    Listing,
    Standing,
    Usage,
    UsageQuery,
    busy,
)
from shopfloor.journal.events import ActionMoved, ActionState, Event, PersonalErased
from shopfloor.kernel.ids import AgentId, CustomerId, StreamId

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryActions:
    """All actions that a `MemoryJournal` with this as one of its projections was told of."""

    def __init__(self, note: Note = nowhere) -> None:
        """Start with none; take what stores the signals of what customers are to be told."""
        self._note = note
        self._admitting = Admitting()
        self._records: dict[str, ActionRecord] = {}
        self._held: dict[str, str] = {}
        self._live: dict[str, dict[str, None]] = {}
        """The keys of the live actions by resource."""
        self._counted: dict[tuple[CustomerId | None, AgentId | None], dict[str, None]] = {}
        """The keys of the actions that use up limits, last moved last: of each customer, of each agent, and all."""

    def project(self, events: Sequence[Event]) -> None:
        """Follow events of one stream.

        Raises:
            Refused: `conflict.busy`, where another action holds a resource that one was admitted to, or has used up
                its limits; `action.erased`, where one would bring back what was erased of an action that was open.
        """
        for event in events:
            if isinstance(event.data, ActionMoved):
                self._move(event, event.data)
            elif isinstance(event.data, PersonalErased):
                keys = event.data.actions
                theirs = [
                    record
                    for record in self._records.values()
                    if record.stream == event.stream and (not keys or record.key in keys)
                ]
                self._records.update((record.key, erased(record)) for record in theirs)

    def _move(self, event: Event, data: ActionMoved) -> None:
        self._admitting.check(data.key, data.state, self._usage)
        known = self._records.get(data.key)
        check_words(known, data)
        record = moved(known, event, data)
        wanted = held(record)
        if any(self._held.get(resource, record.key) != record.key for resource in wanted):
            raise busy()
        for resource in [resource for resource, key in self._held.items() if key == record.key]:
            del self._held[resource]
        self._held.update(dict.fromkeys(wanted, record.key))
        self._list(self._records.get(record.key), record)
        self._records[record.key] = record
        if record.undoes and record.state == "executed":
            for key, by in [*undone(record, self._records.get)]:
                self._records[key] = replace(self._records[key], undone_by=by)
        if news := news_of(known, record):
            self._note(news)

    def _list(self, known: ActionRecord | None, record: ActionRecord) -> None:
        for resource in known.resources if known else ():
            self._live.get(resource, {}).pop(record.key, None)
        for resource in record.resources if record.state in LIVE else ():
            self._live.setdefault(resource, {})[record.key] = None
        for scope in ((record.customer_id, None), (None, record.agent), (None, None)):
            counted = self._counted.setdefault(scope, {})
            counted.pop(record.key, None)
            if record.state in COUNTED:
                counted[record.key] = None

    def while_counted(self, key: str, counted: Counted) -> AbstractContextManager[None]:
        """Let the action of a key be stored as `confirmed`, meanwhile, only as long as it fits its limits."""
        return self._admitting.while_counted(key, counted)

    async def get(self, key: str) -> ActionRecord | None:
        """Return an action, or None."""
        return self._records.get(key)

    async def named(self, start: str, *, limit: int = 5) -> Sequence[ActionRecord]:
        """Return actions whose id begins so."""
        named = [record for record in self._records.values() if record.id.startswith(start)]
        return sorted(named, key=lambda record: (record.id, record.key))[:limit]

    async def listed(self, keys: Sequence[str]) -> Mapping[str, Listing]:
        """Return by its key how each of some actions is listed."""
        live, holds = _by_key(self._live.items()), _by_key((on, (key,)) for on, key in self._held.items())
        return {
            key: Listing(id=self._records[key].id, live=live.get(key, ()), held=holds.get(key, ()))
            for key in keys
            if key in self._records
        }

    async def find(self, wanted: ActionFilter, *, after: str | None = None, limit: int = 50) -> Sequence[ActionRecord]:
        """Return a page of actions, the last proposed first."""
        found = sorted((one for one in self._records.values() if _fits(one, wanted)), key=_age, reverse=True)
        last = self._records.get(after) if after else None
        return [one for one in found if last is None or _age(one) < _age(last)][:limit]

    async def live_counts(self) -> Mapping[ActionState, int]:
        """Return how many actions are in each `LIVE` state."""
        return Counter(record.state for record in self._records.values() if record.state in LIVE)

    async def streams(
        self, *, after: StreamId | None = None, up_to: StreamId | None = None, limit: int = 100
    ) -> Sequence[StreamId]:
        """Return a page of the streams that there are actions of, in the order of their names."""
        every = {record.stream for record in self._records.values()}
        return sorted(one for one in every if one > (after or "") and (up_to is None or one <= up_to))[:limit]

    async def standing(
        self, key: str, resources: Sequence[str], queries: Sequence[UsageQuery], currency: str
    ) -> Standing:
        """Return all that a verdict on an action needs to know of actions."""
        touching = {other for each in disputed(tuple(resources)) for other in self._live.get(each, ())}
        live = sorted((self._records[other] for other in touching if other != key), key=_age)
        return Standing(
            record=self._records.get(key),
            live=tuple(live),
            usage=tuple(self._usage(query, currency) for query in queries),
        )

    async def due(
        self, now: datetime, *, unsettled_before: datetime, after: ActionRecord | None = None, limit: int = 200
    ) -> Sequence[ActionRecord]:
        """Return a page of what time has to move, the first proposed first."""
        due = (one for one in sorted(self._records.values(), key=_age) if _is_due(one, now, unsettled_before))
        return [one for one in due if after is None or _age(one) > _age(after)][:limit]

    def _usage(self, query: UsageQuery, currency: str) -> Usage:
        narrowest = (query.customer_id, None) if query.customer_id else (None, query.agent)
        newest = map(self._records.__getitem__, reversed(self._counted.get(narrowest, {})))
        counted = [one for one in takewhile(lambda one: one.moved_at >= query.since, newest) if _counts(one, query)]
        amounts = [one.amount.minor for one in counted if one.amount and one.amount.currency == currency]
        return Usage(actions=len(counted), amount_minor=sum(amounts))


def _by_key(resources: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for resource, keys in sorted(resources, key=lambda each: each[0]):
        for key in keys:
            found[key] = (*found.get(key, ()), resource)
    return found


def _age(record: ActionRecord) -> tuple[datetime, str]:
    return record.proposed_at, record.key


def _fits(record: ActionRecord, wanted: ActionFilter) -> bool:
    return (
        (not wanted.states or record.state in wanted.states)
        and wanted.stream in {None, record.stream}
        and wanted.turn_id in {None, record.turn_id}
        and wanted.agent in {None, record.agent}
        and wanted.customer_id in {None, record.customer_id}
        and wanted.kind in {None, record.kind}
        and (wanted.resource is None or wanted.resource in record.resources)
        and (wanted.since is None or record.proposed_at >= wanted.since)
        and (wanted.until is None or record.proposed_at < wanted.until)
        and (wanted.executed_since is None or (record.executed_at or EPOCH) >= wanted.executed_since)
    )


def _counts(record: ActionRecord, query: UsageQuery) -> bool:
    return (
        (not query.kinds or record.kind in query.kinds)
        and query.customer_id in {None, record.customer_id}
        and query.agent in {None, record.agent}
        and query.stream in {None, record.stream}
        and (query.resource is None or query.resource in record.resources)
    )


def _is_due(record: ActionRecord, now: datetime, unsettled_before: datetime) -> bool:
    if record.state == "needs_approval":
        return record.expires_at is not None and record.expires_at <= now
    return record.state in UNSETTLED | {"approved"} and record.moved_at < unsettled_before
