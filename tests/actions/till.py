"""A desk to try the gate at: a till as the outside world, a real journal with its actions, and a policy."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from anyio import Event
from pydantic import JsonValue

from shopfloor.actions.approvals import Approvals
from shopfloor.actions.gate import Gate, effects_of
from shopfloor.actions.judging import CompiledPolicy
from shopfloor.actions.kind import ActionArgs, ActionKind, Done, Inverse, Preview
from shopfloor.actions.memory_store import MemoryActions
from shopfloor.actions.policy import policy_of
from shopfloor.actions.proposal import Consent, Origin, Proposal, Verdict
from shopfloor.actions.store import ActionRecord, Actions
from shopfloor.actions.undo import Undoing
from shopfloor.actions.words import Terms
from shopfloor.durable.inline import InlineDurable
from shopfloor.identity.identity import Identity, Principal
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ActionMoved, ActionState
from shopfloor.journal.events import Event as Journaled
from shopfloor.journal.memory import MemoryJournal
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import NotFound, Refused
from shopfloor.kernel.ids import AgentId, CustomerId, OrderNumber, StreamId, TurnId
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Capability

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ADA = Identity(customer_id=CustomerId("ada"))
CHECKED = Identity(order_numbers=frozenset({OrderNumber("1")}))
STREAM = StreamId("conversation/c1")
CLERK = Origin(agent=AgentId("clerk"), agent_name="Clerk", turn_id=TurnId("turn_1"), task_id="t1")


class Pay(ActionArgs):
    order: str
    minor: int = 500
    note: str = ""


class Till:
    """The outside world: it pays out and takes back, and can be shut, broken or slow."""

    def __init__(self) -> None:
        self.paid: dict[str, int] = {}
        """By key."""
        self.out: dict[str, int] = {}
        """By order."""
        self.asked: list[str] = []
        self.currency = "USD"
        self.wording = "Pay {minor} for {order}."
        self.shut: Refused | None = None
        self.broken: Exception | None = None
        self.broken_after: Exception | None = None
        """What it says once it has paid."""
        self.is_lost = False
        """Whether nobody can look anything up."""
        self.begun, self.go_on = Event(), Event()
        self.go_on.set()

    async def preview(self, args: Pay) -> Preview:
        if self.shut:
            raise self.shut
        amount = Money(self.currency, args.minor)
        return Preview(
            summary=self.wording.format(minor=args.minor, order=args.order), amount=amount, facts={"note": args.note}
        )

    async def pay(self, key: str, args: Pay) -> JsonValue:
        self.asked.append(key)
        self.begun.set()
        await self.go_on.wait()
        if self.broken:
            raise self.broken
        if key not in self.paid:
            self.paid[key] = args.minor
            self.out[args.order] = self.out.get(args.order, 0) + args.minor
        if self.broken_after:
            raise self.broken_after
        return {"paid": self.paid[key]}

    async def state(self, args: Pay) -> JsonValue:
        return self.out.get(args.order, 0)

    async def look_up(self, key: str) -> JsonValue:
        if self.is_lost:
            raise NotFound("there is no till")
        return {"paid": self.paid[key]} if key in self.paid else None

    def kind(self, name: str = "pay", **changes: Any) -> ActionKind[Pay]:
        values: dict[str, Any] = {
            "resources": lambda args: (f"order:{args.order}",),
            "confirmation": "yes",
            "assurance": "anyone",
            "irreversible": "inverse" not in changes,
            "description": "Pay.",
            "needs": Capability.TICKETS,
            "look_up": self.look_up,
            **changes,
        }
        return ActionKind(name=name, args=Pay, preview=self.preview, execute=self.pay, **values)

    def undoable(self, **changes: Any) -> ActionKind[Pay]:
        """Return the kind that is undone by paying the same amount back."""
        inverse = Inverse(kind="pay", args=_back)
        return self.kind(**{"confirmation": "none", "inverse": inverse, "snapshot": self.state, **changes})


def _back(args: Pay, _done: Done) -> dict[str, JsonValue]:
    return {"order": args.order, "minor": -args.minor}


def book(*, limit: Money | None = None, hourly: int | None = None, version: int = 1) -> CompiledPolicy:
    """Return a policy by which irreversible actions over a limit wait, and so many are allowed in an hour."""
    within = "true" if limit is None else f"amount <= {Decimal(limit.minor) / 100}"
    says = f"Above {limit} a colleague has to approve this."
    data: dict[str, object] = {"rules": [{"id": "pay.within_limit", "when": within, "then": "allow", "says": says}]}
    data["approvals"] = {"expire_after": "24h"}
    if hourly is not None:
        much = {"id": "pay.too_often", "per": "customer", "within": "1h", "actions": hourly, "then": "refuse"}
        data["limits"] = [{**much, "says": "That is enough for now."}]
    return CompiledPolicy(policy_of(data, "the policy"), Terms(currency="USD", zone=UTC), version)


class Desk:
    """A gate over a till, with all that it journals, and what decides and undoes."""

    def __init__(
        self,
        *kinds: ActionKind[Pay],
        till: Till | None = None,
        limit: Money | None = None,
        hourly: int | None = None,
        kept: tuple[Journal, Actions, FixedClock] | None = None,
    ) -> None:
        self.till = till or Till()
        self.own = {"order:1", "order:2"}
        self.book = book(limit=limit, hourly=hourly)
        self.paid_when: dict[str, int] = {}
        self.told: list[ActionRecord] = []
        known = kinds or (self.till.kind(),)
        self.journal, self.actions, self.clock = kept or in_memory()
        self.gate = Gate(
            known,
            durable=InlineDurable(effects_of(known)),
            owns=self._owns,
            rules=self._rules,
            actions=self.actions,
            clock=self.clock,
        )
        self.approvals = Approvals(self.gate, self.actions, self.journal, self.clock, self._tell)
        self.undoing = Undoing(self.gate, self.actions, self.journal, self.clock)

    async def _rules(self) -> CompiledPolicy:
        return self.book

    async def _owns(self, identity: Identity, resource: str) -> bool:
        return resource in self.own

    async def _tell(self, record: ActionRecord) -> None:
        self.told.append(record)

    async def _record(self, event: ActionMoved) -> None:
        await self.journal.append(STREAM, [event])
        self.paid_when[event.state] = len(self.till.asked)

    async def events(self) -> Sequence[Journaled]:
        return await self.journal.read(STREAM)

    async def steps(self) -> list[ActionMoved]:
        return [event.data for event in await self.events() if isinstance(event.data, ActionMoved)]

    async def states(self) -> list[ActionState]:
        return [step.state for step in await self.steps()]

    async def submit(
        self,
        args: Mapping[str, JsonValue] | None = None,
        *,
        kind: str = "pay",
        key: str = "k",
        identity: Principal = ADA,
        origin: Origin = CLERK,
        **more: Any,
    ) -> Verdict:
        given = args or {"order": "1"}
        proposal = Proposal(kind=kind, args=given, key=key, identity=identity, origin=origin, **more)
        return await self.gate.submit(proposal, self._record)

    async def asked(self, args: Mapping[str, JsonValue] | None = None, *, kind: str = "pay", key: str = "k") -> Consent:
        """Let the gate ask, and return the customer's yes to that."""
        verdict = await self.submit(args, kind=kind, key=key)
        assert verdict.state == "needs_yes"
        return Consent(digest=verdict.digest, asked_at=self.clock.now())

    async def paid(self, args: Mapping[str, JsonValue] | None = None, *, key: str = "k") -> Verdict:
        return await self.submit(args, key=key, consent=await self.asked(args, key=key))

    async def get(self, key: str = "k") -> ActionRecord:
        record = await self.actions.get(key)
        assert record is not None
        return record


def in_memory() -> tuple[Journal, Actions, FixedClock]:
    """Return a journal, its actions and its clock."""
    clock, actions = FixedClock(NOW), MemoryActions()
    return MemoryJournal(clock, [actions.project]), actions, clock


def other_policy(desk: Desk, **changes: Any) -> None:
    """Put another policy in force."""
    desk.book = book(**changes)
