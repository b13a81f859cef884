"""One turn: the runner that the plan's executor works for, and the session that its tools work for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from shopfloor.actions.gate import Consent
from shopfloor.agents.base import AgentFactory
from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import AgentTask, Done, Failed, HandedOff, NeedsInput, Outcome, Said
from shopfloor.conversation.grounding import Evidence
from shopfloor.conversation.live import Released
from shopfloor.conversation.log import ConversationLog, Desk
from shopfloor.conversation.state import Turn
from shopfloor.identity.identity import Identity
from shopfloor.journal import events
from shopfloor.journal.events import EventData, MessageWritten, ToolCalled
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import ConversationId, MessageId
from shopfloor.language.answers import is_angry
from shopfloor.language.text import sentences
from shopfloor.planning.executor import Ahead, Ending, Piece, Postponed
from shopfloor.planning.plan import Plan, Prefetch, Task, problems
from shopfloor.tools.contract import ToolContext, ToolResult
from shopfloor.tools.toolsets import Permitted, Prefetched, Traced, call_key

MAX_REPLANS = 2
STALE = timedelta(minutes=5)
"""Reads that were made before a crash are made again after so long."""
TRANSCRIPT_CHARACTERS = 3_500


class TurnRunner:
    """Runs the tasks of one turn; also the `Session` of their tools."""

    def __init__(self, desk: Desk, log: ConversationLog, turn: Turn, factory: AgentFactory, brand: Brand) -> None:
        """Take the turn, as the state has it."""
        self._desk = desk
        self._log = log
        self._turn = turn
        self._factory = factory
        self._brand = brand
        self._now = desk.clock.now()
        self._zone = ZoneInfo(brand.zone)
        self._unwritten: list[EventData] = []
        self._said: dict[str, list[str]] = {}
        self._withheld: set[str] = set()
        self._replans = max(turn.revision, 0)
        self.evidence = self._known()

    # -- as a session ------------------------------------------------------------------------------------------------

    @property
    def conversation_id(self) -> ConversationId:
        """Return the conversation's id."""
        return self._log.state.conversation_id

    @property
    def identity(self) -> Identity:
        """Return what the customer has shown up to now."""
        return self._log.state.identity

    async def record(self, event: EventData) -> None:
        """Journal an event at once."""
        await self._log.append([event])

    # -- as a runner -------------------------------------------------------------------------------------------------

    async def fetch(self, task: Task, call: Prefetch) -> ToolResult:
        """Make one read of a task ahead of it, with its agent's permission."""
        card = self._factory.cards[task.agent]
        return await Permitted(self._desk.tools, card.tools).call(call.tool, call.args, self._context(task, card))

    async def run(self, task: Task, ahead: Ahead) -> AsyncIterator[Piece | Outcome]:
        """Let a task's specialist do it."""
        agent = self._factory.create(task.agent)
        skill = agent.card.skill(task.skill)
        if skill is None:
            raise NotFound(f"{task.agent} has no skill called {task.skill}")
        calls: list[ToolCalled] = []

        async def tell(call: ToolCalled) -> None:
            calls.append(call)

        tools = Traced(Prefetched(self._desk.tools, {**ahead, **self._remembered(task)}), tell)
        agent_task = self._agent_task(task, skill)
        context = self._context(task, agent.card)
        async for output in agent.run(agent_task, self._scope(task), tools, context):
            while calls:
                yield calls.pop(0)
            yield output

    async def started(self, task: Task) -> None:
        """Show a task's status line."""
        await self._write(self._status(task, "started", text=task.status_line))

    async def told(self, task: Task, piece: Piece) -> None:
        """Release words that the evidence bears out; keep the rest back."""
        if isinstance(piece, ToolCalled):
            self.evidence.add(piece.tool_output)
            self.evidence.add(piece.tool_args)
        if isinstance(piece, EventData):
            self._unwritten.append(piece)
            return
        await self._write()  # what was read is journaled before words that stem from it are
        said = self._said.setdefault(task.id, [])
        checked = "".join(sentence for sentence in sentences(piece.text) if self._may_say(task, sentence)).strip()
        if checked:
            text = f"\n\n{checked}" if said else checked
            said.append(text)
            self._log.listener(Released(task_id=task.id, agent=task.agent, agent_name=self._name(task), text=text))

    async def ended(self, task: Task, ending: Ending) -> Sequence[Task]:
        """Write down how a task ended, and replan where the plan no longer makes sense."""
        match ending:
            case Done():
                self._close(task, "done")
            case NeedsInput(waiting) if waiting.digest and task.id in self._withheld:
                return await self._degrade(task, "the question for the customer's yes could not be shown whole")
            case NeedsInput(waiting):
                self._close(task, "needs_input", waiting=waiting.model_dump(mode="json"))
            case Postponed(after):
                self._close(task, "skipped", reason=f"follows {after}, which waits for the customer")
            case HandedOff(to, skill, reason):
                return await self._hand_over(task, to, skill, reason)
            case Failed(reason):
                return await self._degrade(task, reason)
        return ()

    # -- what comes after a task -------------------------------------------------------------------------------------

    async def _hand_over(self, task: Task, to: str, skill: str | None, reason: str) -> Sequence[Task]:
        card = self._factory.cards[task.agent]
        colleague = next((c for h in card.handoffs if h == to and (c := self._factory.handoffs.resolve(card, h))), None)
        if colleague is None:
            return await self._degrade(task, f"{task.agent} may not hand over to {to}")
        return await self._pass_on(task, colleague, skill or colleague.skills[0].id, "handed_off", reason)

    async def _degrade(self, task: Task, reason: str) -> Sequence[Task]:
        """Say that something of ours failed, and bring in whoever can open a ticket."""
        await self.told(task, Said(self._brand.trouble))
        colleague = self._factory.handoffs.last_resort("open_ticket")
        skill = (
            next((s for s in colleague.skills if _proposes(colleague, s, "open_ticket")), None) if colleague else None
        )
        can_help = colleague and skill and (task.agent, task.skill) != (colleague.id, skill.id)
        if colleague is None or skill is None or not can_help:
            return await self._give_up(task, reason)
        return await self._pass_on(task, colleague, skill.id, "failed", reason)

    async def _pass_on(
        self, task: Task, colleague: AgentCard, skill_id: str, status: events.TaskState, reason: str
    ) -> Sequence[Task]:
        """Give a task to a colleague as a new one, where the plan may still be changed."""
        added = self._added(task, colleague, skill_id)
        if added is None:
            return await self._give_up(task, reason)
        plan, new = added
        self._hand_off_event(task, colleague, reason)
        self._close(task, status, reason=reason)
        self._replans += 1
        self._unwritten.append(plan_event(self._turn, plan, self._replans, "orchestrator"))
        return (new,)

    async def _give_up(self, task: Task, reason: str) -> Sequence[Task]:
        """Say where help is."""
        await self.told(task, Said(f"Please write to {self._brand.support_email}, and we will take care of it."))
        self._close(task, "failed", reason=reason)
        return ()

    def _added(self, task: Task, colleague: AgentCard, skill_id: str) -> tuple[Plan, Task] | None:
        """Return the plan with a task for a colleague, or None where that would be one change too many."""
        plan = self._log.state.plan
        skill = colleague.skill(skill_id)
        if plan is None or skill is None or self._replans >= MAX_REPLANS:
            return None
        status = skill.status if "{" not in skill.status else f"{colleague.name} is taking over..."
        new = Task(id=f"r{self._replans + 1}", agent=colleague.id, skill=skill.id, task=task.task, status_line=status)
        revised = plan.model_copy(update={"tasks": (*plan.tasks, new)})
        tools = {tool.name: tool for tool in self._desk.tools.tools()}
        wrong = problems(revised, list(self._factory.cards.values()), colleague.half, tools)
        return None if wrong else (revised, new)

    def _hand_off_event(self, task: Task, colleague: AgentCard, reason: str) -> None:
        self._unwritten.append(
            events.HandedOff(
                turn_id=self._turn.id,
                task_id=task.id,
                from_agent=task.agent,
                to_agent=colleague.id,
                agent_name=colleague.agent_name,
                reason=reason,
            )
        )

    def _close(
        self,
        task: Task,
        status: events.TaskState,
        *,
        waiting: dict[str, JsonValue] | None = None,
        reason: str | None = None,
    ) -> None:
        self._unwritten += self.spoken(task)
        self._unwritten.append(self._status(task, status, waiting=waiting, reason=reason))

    # -- words -------------------------------------------------------------------------------------------------------

    def spoken(self, task: Task) -> list[EventData]:
        """Return what was released of a task as a message, once."""
        said = "".join(self._said.pop(task.id, ()))
        return [self._message(said, task)] if said else []

    def _message(self, content: str, task: Task) -> MessageWritten:
        return MessageWritten(
            message_id=MessageId(self._desk.ids.new("msg")),
            role="assistant",
            content=content,
            turn_id=self._turn.id,
            task_id=task.id,
            agent=task.agent,
            agent_name=self._name(task),
        )

    def _remark(self, content: str) -> MessageWritten:
        """Return a message of the shop itself, by none of its agents."""
        return MessageWritten(
            message_id=MessageId(self._desk.ids.new("msg")), role="assistant", content=content, turn_id=self._turn.id
        )

    def _may_say(self, task: Task, sentence: str) -> bool:
        missing = self.evidence.missing(sentence)
        if missing:
            self._withheld.add(task.id)
            self._unwritten.append(
                events.SentenceWithheld(
                    turn_id=self._turn.id,
                    task_id=task.id,
                    agent=task.agent,
                    agent_name=self._name(task),
                    sentence=sentence,
                    claims=missing,
                )
            )
        return not missing

    def _known(self) -> Evidence:
        """Return the evidence there is before any tool is called: the customer's words and the shop's own settings."""
        state = self._log.state
        evidence = Evidence(self._now, self._zone)
        for message in state.messages:
            if message.role == "user":
                evidence.hear(message.content)
        evidence.add(self._brand.model_dump(mode="json"))
        evidence.add_all(call.tool_output for call in self._turn.tool_calls)
        for waiting in (*self._turn.continued.values(), *state.overdue, *state.waiting.values()):
            evidence.add(waiting.slots)
            evidence.add(waiting.question)
        return evidence

    # -- a task's surroundings ---------------------------------------------------------------------------------------

    def _agent_task(self, task: Task, skill: Skill) -> AgentTask:
        waiting = self._turn.continued.get(task.continues or "")
        return AgentTask(
            id=task.id,
            skill=skill,
            request=task.task,
            slots=dict(task.arguments),
            said=frozenset(waiting.said) if waiting else frozenset(),
            answer=task.answer,
            digest=waiting.digest if waiting else None,
            origin=self._origin(task),
        )

    def _origin(self, task: Task) -> str:
        return task.continues or f"{self.conversation_id}/{self._turn.id}/{task.id}"

    def _context(self, task: Task, card: AgentCard) -> ToolContext:
        waiting = self._turn.continued.get(task.continues or "")
        consent = None
        if waiting and waiting.digest and task.answer == "yes":
            consent = Consent(digest=waiting.digest, asked_at=waiting.asked_at)
        return ToolContext(
            session=self,
            turn_id=self._turn.id,
            task_id=task.id,
            agent=card.id,
            agent_name=card.agent_name,
            origin=self._origin(task),
            now=self._now,
            consent=consent,
            admitted=dict(self._turn.admitted),
        )

    def _remembered(self, task: Task) -> dict[str, "asyncio.Future[ToolResult]"]:
        """Return the reads that the task made before a crash."""
        reads = {tool.name for tool in self._desk.tools.tools() if tool.is_read}
        remembered: dict[str, asyncio.Future[ToolResult]] = {}
        if self._now - self._turn.started_at > STALE:
            return remembered
        for call in self._turn.tool_calls:
            if call.task_id == task.id and call.tool_name in reads and isinstance(call.tool_output, dict):
                future: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()
                future.set_result(ToolResult(output=call.tool_output, sources=call.sources))
                remembered[call_key(call.tool_name, call.tool_args)] = future
        return remembered

    def _scope(self, task: Task) -> dict[str, object]:
        state = self._log.state
        asked = [m.content for m in state.messages if m.message_id in self._turn.message_ids]
        is_open = self._brand.is_open(self._now)
        scenario = next((s for s in self._brand.transfer_scenarios if s.id == "asked_for"), None)
        message = (scenario.message if is_open else scenario.out_of_hours_message) if scenario else ""
        return {
            "brand": self._brand,
            "customer": {
                "is_signed_in": self.identity.is_signed_in,
                "name": self.identity.name,
                "email": self.identity.email,
            },
            "conversation_id": self.conversation_id,
            "knowledge": state.knowledge,
            "now": self._now,
            "zone": self._zone,
            "is_angry": any(is_angry(text) for text in asked),
            "is_resumed": task.continues is not None,
            "is_open": is_open,
            "transfer_message": message,
            "transcript": self._transcript(),
        }

    def _transcript(self) -> str:
        lines = [f"{m.agent_name or 'Customer'}: {m.content}" for m in self._log.state.messages[-20:]]
        return "\n".join(lines)[-TRANSCRIPT_CHARACTERS:]

    # -- writing -----------------------------------------------------------------------------------------------------

    async def _write(self, *data: EventData) -> None:
        pending, self._unwritten = [*self._unwritten, *data], []
        await self._log.append(pending)

    async def apologise(self) -> None:
        """Say that something broke, in place of what could not be said, and where help is."""
        plan = self._turn.plan
        for task in plan.tasks if plan else ():
            self._unwritten += self.spoken(task)
        words = f"{self._brand.trouble} Please write to {self._brand.support_email}, and we will take care of it."
        self._unwritten.append(self._remark(words))
        await self._write()

    async def close(self, *, is_done: bool) -> None:
        """Journal what is left of the turn; of one that was stopped, also what was said and done up to then."""
        if not is_done:
            plan = self._turn.plan
            for task in plan.tasks if plan else ():
                self._unwritten += self.spoken(task)
            done = " ".join(f"This was already done: {summary}" for summary in self._turn.done)
            self._unwritten.append(self._remark(f"I have stopped. {done}".strip()))
        await self._write()

    async def remind(self) -> None:
        """Ask once more what an earlier task still waits for, where the message left it unanswered."""
        is_asking = any(waiting.digest for waiting in self._log.state.waiting.values())
        for waiting in self._log.state.overdue:
            card = self._factory.cards.get(waiting.agent)
            if waiting.is_reminder or card is None or card.skill(waiting.skill) is None:
                continue
            if waiting.digest and is_asking:  # one question for a yes at a time: a yes must mean one thing
                continue
            again = waiting.model_copy(update={"is_reminder": True, "asked_at": self._now})
            task = Task(
                id=f"w{len(self._unwritten)}",
                agent=card.id,
                skill=waiting.skill,
                task=waiting.request,
                status_line="...",
                continues=waiting.origin,
            )
            await self.told(task, Said(waiting.question))
            self._close(task, "needs_input", waiting=again.model_dump(mode="json"))

    def _status(
        self,
        task: Task,
        status: events.TaskState,
        *,
        text: str = "",
        waiting: dict[str, JsonValue] | None = None,
        reason: str | None = None,
    ) -> events.TaskStatus:
        return events.TaskStatus(
            turn_id=self._turn.id,
            task_id=task.id,
            agent=task.agent,
            agent_name=self._name(task),
            status=status,
            text=text,
            waiting=waiting,
            reason=reason,
        )

    def _name(self, task: Task) -> str:
        return self._factory.cards[task.agent].agent_name


def _proposes(card: AgentCard, skill: Skill, kind: str) -> bool:
    return any(getattr(step, "propose", None) == kind for step in card.flat(skill.steps))


def plan_event(turn: Turn, plan: Plan, revision: int, planner: str) -> events.PlanMade:
    """Return the event that holds a plan."""
    return events.PlanMade(turn_id=turn.id, revision=revision, planner=planner, plan=plan.model_dump(mode="json"))
