"""Doing the domain's tasks: the calls that solve each, on a fresh copy of the shop, and what they leave behind."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shopfloor.evals.tau2.comparison import Objects, differences
from shopfloor.evals.tau2.data import DONE, Call, Diff, Domain, Task
from shopfloor.evals.tau2.exporting import Exporter
from shopfloor.evals.tau2.upstream import explained
from shopfloor.evals.tau2.visits import Answer, Shops
from shopfloor.kernel.errors import InvalidInput

Tell = Callable[[int], None]
"""Hears how many are done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deviation:
    """A task whose end is not as the domain has it."""

    task: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WronglyRefused:
    """A write that solves a task, and was refused."""

    task: str
    call: str
    rule: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What came of doing tasks."""

    tasks: int
    deviations: Sequence[Deviation]
    wrongly_refused: Sequence[WronglyRefused]

    @property
    def equal(self) -> int:
        """Return how many tasks ended as the domain has it."""
        return self.tasks - len(self.deviations)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of a write, here and upstream."""

    call: Call
    answer: Answer
    upstream: str
    """`ok`, or why it was refused there."""

    @property
    def was_done_upstream(self) -> bool:
        """Whether it was carried out there."""
        return self.upstream == DONE


def check_tasks(tasks: Sequence[Task], diffs: Mapping[str, Diff]) -> None:
    """Check that tasks and what is expected of them belong together.

    Raises:
        InvalidInput: there is nothing expected of a task, or its writes are not those that the results are of.
    """
    for task in tasks:
        if task.id not in diffs:
            raise InvalidInput(f"the diffs hold nothing of task {task.id}: give the file that belongs to the tasks")
        writes = [call.name for call in task.calls if call.is_write]
        results = [name for name, _ in diffs[task.id].write_results]
        if writes != results:
            told = f"are of {_told(results)}, and its writes are {_told(writes)}"
            raise InvalidInput(f"the diffs' write_results of task {task.id} {told}")


async def replay(shops: Shops, tasks: Sequence[Task], diffs: Mapping[str, Diff], tell: Tell) -> Replayed:
    """Do each task as the customer whose it is; `tell` hears how many are done."""
    exporter = Exporter(shops.domain)
    deviations: list[Deviation] = []
    wrongly: list[WronglyRefused] = []
    for done, task in enumerate(tasks, 1):
        diff = diffs[task.id]
        outcomes, found = await _do(shops, exporter, task, diff)
        wrongly += [
            WronglyRefused(task=task.id, call=one.call.about, rule=one.answer.rule or "")
            for one in outcomes
            if one.was_done_upstream and not one.answer.is_done
        ]
        if reason := _deviation(shops.domain, outcomes, _objects(diff), found):
            deviations.append(Deviation(task=task.id, reason=reason))
        tell(done)
    return Replayed(tasks=len(tasks), deviations=deviations, wrongly_refused=wrongly)


async def _do(shops: Shops, exporter: Exporter, task: Task, diff: Diff) -> tuple[Sequence[Outcome], Objects]:
    """Return what came of a task's writes, and the objects that they changed."""
    visit = await shops.visit(owner_of(shops.domain, task.calls))
    before = await visit.standing()
    results = iter(diff.write_results)
    outcomes: list[Outcome] = []
    for call in task.calls:
        answer = await visit.call(call)
        if call.is_write:
            outcomes.append(Outcome(call=call, answer=answer, upstream=next(results)[1]))
    changed = (await visit.standing()).changed_since(before)
    return outcomes, exporter.shapes(changed)


def owner_of(domain: Domain, calls: Sequence[Call]) -> str | None:
    """Return whose the orders and profiles are that calls name; of several, whose most writes name. None: nobody's."""
    owners = Counter[str]()
    for call in calls:
        order = domain.orders.get(call.text("order_id"))
        owner = order.user_id if order else call.text("user_id")
        if owner in domain.users:
            owners[owner] += 1 + len(calls) * call.is_write
    return owners.most_common(1)[0][0] if owners else None


def _deviation(domain: Domain, outcomes: Sequence[Outcome], expected: Objects, found: Objects) -> str | None:
    """Return why a task does not end as it does upstream; None where it does."""
    reasons = [_of_outcome(one) for one in outcomes if one.answer.is_done is not one.was_done_upstream]
    both = [_of_both(one) for one in outcomes if not (one.answer.is_done or one.was_done_upstream)]
    told = differences(expected, found)
    if told:
        carried_out = [one.call for one in outcomes if one.answer.is_done]
        reasons.append(explained(domain, carried_out, expected, found) or "; ".join(told))
    return "; ".join([*reasons, *both]) or None


def _of_outcome(one: Outcome) -> str:
    if one.answer.is_done:
        return f"{one.call.about} is carried out here, and refused upstream ({one.upstream})"
    return f"{one.call.about} is refused here by {one.answer.rule} ({one.answer.reason}), and carried out upstream"


def _of_both(one: Outcome) -> str:
    return (
        f"{one.call.about} is refused here by {one.answer.rule} ({one.answer.reason}), as it is upstream "
        f"({one.upstream}), though the task holds it for solved by it"
    )


def _objects(diff: Diff) -> Objects:
    return {(sort, id_): one for sort, id_, one in diff.changed.objects()}


def _told(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
