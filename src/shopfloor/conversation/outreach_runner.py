"""OutreachRunner: carries signals to customers, each outreach once, within the shop's rules.

Each step is stored before the next one begins, and each can be done twice without being felt: the conversation is named
after the outreach, the orchestrator takes an outreach once, and so does the outbox. So a crash between any two steps
ends in one message. The rules are judged again after a crash, so that nobody is mailed who has withdrawn meanwhile.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from anyio import move_on_after

from shopfloor.actions.gate import CONSENT_LIFETIME
from shopfloor.actions.store import Actions
from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard, Subscription
from shopfloor.agents.registry import Registry
from shopfloor.agents.settings import Settings
from shopfloor.conversation.orchestrator import ChatOrchestrator
from shopfloor.conversation.settlements import ActionSettlements
from shopfloor.conversation.state import ChatState, fold
from shopfloor.identity.identity import Identity
from shopfloor.journal.contract import Journal
from shopfloor.journal.events import ReplyComposed, SignalReceived, TaskStatus
from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import NotFound, StorageError, Unavailable
from shopfloor.kernel.ids import ConversationId, MessageId, StreamId, stream_of
from shopfloor.outreach.attempts import UNDER_WAY, OutboxMessage, Outreach, Recipient, email_key, new_outreach
from shopfloor.outreach.contract import Outreaches
from shopfloor.outreach.recipients import ANSWERS, Audience, purpose_of
from shopfloor.outreach.rules import Case, Verdict, judge, quiet_until
from shopfloor.outreach.signals import ActionSettled, Signal
from shopfloor.shop.contract import Shop

logger = logging.getLogger(__name__)

WORKER = StreamId("outreach")
"""Held by the one process that carries outreaches out."""
CHANNEL = "outreach"
POLL_S = 1.0
"""How soon the worker sees what another process stored."""
TROUBLE_S = 30.0
"""How long it rests where nothing works."""
AGENT_FAILED = "agent.failed"
RETRY = timedelta(minutes=5)
MAX_RETRIES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Notified:
    """Where a message was said, and what it was."""

    conversation: ConversationId
    reply: ReplyComposed
    has_failed: bool


class OutreachRunner:
    """Reaches customers unasked."""

    def __init__(
        self,
        chat: ChatOrchestrator,
        outreaches: Outreaches,
        *,
        shop: Shop,
        actions: Actions,
        journal: Journal,
        registry: Registry,
        settings: Settings,
        clock: Clock,
    ) -> None:
        """Take who speaks, where everything is kept, and by which clock things are due."""
        self.outreaches = outreaches
        self._chat = chat
        self._shop = shop
        self._settlements = ActionSettlements(actions, journal)
        self._audience = Audience(shop, self._settlements)
        self._journal = journal
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._poked = asyncio.Event()

    # -- what a face calls -------------------------------------------------------------------------------------------

    async def receive(self, signal: Signal) -> bool:
        """Store a signal for the worker, and return whether it is new.

        Raises:
            Conflict: its id was used for something else.
        """
        is_new = await self.outreaches.add_signal(signal)
        self.poke()
        return is_new

    def poke(self) -> None:
        """Let this process's worker look at once."""
        self._poked.set()

    async def run(self) -> None:
        """Carry out what is due, as it falls due, until cancelled; wait while another process does so."""
        async with self.hold():
            while True:
                self._poked.clear()
                try:
                    is_well = await self.work()
                except StorageError as error:
                    logger.warning("outreaches cannot be carried out; trying again: %s", error)
                    is_well = False
                except Exception:  # whatever breaks, the worker goes on
                    logger.exception("outreaches cannot be carried out; trying again in %d seconds", TROUBLE_S)
                    is_well = False
                with move_on_after(POLL_S if is_well else TROUBLE_S):
                    await self._poked.wait()

    def hold(self, *, wait: bool = True) -> AbstractAsyncContextManager[bool]:
        """Be the worker of this installation; yields False at once where another is and `wait` is False."""
        return self._journal.hold(WORKER, wait=wait)

    async def work(self) -> bool:
        """Carry out everything that is due now, and return whether all of it could be carried out.

        Several at once do no harm, but wait for each other's conversations.
        """
        is_well = True
        tried: set[str] = set()
        while signals := [signal for signal in await self.outreaches.untaken() if signal.id not in tried]:
            for signal in signals:
                is_well &= await self._take(signal)
            tried.update(signal.id for signal in signals)
        done: set[str] = set()
        while due := [one for one in await self.outreaches.due(self._clock.now()) if one.id not in done]:
            for outreach in due:
                is_well &= await self._tried(outreach)
            done.update(one.id for one in due)
        return is_well

    async def seen_to(self, signal_id: str, timeout_s: float) -> Sequence[Outreach] | None:
        """Return what came of a signal up to now: carried out here, or by the process that is the worker.

        None where that process has not taken it in time.
        """
        with move_on_after(timeout_s):
            while True:
                async with self.hold(wait=False) as is_worker:
                    if is_worker:
                        await self.work()
                        break
                made = await self.outreaches.outreaches_of(signal_id)
                if made is not None and not any(self._is_due(outreach) for outreach in made):
                    break
                await asyncio.sleep(POLL_S / 10)
        return await self.outreaches.outreaches_of(signal_id)

    def _is_due(self, outreach: Outreach) -> bool:
        return outreach.state in UNDER_WAY and outreach.due_at <= self._clock.now()

    # -- from a signal to outreaches ---------------------------------------------------------------------------------

    async def _take(self, signal: Signal) -> bool:
        """Make a signal's outreaches; one that cannot be read must not keep the others, and stays for next time."""
        try:
            await self.outreaches.take(signal, await self._planned(signal))
        except StorageError:
            raise
        except Exception:
            logger.exception("the signal %s cannot be taken up", signal.id)
            return False
        return True

    async def _planned(self, signal: Signal) -> Sequence[Outreach]:
        recipients = await self._audience.of(signal)
        return [
            new_outreach(
                signal,
                card.id,
                subscription.skill,
                purpose_of(signal.kind, subscription.purpose),
                recipient,
                due_at=signal.at + timedelta(minutes=subscription.delay_minutes),
            )
            for card, subscription in await self._speakers(signal)
            for recipient in recipients
        ]

    async def _speakers(self, signal: Signal) -> Sequence[tuple[AgentCard, Subscription]]:
        """Return the agents that hear of a signal; of a request only one: whose it was, else the first that does."""
        hearing = [
            (card, subscription)
            for card in await self._cards()
            for subscription in card.subscriptions
            if subscription.signal == signal.kind
        ]
        if not isinstance(signal.data, ActionSettled):
            return hearing
        agent = await self._settlements.agent(signal.data.action_key)
        return ([one for one in hearing if one[0].id == agent] or hearing)[:1]

    async def _cards(self) -> Sequence[AgentCard]:
        return [card for card in await self._registry.cards() if card.half == "conversation"]

    async def _subscription(self, outreach: Outreach) -> tuple[AgentCard, Subscription] | None:
        """Return the card and the subscription that an outreach stems from, or None where one is no more."""
        for card in await self._cards():
            for subscription in card.subscriptions if card.id == outreach.agent else ():
                if (subscription.signal, subscription.skill) == (outreach.signal.kind, outreach.skill):
                    return card, subscription
        return None

    # -- from an outreach to a message -------------------------------------------------------------------------------

    async def _tried(self, outreach: Outreach) -> bool:
        """Carry an outreach one step on; one that fails must not keep the others."""
        try:
            await self._advance(outreach)
        except Exception:
            logger.exception("the outreach %s failed", outreach.id)
            try:
                await self._put_off(outreach, "trouble")
            except NotFound:
                logger.info("the outreach %s was removed meanwhile", outreach.id)
            return False
        return True

    async def _put_off(self, outreach: Outreach, rule: str) -> Outreach:
        """Let an outreach that failed by a rule wait a while, a few times."""
        now = self._clock.now()
        if _count(outreach, rule) >= MAX_RETRIES:
            return await self.outreaches.end(outreach.id, "failed", rule, at=now)
        verdict = Verdict(outcome="wait", rule=rule, until=now + RETRY)
        return await self.outreaches.decide(outreach.id, lambda _sent: verdict, at=now, conversation_id=None)

    async def _advance(self, outreach: Outreach) -> None:
        if outreach.state in UNDER_WAY:
            outreach = await self._judged(outreach)
        if outreach.state == "sending" and outreach.due_at <= self._clock.now():
            outreach = await self._sent(outreach)
        if outreach.state == "sent" and outreach.is_open:
            await self._settle(outreach)

    async def _judged(self, outreach: Outreach) -> Outreach:
        brand = await self._settings.in_force()
        conversation = outreach.conversation_id or await self._conversation(outreach)
        now = self._clock.now()
        case = Case(
            now=now,
            planned_for=outreach.planned_for,
            purpose=outreach.purpose,
            is_enabled=await self._subscription(outreach) is not None,
            gone=await self._audience.gone(outreach),
            has_consent=await self._audience.consents(outreach.recipient),
            is_answer=outreach.signal.kind in ANSWERS,
            busy_until=await self._busy_until(conversation),
        )
        zone = ZoneInfo(brand.zone)

        def decide(sent: Sequence[datetime]) -> Verdict:
            return judge(case, sent, brand.outreach, zone)

        return await self.outreaches.decide(outreach.id, decide, at=now, conversation_id=conversation)

    async def _sent(self, outreach: Outreach) -> Outreach:
        notified = await self._notified(outreach)
        reply, now = notified.reply, self._clock.now()
        if reply.outcome == "stopped":  # the customer wrote "stop" while it was being said
            return await self.outreaches.end(outreach.id, "suppressed", "customer.stopped", at=now)
        if notified.has_failed and not reply.content:  # nothing was said, so it may be tried once more
            return await self._put_off(outreach, AGENT_FAILED)
        if notified.has_failed:
            return await self.outreaches.end(outreach.id, "failed", AGENT_FAILED, at=now)
        if not reply.content:
            return await self.outreaches.end(outreach.id, "nothing_to_say", "agent.silent", at=now)
        message = await self._message(outreach, notified, now) if outreach.recipient.email else None
        return await self.outreaches.end(outreach.id, "sent", "allowed", at=now, message=message)

    async def _message(self, outreach: Outreach, notified: Notified, now: datetime) -> OutboxMessage:
        """Return what later channels send; an answer that was said in quiet hours they keep until these end."""
        brand = await self._settings.in_force()
        return OutboxMessage(
            id=outreach.id,
            email=outreach.recipient.email,
            subject=await self._subject(outreach, brand),
            text=notified.reply.content,
            conversation_id=notified.conversation,
            purpose=outreach.purpose,
            created_at=now,
            not_before=quiet_until(now, brand.outreach, ZoneInfo(brand.zone)),
        )

    async def _notified(self, outreach: Outreach) -> Notified:
        conversation = outreach.conversation_id or conversation_of(outreach)
        if conversation == conversation_of(outreach):
            await self._open(conversation, outreach)
        reply = await self._chat.notify(conversation, self.signal_for(outreach))
        if reply is None:
            raise Unavailable(f"the conversation {conversation} does not hold what was said in it")
        events = (await self._chat.state(conversation)).events
        ended = [one.data for one in events if isinstance(one.data, TaskStatus) and one.data.turn_id == reply.turn_id]
        has_failed = reply.outcome == "failed" or any(task.status == "failed" for task in ended)
        return Notified(conversation=conversation, reply=reply, has_failed=has_failed)

    def signal_for(self, outreach: Outreach) -> SignalReceived:
        """Return what the conversation is told: the same each time, until the agent failed and is asked anew."""
        attempt = _count(outreach, AGENT_FAILED)
        outreach_id = f"{outreach.id}/{attempt + 1}" if attempt else outreach.id
        return SignalReceived(
            message_id=MessageId(f"msg_{outreach_id}"),
            outreach_id=outreach_id,
            kind=outreach.signal.kind,
            agent=outreach.agent,
            skill=outreach.skill,
            arguments=outreach.signal.values,
        )

    async def _subject(self, outreach: Outreach, brand: Brand) -> str:
        found = await self._subscription(outreach)
        skill = found[0].skill(outreach.skill) if found else None
        subject = f"{brand.shop_name}: {skill.name}" if skill else brand.shop_name
        return " ".join(subject.split())  # a line end would begin another header of a mail

    async def _settle(self, outreach: Outreach) -> None:
        """Note that a lead was answered, so that the same wish can be made anew."""
        if outreach.recipient.lead_id:
            try:
                await self._shop.leads.settle_lead(
                    outreach.recipient.lead_id, at=self._clock.now(), key=f"{outreach.id}/settle"
                )
            except NotFound:
                logger.info("the lead of %s was withdrawn while it was answered", outreach.id)
        await self.outreaches.close(outreach.id)

    # -- where it is said --------------------------------------------------------------------------------------------

    async def _conversation(self, outreach: Outreach) -> ConversationId:
        """Return the conversation that it is said in.

        It is where it was asked for, if that is still the customer's; else where they are now; else one of its own.
        """
        recipient = outreach.recipient
        asked_in = recipient.conversation_id
        if asked_in is None:
            here = self._chat.present(recipient.customer_id) if recipient.customer_id else None
            return here or conversation_of(outreach)
        try:
            identity = (await self._newest(asked_in)).identity
        except NotFound:
            return conversation_of(outreach)
        return asked_in if _is_theirs(identity, recipient) else conversation_of(outreach)

    async def _busy_until(self, conversation: ConversationId) -> datetime | None:
        """Return until when a conversation holds a question for a yes: what breaks in on it could take the yes."""
        try:
            state = await self._newest(conversation)
        except NotFound:
            return None
        asked = [waiting.asked_at for waiting in state.waiting.values() if waiting.digest]
        return max(asked) + CONSENT_LIFETIME if asked else None

    async def _newest(self, conversation: ConversationId) -> ChatState:
        """Return a conversation's state, with what other processes wrote.

        Raises:
            NotFound: no such conversation.
        """
        state = await self._chat.state(conversation)
        if await self._journal.read(stream_of(conversation), after=state.seq):
            return fold(await self._journal.read(stream_of(conversation)))
        return state

    async def _open(self, conversation: ConversationId, outreach: Outreach) -> None:
        """Open the outreach's own conversation, once, as its customer's."""
        async with self._journal.hold(stream_of(conversation)):
            try:
                await self._chat.state(conversation)
            except NotFound:
                identity = await self._identity(outreach.recipient)
                await self._chat.open(CHANNEL, identity, conversation, method="outreach")

    async def _identity(self, recipient: Recipient) -> Identity:
        """Return what the customer of a new conversation may see: what the message is about is theirs."""
        if recipient.customer_id and (customer := await self._shop.customers.get_customer(recipient.customer_id)):
            return Identity(customer_id=customer.id, name=customer.name, email=customer.email)
        numbers = frozenset({recipient.order_number} if recipient.order_number else ())
        return Identity(order_numbers=numbers, email=recipient.email)


def conversation_of(outreach: Outreach) -> ConversationId:
    """Return the id of the conversation that an outreach opens where there is none to say it in."""
    return ConversationId(f"conv_{outreach.id}")


def _is_theirs(identity: Identity, recipient: Recipient) -> bool:
    """Whether a conversation is still the one of who asked in it: somebody else may have signed in there since.

    Who has shown nothing of themselves has nothing but the conversation, and all in it, to whoever holds it.
    """
    if recipient.customer_id is None and not recipient.email:
        return True
    if recipient.customer_id or identity.customer_id is None:
        return identity.customer_id == recipient.customer_id
    return email_key(identity.email or "") == email_key(recipient.email)


def _count(outreach: Outreach, rule: str) -> int:
    return sum(decision.rule == rule for decision in outreach.decisions)
