"""What became of every action: rows beside the journal, written in the transaction of the event that moved it.

`memory_store` and `sql_store` keep this contract.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from shopfloor.actions.naming import action_id
from shopfloor.journal.events import ActionState
from shopfloor.kernel.errors import Refused
from shopfloor.kernel.ids import AgentId, CustomerId, OrderNumber, StreamId, TurnId
from shopfloor.kernel.money import Money

WAITING: frozenset[ActionState] = frozenset({"needs_approval", "approved"})
"""States of an action that is for the merchant to decide, or was just approved."""
UNSETTLED: frozenset[ActionState] = frozenset({"confirmed", "outcome_unknown"})
"""States of an action that may have its effect, or get it any moment."""
LIVE: frozenset[ActionState] = frozenset({*WAITING, *UNSETTLED})
"""States in which an action can collide with another."""
COUNTED: frozenset[ActionState] = frozenset({*UNSETTLED, "executed"})
"""States that use up a limit."""
ERASED = "action.erased"
"""The rule that keeps what was erased from being written down again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionRecord:
    """An action as it stands; texts, arguments and snapshots are empty once they are erased."""

    key: str
    stream: StreamId
    """Where its events are."""
    kind: str
    state: ActionState
    agent: AgentId
    agent_name: str
    turn_id: TurnId | None
    """The turn, and with it the plan, that it stems from; None where a person of the staff acted."""
    task_id: str | None
    is_for_shop: bool
    """Whether it is for the shop itself; else it is for a customer or a guest."""
    customer_id: CustomerId | None
    """For whom; None for a guest and for the shop."""
    order_numbers: tuple[OrderNumber, ...]
    staff: str | None
    """The person of the staff who proposed it or decided on it last."""
    args: dict[str, JsonValue]
    summary: str
    digest: str
    resources: tuple[str, ...]
    amount: Money | None
    rule: str | None
    reason: str
    inputs: dict[str, JsonValue]
    """What the last verdict was made of."""
    policy: int | None
    result: JsonValue
    before: JsonValue
    after: JsonValue
    proposed_at: datetime
    """When it was first journaled."""
    moved_at: datetime
    """When it last moved."""
    executed_at: datetime | None
    expires_at: datetime | None
    undo_until: datetime | None
    undoes: str | None
    undone_by: str | None
    """The key of the executed action that undid it; None where nothing did, or where that was undone itself."""

    @property
    def is_erased(self) -> bool:
        """Whether what was to be done is no longer known."""
        return not self.args and not self.digest

    @property
    def id(self) -> str:
        """Return what people call it: short, made of its key."""
        return action_id(self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionFilter:
    """Which actions are looked for; what is None or empty does not count."""

    states: frozenset[ActionState] = frozenset()
    stream: StreamId | None = None
    turn_id: TurnId | None = None
    agent: AgentId | None = None
    customer_id: CustomerId | None = None
    kind: str | None = None
    resource: str | None = None
    since: datetime | None = None
    """Proposed at or after."""
    until: datetime | None = None
    """Proposed before."""
    executed_since: datetime | None = None
    """Carried out at or after."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageQuery:
    """What a limit counts: the actions that were admitted or carried out since an instant."""

    since: datetime
    kinds: frozenset[str] = frozenset()
    """Empty for all."""
    customer_id: CustomerId | None = None
    agent: AgentId | None = None
    resource: str | None = None
    stream: StreamId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """How much of a limit is used."""

    actions: int
    amount_minor: int
    """Of one currency, in its smallest unit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is known when an action is judged."""

    record: ActionRecord | None
    """What became of the action's key before; None where it is new."""
    live: tuple[ActionRecord, ...]
    """The other actions in a `LIVE` state that touch one of the resources, the first proposed first."""
    usage: tuple[Usage, ...]
    """For each query how many actions it counts, and how much money of a currency they moved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How an action is found without its record: what a store keeps beside it, and what the record itself tells too."""

    id: str
    live: tuple[str, ...]
    """The resources by which others meet it as one that is `LIVE`, in order."""
    held: tuple[str, ...]
    """The resources that it keeps all others from, in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What limits had counted when an action was judged."""

    queries: tuple[UsageQuery, ...]
    usage: tuple[Usage, ...]
    """For each of the queries."""
    currency: str
    still_fits: Callable[[tuple[Usage, ...]], bool]
    """Whether the action would be admitted by other counts too; called from any thread."""


class Admitting:
    """The actions that are being admitted here, with what their limits had counted: both stores check them by it."""

    def __init__(self) -> None:
        """Start with none."""
        self._counted: dict[str, Counted] = {}

    @contextmanager
    def while_counted(self, key: str, counted: Counted) -> Generator[None]:
        """Admit the action of a key, meanwhile, only as long as it fits its limits."""
        self._counted[key] = counted
        try:
            yield
        finally:
            self._counted.pop(key, None)

    def check(self, key: str, state: ActionState, count: Callable[[UsageQuery, str], Usage]) -> None:
        """Count anew for an action that is about to be stored as admitted.

        Raises:
            Refused: `conflict.busy`, where others have used up its limits since it was judged.
        """
        counted = self._counted.get(key) if state == "confirmed" else None
        if counted is None:
            return
        usage = tuple(count(query, counted.currency) for query in counted.queries)
        if usage != counted.usage and not counted.still_fits(usage):
            raise busy()


def busy() -> Refused:
    """Return the refusal of an action whose resource another one is changing this very moment."""
    return Refused("conflict.busy", "Something else is changing this right now. Please try again in a moment.")


def erased_meanwhile() -> Refused:
    """Return the refusal of a step that would bring back the words of an action that was erased while it was open."""
    return Refused(ERASED, "What was to be done was erased meanwhile.")


class Actions(Protocol):
    """All actions that were ever journaled.

    All methods may raise `StorageError`.
    """

    def while_counted(self, key: str, counted: Counted) -> AbstractContextManager[None]:
        """Let the action of a key be stored as `confirmed`, meanwhile, only as long as it fits its limits.

        They are counted anew in the transaction that stores it, so that no other process slips in between. Where others
        have used them up, storing it raises `Refused` (`conflict.busy`), and it is to be judged anew.
        """
        ...

    async def get(self, key: str) -> ActionRecord | None:
        """Return an action, or None."""
        ...

    async def named(self, start: str, *, limit: int = 5) -> Sequence[ActionRecord]:
        """Return actions whose id begins so, in the order of their ids."""
        ...

    async def listed(self, keys: Sequence[str]) -> Mapping[str, Listing]:
        """Return by its key how each of some actions is listed; one that is not there is left out."""
        ...

    async def find(self, wanted: ActionFilter, *, after: str | None = None, limit: int = 50) -> Sequence[ActionRecord]:
        """Return a page of actions, the last proposed first, those behind the key `after`."""
        ...

    async def live_counts(self) -> Mapping[ActionState, int]:
        """Return how many actions are in each `LIVE` state; a state that none is in is left out."""
        ...

    async def streams(
        self, *, after: StreamId | None = None, up_to: StreamId | None = None, limit: int = 100
    ) -> Sequence[StreamId]:
        """Return a page of the streams that there are actions of, in the order of their names.

        They are those behind `after`, and up to `up_to` where one is named.
        """
        ...

    async def standing(
        self, key: str, resources: Sequence[str], queries: Sequence[UsageQuery], currency: str
    ) -> Standing:
        """Return all that a verdict on an action needs to know of actions: one look at one state of things."""
        ...

    async def due(
        self, now: datetime, *, unsettled_before: datetime, after: ActionRecord | None = None, limit: int = 200
    ) -> Sequence[ActionRecord]:
        """Return a page of what time has to move, the first proposed first, those behind `after`.

        That is waits that have expired, and unsettled actions that moved before an instant.
        """
        ...
