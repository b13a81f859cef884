"""ChatOrchestrator: the deterministic code between the customer, the planner and the specialists.

A message is journaled, then answered in a turn: knowledge and plan are got at the same time, the plan is checked in
code, its tasks run, and what they said is the reply. A turn that a crash cut short is taken up with the plan and the
tool results it had. One turn at a time runs per conversation; what arrives meanwhile is answered together in the next.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Literal, cast

from pydantic import JsonValue

from shopfloor.agents.base import AgentFactory
from shopfloor.agents.card import AgentCard
from shopfloor.agents.prompt_texts import KeptPrompts
from shopfloor.agents.registry import Registry
from shopfloor.agents.settings import Settings
from shopfloor.conversation.context import context_of
from shopfloor.conversation.erasure import check_is_over, erasable
from shopfloor.conversation.hearing import contents_of, heard, in_language, language_of, read_in, readable
from shopfloor.conversation.live import Hub, Listener, nobody
from shopfloor.conversation.log import ConversationLog, Desk
from shopfloor.conversation.plans_at_hand import BY_PLAYBOOK, IN_DANGER, looked_up, passed_on, unasked
from shopfloor.conversation.state import ChatState, Turn, fold
from shopfloor.conversation.summary import Summaries
from shopfloor.conversation.turn import TurnRunner
from shopfloor.conversation.unanswered import left_unanswered, waiting_for_answer
from shopfloor.identity.identity import Identity
from shopfloor.journal.events import (
    ContextLoaded,
    ConversationOpened,
    Event,
    EventData,
    IdentityMethod,
    IdentityVerified,
    KnowledgeRetrieved,
    LanguageChanged,
    MessageScreened,
    MessageWritten,
    ReplyComposed,
    SignalReceived,
    TurnStarted,
)
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, StorageError, WorldError
from shopfloor.kernel.finishing import to_the_end
from shopfloor.kernel.ids import ConversationId, CustomerId, MessageId, TurnId, stream_of
from shopfloor.kernel.latest import Latest
from shopfloor.language.answers import is_stop
from shopfloor.language.gloss import Glossed, joined
from shopfloor.language.languages import DEFAULT
from shopfloor.language.safety import screen
from shopfloor.language.wording import wording_of
from shopfloor.models.thinking import Thinking
from shopfloor.planning.executor import execute
from shopfloor.planning.plan import Plan, Planner, PlanRequest, problems
from shopfloor.search.contract import KnowledgeRetriever, Retrieved

logger = logging.getLogger(__name__)

PLANNED_CHARACTERS = 4_000
"""Of the messages of one turn that a plan is made from."""
TURN_TIMEOUT_S = 120.0
KEPT_STATES = 1_000
"""Conversations whose state stays in memory; others are folded anew."""


class ChatOrchestrator:
    """Answers customers."""

    def __init__(
        self,
        desk: Desk,
        *,
        registry: Registry,
        settings: Settings,
        prompts: KeptPrompts,
        planner: Planner,
        retriever: KnowledgeRetriever,
    ) -> None:
        """Take what turns share, agents, settings, what models are told, who plans, and what finds knowledge."""
        self._desk = desk
        self._registry = registry
        self._settings = settings
        self._prompts = prompts
        self._planner = planner
        self._retriever = retriever
        self._context: Latest[ContextLoaded] = Latest()
        self._states: OrderedDict[ConversationId, ChatState] = OrderedDict()
        self._running: dict[ConversationId, asyncio.Task[None]] = {}
        self._summaries = Summaries(desk, prompts)
        desk.hub.hear_stops(self._stop_here)

    # -- what a face calls -------------------------------------------------------------------------------------------

    @property
    def hub(self) -> Hub:
        """Return what passes on what happens in conversations, as it happens."""
        return self._desk.hub

    @property
    def turns_running(self) -> int:
        """Return how many turns run in this process."""
        return len(self._running)

    async def open(
        self,
        channel: str,
        identity: Identity,
        conversation_id: ConversationId | None = None,
        *,
        method: IdentityMethod = "token",
    ) -> tuple[ConversationId, Sequence[Event]]:
        """Begin a conversation, under a new id unless one is given, and return its id and first events."""
        conversation = conversation_id or ConversationId(self._desk.ids.new("conv"))
        data: list[EventData] = [ConversationOpened(conversation_id=conversation, channel=channel)]
        if identity.customer_id or identity.order_numbers or identity.email:
            data.append(_signed_in(identity, method))
        events = await self._desk.journal.append(stream_of(conversation), data)
        if [event.seq for event in events] == [*range(1, len(data) + 1)]:
            self._keep(conversation, fold(events))
        return conversation, events

    async def sign_in(self, conversation: ConversationId, identity: Identity) -> None:
        """Note that the customer of a conversation has signed in.

        Raises:
            NotFound: no such conversation.
            Conflict: it is another customer's.
        """
        self._summaries.give_up(conversation)
        async with self._desk.journal.hold(stream_of(conversation)):
            log = ConversationLog(self._desk, await self.state(conversation), stream_of(conversation), nobody)
            await log.catch_up()
            known = log.state.identity.customer_id
            if known and known != identity.customer_id:
                raise Conflict("this conversation belongs to another customer: start a new one")
            if not known:
                await log.append([_signed_in(identity)])

    async def state(self, conversation: ConversationId) -> ChatState:
        """Return a conversation's state, as far as this process has followed it.

        Raises:
            NotFound: no such conversation.
            StorageError: its events cannot be read by this version.
        """
        known = self._states.get(conversation)
        if known is None:
            events = await self._desk.journal.read(stream_of(conversation))
            try:
                known = fold(events)
            except ValueError as error:
                raise StorageError(f"the conversation {conversation} cannot be read: {error}") from error
            if not known.is_opened:
                raise NotFound(f"there is no conversation {conversation}: look at its id again, or begin a new one")
            self._keep(conversation, known)
        self._states.move_to_end(conversation)
        return known

    def _keep(self, conversation: ConversationId, state: ChatState) -> None:
        self._states[conversation] = state
        while len(self._states) > KEPT_STATES:
            self._states.popitem(last=False)

    def present(self, customer_id: CustomerId) -> ConversationId | None:
        """Return the conversation in which a signed-in customer has just written and reads along; None where none is.

        Of several it is the one begun last. Only this process's are known.
        """
        known = {one: self._states[one].identity for one in self._desk.hub.followed() if one in self._states}
        return max((one for one, identity in known.items() if identity.customer_id == customer_id), default=None)

    async def post(self, conversation: ConversationId, text: str, client_id: str | None = None) -> Event:
        """Journal a customer's message, once for each `client_id`, and return its event; secrets in it are masked.

        A text that is sent again while the same text waits for its answer is the same message: people and programs
        send again what seems to have got lost.

        Raises:
            InvalidInput: an empty, oversized or unreadable text.
            NotFound: no such conversation.
            Conflict: another text was sent under the same `client_id`.
        """
        content = readable(text)
        state = await self.state(conversation)
        events = [*state.events, *await self._desk.journal.read(stream_of(conversation), after=state.seq)]
        if client_id is None and (same := waiting_for_answer(events, content)):
            return same
        message = MessageWritten(
            message_id=MessageId(self._desk.ids.new("msg")), role="user", content=content, client_id=client_id
        )
        (event,) = await self._desk.journal.append(stream_of(conversation), [message])
        self._summaries.give_up(conversation)
        is_new = isinstance(event.data, MessageWritten) and event.data.message_id == message.message_id
        said = "\n".join(await heard([content], state.language)) if is_new else ""
        if (is_stop(content) or is_stop(said)) and is_new:  # one that is sent again has stopped its turn already
            self.stop(conversation)
        if isinstance(event.data, MessageWritten) and event.data.content != content:
            raise Conflict(f"the message {client_id} was sent before with another text: use a new client_id")
        return event

    async def notify(self, conversation: ConversationId, signal: SignalReceived) -> ReplyComposed | None:
        """Let an agent speak unasked, once for each outreach, and return what it said; None where it is not known.

        Raises:
            NotFound: no such conversation.
        """
        await self.state(conversation)
        (event,) = await self._desk.journal.append(stream_of(conversation), [signal])
        await self.answer(conversation)
        taken = cast(SignalReceived, event.data)
        events = (await self.state(conversation)).events
        replies = (event.data for event in events if isinstance(event.data, ReplyComposed))
        return next((reply for reply in replies if taken.message_id in reply.message_ids), None)

    async def answer(
        self, conversation: ConversationId, listener: Listener = nobody, *, since: int | None = None
    ) -> list[ReplyComposed]:
        """Answer what is unanswered, turn after turn, and return the replies.

        Replies that another process gave meanwhile are among them: all whose number is above `since`, which is where
        this process stood unless it is given.

        Raises:
            NotFound: no such conversation.
        """
        start = (await self.state(conversation)).seq if since is None else since
        self._summaries.give_up(conversation)
        async with self._desk.journal.hold(stream_of(conversation)):
            log = ConversationLog(self._desk, await self.state(conversation), stream_of(conversation), listener)
            try:
                await log.catch_up()
                while log.state.unanswered or log.state.signals:
                    await self._turn(log)  # the last thing that it writes brings what others wrote meanwhile
            except BaseException:
                # The state may lag behind what was stored: it is folded anew next time.
                self._states.pop(conversation, None)
                self._desk.hub.forget(conversation)
                raise
            events = log.state.events
        return [event.data for event in events if event.seq > start and isinstance(event.data, ReplyComposed)]

    async def summarise(self, conversation: ConversationId) -> None:
        """Have a model summarise the oldest turns where they are long; called after a reply, and ended by a message.

        Raises:
            NotFound: no such conversation.
        """
        state = await self.state(conversation)
        await self._summaries.make(state, stream_of(conversation), _payer(state))

    def stop(self, conversation: ConversationId) -> bool:
        """Stop the turn of a conversation, and return whether it ran here; an action under way is carried to its end.

        Another process that runs one is asked to stop it, where notices reach it.
        """
        is_here = self._stop_here(conversation)
        if not is_here:
            self._desk.hub.ask_to_stop(conversation)
        return is_here

    def _stop_here(self, conversation: ConversationId) -> bool:
        task = self._running.get(conversation)
        return task.cancel() if task else False

    async def erase(
        self, conversation: ConversationId, *, even_open: bool = False, idle_since: datetime | None = None
    ) -> int:
        """Erase for good what is personal in a conversation, once no turn runs, and return how many events held some.

        What waits for an answer gets it first; with `idle_since` it must be answered and have rested since then.

        Raises:
            NotFound: no such conversation.
            Conflict: an action in it is open, and it is not to be erased even so; or it has not rested.
        """
        if idle_since is None:
            await self.answer(conversation)
        stream = stream_of(conversation)
        async with self._desk.journal.hold(stream):
            log = ConversationLog(self._desk, await self.state(conversation), stream, nobody)
            self._summaries.give_up(conversation)
            try:
                await log.catch_up()
                if not even_open:
                    check_is_over(log.state, idle_since=idle_since)
                return await self._desk.journal.erase(stream, up_to=erasable(log.state))
            finally:
                self._states.pop(conversation, None)
                self._desk.hub.forget(conversation)

    async def recover(self, *, skip: ConversationId | None = None) -> int:
        """Answer what a process that died left unanswered, and return how many conversations that were."""
        recovered = 0
        for conversation in await left_unanswered(self._desk.journal):
            try:
                recovered += bool(conversation != skip and await self.answer(conversation))
            except Exception:  # one conversation must not keep the others from their answers
                logger.exception("%s could not be answered", conversation)
        return recovered

    # -- a turn ------------------------------------------------------------------------------------------------------

    async def _turn(self, log: ConversationLog) -> ReplyComposed:
        state = log.state
        cards = [card for card in await self._registry.cards() if card.half == "conversation"]
        brand = await self._settings.in_force()
        told = await self._prompts.current() if self._desk.models else None
        version = told and told.version
        context = self._context.of(lambda: context_of(brand, cards, version), brand, version, *cards)
        turn = state.turn or await self._begin(log, context)
        is_steered = any(screen(content).injection for content in contents_of(state, turn.message_ids))
        is_plain = is_steered or (turn.signal is not None and turn.signal.kind in BY_PLAYBOOK)
        thinking = Thinking(self._desk.models, _payer(state)) if self._desk.models and not is_plain else None
        factory = AgentFactory(cards, brand, self._desk.tools, state.identity, thinking, told and told.value)
        said = await heard(contents_of(state, turn.message_ids), state.language)
        runner = TurnRunner(self._desk, log, turn, factory, brand, said, thinking)
        outcome = await self._outcome(log, runner, turn, cards)
        rest = runner.rest()
        content, sources = state.compose_reply(rest)
        reply = ReplyComposed(
            conversation_id=state.conversation_id,
            turn_id=turn.id,
            message_ids=turn.message_ids,
            content=content,
            sources=sources,
            outcome=outcome,
        )
        await log.append([*rest, reply])
        return reply

    async def _outcome(
        self, log: ConversationLog, runner: TurnRunner, turn: Turn, cards: Sequence[AgentCard]
    ) -> Literal["answered", "stopped", "failed"]:
        """Do the turn's work; whatever breaks in it but the database, the customer gets an answer."""
        try:
            is_done = await self._work(log, runner, turn, cards)
        except StorageError:
            raise
        except Exception:
            logger.exception("turn %s of %s broke", turn.id, log.state.conversation_id)
            runner.apologise()
            return "failed"
        if not is_done:
            runner.stopped()
        return "answered" if is_done else "stopped"

    async def _work(self, log: ConversationLog, runner: TurnRunner, turn: Turn, cards: Sequence[AgentCard]) -> bool:
        """Plan and carry out, and return whether it came to its end: False where the customer stopped it."""
        work = asyncio.ensure_future(self._plan_and_execute(log, runner, turn, cards))
        self._running[log.state.conversation_id] = work
        is_done = False
        try:
            await asyncio.shield(work)
            is_done = True
        except asyncio.CancelledError:
            if not work.cancelled():  # not the turn was stopped, but this whole task
                work.cancel()
                await to_the_end(_ended(work))
                raise
        except ExceptionGroup as group:
            raise _first(group) from group
        finally:
            self._running.pop(log.state.conversation_id, None)
        return is_done

    async def _plan_and_execute(
        self, log: ConversationLog, runner: TurnRunner, turn: Turn, cards: Sequence[AgentCard]
    ) -> None:
        async with asyncio.timeout(TURN_TIMEOUT_S):
            plan = turn.plan
            async with asyncio.TaskGroup() as group:
                group.create_task(runner.recall())
                preparing = group.create_task(self._prepare(log, turn, cards, runner)) if plan is None else None
            plan = plan or cast("asyncio.Task[Plan]", preparing).result()
            left = [task for task in plan.tasks if task.id not in turn.settled]
            held = [task for task, status in turn.settled.items() if status in {"needs_input", "skipped"}]
            await execute(left, runner, held=held)
            if plan.reminds:
                await runner.remind()

    async def _begin(self, log: ConversationLog, context: ContextLoaded) -> Turn:
        pending = tuple(message.message_id for message in log.state.unanswered)
        if not pending:
            pending = (log.state.signals[0].message_id,)
        turn_id = TurnId(self._desk.ids.new("turn"))
        data: list[EventData] = [TurnStarted(turn_id=turn_id, message_ids=pending)]
        if log.state.unanswered:
            language = await language_of(log.state.unanswered, log.state.language)
            if language != (None if log.state.is_foreign else log.state.language):
                data.append(LanguageChanged(turn_id=turn_id, language=language))
            data += _screened(turn_id, [message.content for message in log.state.unanswered])
        if log.state.context is None or log.state.context.version != context.version:
            data.append(context)
        await log.append(data)
        return cast(Turn, log.state.turn)

    async def _prepare(self, log: ConversationLog, turn: Turn, cards: Sequence[AgentCard], runner: TurnRunner) -> Plan:
        """Get knowledge and plan at the same time; what a signal asks for is known already."""
        if turn.signal:
            return runner.planned(unasked(turn.signal, cards), "signal")
        asked = contents_of(log.state, turn.message_ids)
        in_danger = any(screen(content).self_harm for content in asked)
        if in_danger and (plan := passed_on(asked, log.state, turn, cards, IN_DANGER)):
            return runner.planned(plan, "safety")
        if log.state.is_foreign and (plan := passed_on(asked, log.state, turn, cards)):
            return runner.planned(plan, "language")
        said = joined(await read_in(asked, log.state.language))
        message = said.english[:PLANNED_CHARACTERS]
        async with asyncio.TaskGroup() as group:
            knowledge = group.create_task(self._knowledge("\n".join(asked)[:PLANNED_CHARACTERS]))
            planned = group.create_task(self._planned(said, log.state, turn, cards, runner))
        found = knowledge.result()
        passages = tuple(cast("dict[str, JsonValue]", asdict(passage)) for passage in found.passages)
        plan = planned.result()
        if found.is_answerable:
            plan = looked_up(plan, cards, message, found.passages[0])
        plan = in_language(plan, log.state, asked, cards)
        retrieved = KnowledgeRetrieved(turn_id=turn.id, passages=passages)
        return runner.planned(plan, plan.made_by or self._planner.name, retrieved)

    async def _knowledge(self, message: str) -> Retrieved:
        """Find general knowledge; a turn goes on without it."""
        try:
            return await self._retriever.retrieve(message)
        except WorldError as error:
            logger.warning("no knowledge could be retrieved: %s", error)
            return Retrieved()

    async def _planned(
        self,
        said: Glossed,
        state: ChatState,
        turn: Turn,
        cards: Sequence[AgentCard],
        runner: TurnRunner,
    ) -> Plan:
        request = PlanRequest(
            message=said.english[:PLANNED_CHARACTERS],
            cards=cards,
            waiting=state.answerable(turn.message_ids),
            postponed=state.postponed,
            focus=state.focus,
            previous=state.previous,
            is_signed_in=state.identity.is_signed_in,
            wording=wording_of(cast("dict[str, str]", state.brand.get("wording", {}))),
            scenarios=runner.scenarios,
            language=state.language,
            gloss=None if state.language == DEFAULT else said,
            history=state.history("") if runner.thinking else (),
            summarised=state.summarised if runner.thinking else (),
            thinking=runner.thinking,
            hear=runner.thought,
            fell_back=runner.planned_by_rules,
            prompts=runner.prompts,
        )
        plan = await self._planner.plan(request)
        wrong = problems(plan, cards, "conversation", {tool.name: tool for tool in self._desk.tools.tools()})
        if wrong:
            raise InvalidInput(f"the planner {self._planner.name} made a plan that cannot run: {'; '.join(wrong)}")
        return plan


def _screened(turn: TurnId, contents: Sequence[str]) -> list[EventData]:
    """Return the event that says what of the messages needs care; none where nothing does."""
    found = [screening for content in contents if not (screening := screen(content)).is_clean]
    return [MessageScreened(turn_id=turn, **asdict(screening)) for screening in found]


def _payer(state: ChatState) -> str:
    """Return whose budget of the day a turn counts to: the customer's, or a guest's conversation's."""
    return state.identity.customer_id or state.conversation_id


async def _ended(work: "asyncio.Future[None]") -> None:
    await asyncio.wait({work})


def _signed_in(identity: Identity, method: IdentityMethod = "token") -> IdentityVerified:
    return IdentityVerified(
        method=method,
        customer_id=identity.customer_id,
        order_numbers=tuple(sorted(identity.order_numbers)),
        name=identity.name,
        email=identity.email,
    )


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Return the first error of a group of tasks, whatever groups it is wrapped in."""
    error = group.exceptions[0]
    return _first(cast("ExceptionGroup[Exception]", error)) if isinstance(error, ExceptionGroup) else error
