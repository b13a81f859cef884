"""A customer's visit to a shop of its own, made of the database: what they ask for goes through tools and the gate.

Who they are comes with the visit, as from a sign-in, and never with a call. A write that takes a yes is proposed, and
proposed again with the yes of a later message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anyio import to_thread

from shopfloor.actions.proposal import Consent, Origin, Proposal, Verdict
from shopfloor.app import App, memory_app
from shopfloor.evals.tau2.calls import CATALOGUE, NOBODYS, SIGN_INS, Read, Write, read_of, write_of
from shopfloor.evals.tau2.data import Call, Domain
from shopfloor.evals.tau2.importing import shop_of
from shopfloor.evals.tau2.settings import POLICY_FILE, domain_policy, domain_team
from shopfloor.evals.tau2.standing import Standing, standing
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import EventData
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import CallerError, InvalidFields
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, SeededIds, StreamId, TurnId
from shopfloor.planning.plan import Planner
from shopfloor.tools.contract import EarlierCall, ToolContext

SHOP_TIME = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When every visit begins."""
AGENT = AgentId("evaluation")
UNSEEN = {
    ("get_order", "needs_check"): "identity.verified",
    ("get_order", "not_found"): "identity.owner",
    ("show_account", "sign_in"): "identity.signed_in",
    ("get_product", "not_found"): "product.unknown",
}
"""The rules by which tools show nothing, by their outcome; an order that is not there is told like one not theirs."""
BETWEEN = timedelta(minutes=1)
"""From one message to the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What became of a call."""

    is_done: bool
    """Whether it was carried out, or what it asks for was shown."""
    rule: str | None = None
    """The rule that said no, or that waits for something."""
    reason: str = ""


DONE = Answer(is_done=True)


class Shops:
    """Opens shops, each a fresh copy of the domain's database."""

    def __init__(self, domain: Domain) -> None:
        """Take the database.

        Raises:
            InvalidInput: it contradicts itself.
        """
        self.domain = domain
        self._contents = shop_of(domain, SHOP_TIME)
        self._planner: Planner | None = None

    async def visit(self, user_id: str | None) -> "Visit":
        """Open a shop, and let a customer in; None is somebody who has not said who they are.

        Raises:
            NotFound: there is no such customer.
        """
        clock = FixedClock(SHOP_TIME)
        team = await to_thread.run_sync(domain_team)
        app = await memory_app(self._contents, clock=clock, ids=SeededIds(), planner=self._planner, team=team)
        await app.policies.put(await to_thread.run_sync(domain_policy), POLICY_FILE)
        self._planner = app.planner  # no message is planned, so one is enough for all
        identity = GUEST if user_id is None else await app.identify(app.tokens.sign(CustomerId(user_id)))
        conversation, events = await app.chat.open("eval", identity)
        return Visit(app, self.domain, clock, _Conversation(app, conversation, events[0].stream, identity))


class _Conversation:
    """The conversation of a visit, as tools know it; what happens in it is journaled."""

    def __init__(self, app: App, conversation_id: ConversationId, stream: StreamId, identity: Identity) -> None:
        self.conversation_id = conversation_id
        self.identity = identity
        self._app = app
        self._stream = stream

    def earlier(self, *tools: str) -> Sequence[EarlierCall]:
        return ()

    async def record(self, event: EventData) -> None:
        await self._app.journal.append(self._stream, [event])


class Visit:
    """One customer in one shop."""

    def __init__(self, app: App, domain: Domain, clock: FixedClock, session: _Conversation) -> None:
        """Take the shop, the database that it was made of, its clock, and the conversation."""
        self._app = app
        self._domain = domain
        self._clock = clock
        self._session = session
        self._messages = 0

    async def standing(self) -> Standing:
        """Return what the shop holds now."""
        return await standing(self._app.shop, self._domain)

    async def call(self, call: Call, *, is_confirmed: bool = True) -> Answer:
        """Have a call carried out, with the customer's yes where that is asked for, unless they do not give it."""
        self._clock.at += BETWEEN
        self._messages += 1
        try:
            if refusal := self._refusal(call):
                return refusal
            if call.name in NOBODYS | SIGN_INS | {"list_all_product_types"}:
                return DONE
            if read := read_of(call, self._domain):
                return await self._read(read)
            return await self._write(write_of(call, self._domain), is_confirmed=is_confirmed)
        except CallerError as error:
            return Answer(is_done=False, rule=_rule_of(error), reason=str(error))

    def _refusal(self, call: Call) -> Answer | None:
        """Return the answer to what the domain keeps from customers: its goods from strangers, others' ids from all."""
        customer_id = self._session.identity.customer_id
        if customer_id is None:
            reason = "Only for somebody who has shown who they are."
            rule = "identity.signed_in"
            return Answer(is_done=False, rule=rule, reason=reason) if call.name in CATALOGUE else None
        own = self._domain.users.get(customer_id)
        if call.name in SIGN_INS and own and not own.is_found_by(call):
            reason = "A conversation is one customer's, and helps nobody else."
            return Answer(is_done=False, rule="identity.owner", reason=reason)
        return None

    async def _read(self, read: Read) -> Answer:
        output = (await self._app.tools.call(read.tool, read.args, self._context())).output
        outcome = str(output["outcome"])
        if outcome != "found":
            return Answer(is_done=False, rule=UNSEEN.get((read.tool, outcome), outcome), reason=outcome)
        asked = self._domain.users.get(read.of_customer) if read.of_customer is not None else None
        if read.of_customer is not None and (asked is None or output["email"] != asked.email):
            return Answer(is_done=False, rule="identity.owner", reason="It shows the account of who is signed in only.")
        return DONE

    async def _write(self, write: Write, *, is_confirmed: bool) -> Answer:
        verdict = await self._submit(write, None)
        if verdict.state == "needs_yes" and is_confirmed:
            asked_at = self._clock.now()
            self._clock.at += BETWEEN
            verdict = await self._submit(write, Consent(digest=verdict.digest, asked_at=asked_at))
        return Answer(is_done=verdict.state == "executed", rule=verdict.rule, reason=verdict.reason)

    async def _submit(self, write: Write, consent: Consent | None) -> Verdict:
        proposal = Proposal(
            kind=write.kind,
            args=write.args,
            identity=self._session.identity,
            key=f"{self._session.conversation_id}/t{self._messages}/{write.kind}",
            origin=Origin(agent=AGENT, agent_name=AGENT, turn_id=TurnId(f"t{self._messages}"), task_id="task"),
            consent=consent,
        )
        return await self._app.gate.submit(proposal, self._session.record)

    def _context(self) -> ToolContext:
        turn = f"t{self._messages}"
        return ToolContext(
            session=self._session,
            turn_id=TurnId(turn),
            task_id="task",
            agent=AGENT,
            agent_name=AGENT,
            origin=f"{self._session.conversation_id}/{turn}/task",
            now=self._clock.now(),
        )


def _rule_of(error: CallerError) -> str:
    """Return what stands for a rule where arguments do not fit their schema: the argument that does not."""
    field = error.problems[0].field.partition(".")[0] if isinstance(error, InvalidFields) else ""
    return f"arguments.{field}" if field else "action.unknown"
