"""What became of a customer's requests: those that wait for a colleague, and those that were decided on lately.

A request is an action of theirs that took their yes, or on which a person decided. Whose it is, code tells: a
customer's by who is signed in, a guest's by the conversation that it was made in.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, JsonValue

from shopfloor.actions.gate import Gate, Owns
from shopfloor.actions.store import LIVE, ActionFilter, ActionRecord, Actions
from shopfloor.journal.events import ActionState, Source
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import OrderNumber, stream_of
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.views import View, money_view

LATELY = timedelta(days=30)
"""Older requests are not listed."""
SHOWN = 10
SEARCHED = 200
"""The newest actions of a customer among which their requests are looked for."""
LONGEST_REASON = 500
ORDER = "order:"
DECIDED: frozenset[ActionState] = frozenset({"executed", "refused", "rejected", "expired"})
STATES: dict[ActionState, str] = {
    "needs_approval": "waiting",
    "approved": "under_way",
    "confirmed": "under_way",
    "outcome_unknown": "checking",
    "executed": "done",
    "rejected": "rejected",
    "expired": "expired",
    "refused": "refused",
}
"""How a request stands, in the words of its view; what was only asked about is no request yet."""
NOT_DONE = {
    "waiting": "It was forwarded to a colleague, who has not decided yet.",
    "under_way": "It is being carried out right now, and not done yet.",
    "checking": "It was sent, and whether it was done is still being checked.",
    "rejected": "A colleague decided against it: nothing was changed.",
    "expired": "Nobody decided in time: nothing was changed.",
    "refused": "It could not be done: nothing was changed.",
    "undone": "It was done and then taken back by a colleague.",
}
"""What a model reads of a request that is not done, or not any more."""
INTERNAL = frozenset({"action.impossible"})
"""Rules whose reasons are for us and not for customers."""


class RequestArgs(ToolArgs):
    """Which requests."""

    order_number: Annotated[
        OrderNumber | None, Field(description="Only those about this order; none for all.", max_length=40)
    ] = None


class KeyArgs(ToolArgs):
    """One request."""

    action_key: Annotated[str, Field(description="The request's key.", min_length=1, max_length=500)]
    state: Annotated[ActionState | None, Field(description="Only if it has come to this; none for however.")] = None


class RequestTools:
    """The tools over a customer's requests."""

    def __init__(self, actions: Actions, gate: Gate, owns: Owns) -> None:
        """Take the record of actions, the gate, which knows their kinds, and who knows whose an order is."""
        self._actions = actions
        self._gate = gate
        self._owns = owns

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tools that only look."""
        return (
            Tool(
                name="list_requests",
                description=(
                    "List what the customer asked for of late, such as a cancellation, and how it stands: waiting for "
                    "a colleague, being checked, done, rejected, expired."
                ),
                args=RequestArgs,
                run=self._list,
            ),
            Tool(
                name="get_request",
                description="Read one request of the customer's and what became of it, by its key.",
                args=KeyArgs,
                run=self._get,
            ),
        )

    async def _list(self, args: RequestArgs, context: ToolContext) -> ToolResult:
        about = f"{ORDER}{args.order_number}" if args.order_number else None
        since = context.now - LATELY
        wanted = [ActionFilter(stream=stream_of(context.session.conversation_id), resource=about, since=since)]
        if customer := context.session.identity.customer_id:
            wanted.append(ActionFilter(customer_id=customer, resource=about, since=since))
        found: dict[str, ActionRecord] = {}
        for one in wanted:
            found |= {record.key: record for record in await self._actions.find(one, limit=SEARCHED)}
        listed = [one for one in found.values() if _is_listed(one) and self._is_request(one)]
        theirs = [one for one in listed if await self._is_theirs(one, context)]
        theirs.sort(key=lambda one: (one.state in LIVE, one.moved_at, one.key), reverse=True)
        views: list[JsonValue] = [_view(record) for record in theirs[:SHOWN]]
        output: View = {"outcome": "found" if views else "none", "requests": views}
        return ToolResult(output=output, sources=_sources(theirs[:SHOWN], context))

    async def _get(self, args: KeyArgs, context: ToolContext) -> ToolResult:
        record = await self._actions.get(args.action_key)
        subject = await self._actions.get(record.undoes) if record and record.undoes else record
        if record is None or subject is None or not await self._is_theirs(subject, context):
            return ToolResult(output={"outcome": "not_found"})
        if args.state and record.state != args.state:
            return ToolResult(output={"outcome": "moved"})
        if record is subject and _was_told(record, context):
            return ToolResult(output={"outcome": "known"})
        view: View = {**_view(record), "args": record.args, "result": record.result}
        if record is not subject:
            view |= {"state": "taken_back", "undoes": _view(subject)}
        return ToolResult(output={"outcome": "found", "request": view}, sources=_sources([record], context))

    async def _is_theirs(self, record: ActionRecord, context: ToolContext) -> bool:
        """Say whether a request was made by this customer; a guest's is whose conversation it is, or whose order.

        Somebody else may have signed in there since, so that the order has to be theirs in any case.
        """
        identity = context.session.identity
        if record.is_for_shop:
            return False
        if record.customer_id is not None:
            return record.customer_id == identity.customer_id
        orders = [one for one in record.resources if one.startswith(ORDER)]
        if not orders and record.stream != stream_of(context.session.conversation_id):
            return False
        return all([await self._owns(identity, order) for order in orders])

    def _is_request(self, record: ActionRecord) -> bool:
        """Say whether an action was for the customer to say yes to, or for a person to decide on."""
        if record.state in LIVE or record.staff or record.undone_by:
            return True
        if record.state == "refused":
            return record.rule == "outcome.not_done"  # of others the turn said why
        try:
            return self._gate.kind(record.kind).confirmation == "yes"
        except InvalidInput:  # its kind is gone
            return False


def _is_listed(record: ActionRecord) -> bool:
    is_known = record.state in LIVE or record.state in DECIDED
    return is_known and record.undoes is None and bool(record.summary)


def _was_told(record: ActionRecord, context: ToolContext) -> bool:
    """Say whether the turn of an action told what became of it after all, having been taken up again after a crash."""
    outcome = "executed" if record.state == "executed" else "refused"
    calls = context.session.earlier(record.kind)
    return any((call.output.get("key"), call.output.get("outcome")) == (record.key, outcome) for call in calls)


def _view(record: ActionRecord) -> View:
    """Write a request; nothing in it says that something was done which was not."""
    state = "undone" if record.undone_by else STATES.get(record.state, record.state)
    is_by_staff = record.state in {"rejected", "executed", "refused", "outcome_unknown"} and bool(record.staff)
    order = next((one.removeprefix(ORDER) for one in record.resources if one.startswith(ORDER)), None)
    view: View = {
        "kind": record.kind,
        "state": state,
        "is_done": state == "done",
        "is_by_staff": is_by_staff,
        "summary": record.summary,
        "reason": "" if record.state == "executed" or record.rule in INTERNAL else _plain(record.reason),
        "order_number": order,
        "amount": money_view(record.amount) if record.amount else None,
        "asked_at": record.proposed_at.isoformat(),
        "moved_at": record.moved_at.isoformat(),
        "until": record.expires_at.isoformat() if record.expires_at and state == "waiting" else None,
    }
    return view | ({"status": NOT_DONE[state]} if state in NOT_DONE else {})


def _plain(reason: str) -> str:
    """Return words of the staff's as one line of plain letters: they are data, and steer nothing that shows them."""
    letters = "".join(letter if letter.isprintable() else " " for letter in reason)
    return " ".join(letters.split())[:LONGEST_REASON]


def _sources(records: Sequence[ActionRecord], context: ToolContext) -> tuple[Source, ...]:
    orders = dict.fromkeys(
        one.removeprefix(ORDER) for record in records for one in record.resources if one.startswith(ORDER)
    )
    return tuple(Source(kind="order", id=number, agent=context.agent) for number in orders)
