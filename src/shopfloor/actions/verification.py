"""Checking that the record of actions holds what the journal tells: its rows are made of the journal's events.

A row is behind no chain, so whoever can write to the database could change one and leave the journal whole. What the
events of a stream make is worked out anew and held against the rows, for so many actions at a time: a stream may hold
more than memory does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shopfloor.actions.naming import action_id
from shopfloor.actions.projection import erased, listing, moved, undone
from shopfloor.actions.store import ActionFilter, ActionRecord, Actions, Listing
from shopfloor.journal.chain import rebuild
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, Event, PersonalErased
from shopfloor.journal.verification import DifferingAction, Findings, verify_page, verify_stream
from shopfloor.journal.wanted import Mark
from shopfloor.kernel.errors import CallerError
from shopfloor.kernel.ids import StreamId

AT_ONCE = 2_000
"""Actions that are held in memory."""
PAGE = 500
TRIES = 5
"""How often a stream is looked at that grows meanwhile."""
CHANGED = "is not as the events tell"
MISNAMED = "is found by another id in the record of actions than by its own"
LISTED = "is listed as under way, or holds things, otherwise than the events tell"
MISSING = "is not in the record of actions, though events tell of it"
UNTOLD = "is in the record of actions, and no event tells of it"
UNREADABLE = "cannot be read in the record of actions"
UNFIT = (ValueError, TypeError, LookupError, ArithmeticError, CallerError)
"""What a row raises that nobody wrote so."""
TYPES = frozenset({ActionMoved.TYPE, PersonalErased.TYPE})


async def check_stream(journal: Journal, actions: Actions, stream: StreamId, findings: Findings) -> None:
    """Check one stream and the record of its actions, and add what was found.

    Of a stream that is broken itself the actions are not looked at.
    """
    broken = len(findings.broken)
    await verify_stream(journal, stream, findings)
    if len(findings.broken) == broken:
        await _check_actions(journal, actions, stream, findings)


async def check_page(
    journal: Journal, actions: Actions, findings: Findings, *, after: StreamId | None, limit: int
) -> StreamId | None:
    """Check a page of streams and of actions, and return the last stream; None where there is none behind it.

    Actions of streams that the journal does not have are found with the page in which these would stand.
    """
    broken = len(findings.broken)
    page = await journal.streams(after=after, limit=limit)
    last = await verify_page(journal, findings, after=after, limit=limit)
    streams = {end.stream for end in page}
    page_of_actions = after
    while named := await actions.streams(after=page_of_actions, up_to=last, limit=PAGE):
        streams.update(named)
        page_of_actions = named[-1]
    for stream in sorted(streams - {one.stream for one in findings.broken[broken:]}):
        await _check_actions(journal, actions, stream, findings)
    return last


async def _check_actions(journal: Journal, actions: Actions, stream: StreamId, findings: Findings) -> None:
    count, differing, ended = 0, list[DifferingAction](), None
    for _ in range(TRIES):
        count, differing = await _differing(journal, actions, stream)
        if not differing:
            break
        before, ended = ended, await journal.last_seqs([stream])
        if before == ended:  # nothing has happened since it was found before
            break
    findings.actions += count
    findings.differing += differing


async def _differing(journal: Journal, actions: Actions, stream: StreamId) -> tuple[int, list[DifferingAction]]:
    """Return how many actions of a stream stand as they should, and those that do not."""
    count, problems = 0, dict[str, str]()
    after = ""
    while True:
        fold = _Fold(after)
        mark = Mark(stream, 0)
        while page := await journal.entries(stream, after=mark, types=TYPES, limit=PAGE):
            for entry in page:
                fold.take(rebuild(entry))
            mark = Mark(stream, page[-1].seq)
            if len(page) < PAGE:
                break
        count += len(fold.records)
        problems |= await _held_against(fold, actions, stream)
        if fold.before is None:
            break
        after = max(fold.records)
    differing = [DifferingAction(id=action_id(key), stream=stream, problem=problems[key]) for key in sorted(problems)]
    return count - sum(one.problem != UNTOLD for one in differing), differing


async def _held_against(fold: "_Fold", actions: Actions, stream: StreamId) -> dict[str, str]:
    """Return by its key what is wrong with each row of the actions that a fold is about."""
    left, problems = dict(fold.records), dict[str, str]()
    after: str | None = None
    try:
        while page := await actions.find(ActionFilter(stream=stream), after=after, limit=PAGE):
            about = [record for record in page if fold.is_about(record.key)]
            listed = await actions.listed([record.key for record in about])
            for record in about:
                if problem := _problem(record, listed.get(record.key), left.pop(record.key, None)):
                    problems[record.key] = problem
            if len(page) < PAGE:
                break
            after = page[-1].key
    except UNFIT:  # look at each by itself
        problems |= await _one_by_one(left, actions, stream)
        return problems
    return problems | dict.fromkeys(left, MISSING)


async def _one_by_one(left: dict[str, ActionRecord], actions: Actions, stream: StreamId) -> dict[str, str]:
    problems: dict[str, str] = {}
    for key, told in left.items():
        try:
            record, listed = await actions.get(key), await actions.listed([key])
            is_there = record is not None and record.stream == stream
            problem = _problem(record, listed.get(key), told) if record and is_there else MISSING
        except UNFIT:
            problem = UNREADABLE
        if problem:
            problems[key] = problem
    return problems


def _problem(record: ActionRecord, listed: Listing | None, told: ActionRecord | None) -> str | None:
    """Return what is wrong with an action's rows, where events tell of it so; None where nothing is."""
    if told is None:
        return UNTOLD
    if _compared(record) != _compared(told):
        return CHANGED
    wanted = listing(told)
    if listed is None:  # taken out meanwhile
        return MISSING
    if listed.id != wanted.id:
        return MISNAMED
    return None if listed == wanted else LISTED


def _compared(record: ActionRecord) -> ActionRecord:
    """Return an action with its resources as a set has them, as its rows do."""
    return replace(record, resources=tuple(sorted(set(record.resources))))


@dataclass(kw_only=True, slots=True)
class _Link:
    """An action that undoes another or is undone, of any key: what it takes to follow such chains."""

    key: str
    undoes: str | None = None
    undone_by: str | None = None


class _Fold:
    """Makes records of a stream's events: those of the first `AT_ONCE` keys behind one."""

    def __init__(self, after: str) -> None:
        self.after = after
        self.before: str | None = None
        """The key from which on no action is taken; None where all are."""
        self.records: dict[str, ActionRecord] = {}
        self._links: dict[str, _Link] = {}

    def is_about(self, key: str) -> bool:
        """Whether an action's record would be among these."""
        return key > self.after and (self.before is None or key < self.before)

    def take(self, event: Event) -> None:
        """Take the next event of the stream."""
        data = event.data
        if isinstance(data, PersonalErased):
            self._erase(data.actions or tuple(self.records))
        elif isinstance(data, ActionMoved):
            if self.is_about(data.key):
                self.records[data.key] = moved(self.records.get(data.key), event, data)
            self._undo(data)
            if len(self.records) > 2 * AT_ONCE:
                self._shrink()

    def _erase(self, keys: Sequence[str]) -> None:
        self.records.update({key: erased(self.records[key]) for key in keys if key in self.records})

    def _undo(self, data: ActionMoved) -> None:
        if data.undoes:
            self._link(data.undoes)
            self._link(data.key).undoes = data.undoes
        link = self._links.get(data.key)
        if link is None or link.undoes is None or data.state != "executed":
            return
        for key, by in [*undone(link, self._links.get)]:
            self._links[key].undone_by = by
            if key in self.records:
                self.records[key] = replace(self.records[key], undone_by=by)

    def _link(self, key: str) -> _Link:
        return self._links.setdefault(key, _Link(key=key))

    def _shrink(self) -> None:
        keys = sorted(self.records)
        self.before = keys[AT_ONCE]
        for key in keys[AT_ONCE:]:
            del self.records[key]
