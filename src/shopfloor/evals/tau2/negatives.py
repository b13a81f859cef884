"""Asking for what the domain's policy forbids, and seeing by which rule it is refused, and that nothing changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from shopfloor.evals.tau2.data import Domain, Negative
from shopfloor.evals.tau2.replay import Tell
from shopfloor.evals.tau2.visits import Shops
from shopfloor.kernel.errors import InvalidInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A case that was refused."""

    id: str
    rule: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What came of the cases."""

    negatives: int
    refusals: Sequence[Refusal]
    allowed: Sequence[str]
    """Cases that were carried out or shown, or changed something though they were refused."""
    not_reached: Sequence[Refusal]
    """Cases of which an earlier call was refused already, with its rule: they do not show what they are about."""


def check_negatives(domain: Domain, cases: Sequence[Negative]) -> None:
    """Check that cases are of the database.

    Raises:
        InvalidInput: somebody acts whom the database does not know, or two cases have one id.
    """
    seen: set[str] = set()
    for case in cases:
        if case.acting_user is not None and case.acting_user not in domain.users:
            raise InvalidInput(
                f"the acting_user of {case.id} is {case.acting_user}, who is none of the database's users"
            )
        if case.id in seen:
            raise InvalidInput(f"there are two cases called {case.id}")
        seen.add(case.id)


async def refuse(shops: Shops, cases: Sequence[Negative], tell: Tell) -> Refused:
    """Try each case as its acting user, who confirms the calls before the last; `tell` hears how many are done."""
    refusals: list[Refusal] = []
    allowed: list[str] = []
    not_reached: list[Refusal] = []
    for done, case in enumerate(cases, 1):
        visit = await shops.visit(case.acting_user)
        for call in case.calls[:-1]:
            earlier = await visit.call(call)
            if not earlier.is_done:
                not_reached.append(Refusal(id=case.id, rule=earlier.rule or ""))
        before = await visit.standing()
        answer = await visit.call(case.calls[-1], is_confirmed=case.confirmed)
        changed = (await visit.standing()).changed_since(before)
        if answer.is_done or not changed.is_empty:
            allowed.append(case.id)
        else:
            refusals.append(Refusal(id=case.id, rule=answer.rule or ""))
        tell(done)
    return Refused(negatives=len(cases), refusals=refusals, allowed=allowed, not_reached=not_reached)
