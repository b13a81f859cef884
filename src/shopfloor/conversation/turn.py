"""One turn: the runner that the plan's executor works for, and the session that its tools work for."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from shopfloor.actions.proposal import Consent
from shopfloor.agents.base import AgentFactory
from shopfloor.agents.brand import Brand, TransferScenario
from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.outcome import AgentTask, Done, Failed, HandedOff, NeedsInput, Outcome, Said, Surroundings
from shopfloor.agents.playbook import Propose
from shopfloor.agents.reranking import reranker
from shopfloor.agents.sentences import speaker
from shopfloor.agents.transfers import SCENARIO, transfer
from shopfloor.conversation.briefing import briefing, transcript
from shopfloor.conversation.grounding import Evidence
from shopfloor.conversation.hearing import TICKET, contents_of, original
from shopfloor.conversation.log import ConversationLog, Desk
from shopfloor.conversation.notices import notice_in
from shopfloor.conversation.speech import Speech, known
from shopfloor.conversation.state import Turn
from shopfloor.conversation.taking_up import reads_before
from shopfloor.conversation.thought import OwnEvidence, model_called
from shopfloor.identity.identity import Identity
from shopfloor.journal import events
from shopfloor.journal.events import EventData, ToolCalled
from shopfloor.kernel.errors import NotFound
from shopfloor.kernel.ids import AgentId, ConversationId
from shopfloor.language.answers import is_angry
from shopfloor.models.ledger import ModelCall
from shopfloor.models.thinking import Thinking
from shopfloor.planning.executor import Ahead, Ending, Piece, Postponed
from shopfloor.planning.plan import Plan, Prefetch, Task, problems
from shopfloor.profiles.profile import NOBODYS
from shopfloor.tools.contract import EarlierCall, ToolContext, ToolResult
from shopfloor.tools.toolsets import Permitted, Prefetched, Traced

MAX_REPLANS = 2
TRANSCRIPT_CHARACTERS = 3_500
PLANNER = AgentId("planner")
"""Who falls back on the rules, in the journal."""
KNOWLEDGE = "search_knowledge"
"""The tool of an agent that may read the shop's pages."""
NOTHING: Mapping[str, JsonValue] = {}


class TurnRunner:
    """Runs the tasks of one turn; also the `Session` of their tools."""

    def __init__(
        self,
        desk: Desk,
        log: ConversationLog,
        turn: Turn,
        factory: AgentFactory,
        brand: Brand,
        heard: Sequence[str],
        thinking: Thinking | None = None,
    ) -> None:
        """Take the turn, as the state has it, what the customer wrote in it, in English, and its models."""
        self._desk = desk
        self._log = log
        self._turn = turn
        self._factory = factory
        self._brand = brand.in_language(log.state.language)
        self._heard = heard
        self._now = desk.clock.now()
        self._zone = ZoneInfo(brand.zone)
        place = {"language": log.state.language, "brand": brand, "now": self._now, "zone": self._zone}
        self._speaker = speaker(place)
        notice = notice_in("\n".join(contents_of(log.state, turn.message_ids))) if log.state.is_foreign else ""
        self._notice = "" if any(notice in message.content for message in turn.messages) else notice
        """What is still to be said to somebody whose language the team does not read."""
        self._unwritten: list[EventData] = []
        self._calls: dict[str, list[ToolCalled]] = {}
        self._journaled: set[int] = set()
        """Which of the calls the journal holds, by their identity."""
        self._replans = max(turn.revision, 0)
        self.profile = NOBODYS
        evidence = known(log.state, turn, brand, self._now)
        self._speech = Speech(turn, brand, evidence, ids=desk.ids, name=self._name, tell=log.tell)
        self.thinking = thinking
        self.prompts = factory.prompts

    @property
    def scenarios(self) -> Sequence[TransferScenario]:
        """Return when a person takes over, as the shop's settings say in this turn."""
        return self._brand.transfer_scenarios

    # -- as a session ------------------------------------------------------------------------------------------------

    @property
    def conversation_id(self) -> ConversationId:
        """Return the conversation's id."""
        return self._log.state.conversation_id

    @property
    def identity(self) -> Identity:
        """Return what the customer has shown up to now."""
        return self._log.state.identity

    def earlier(self, *tools: str) -> Sequence[EarlierCall]:
        """Return the calls of some tools that the journal holds, the newest first."""
        return self._log.state.earlier(tools)

    async def record(self, event: EventData) -> None:
        """Journal an event at once, and before it what its task has read: after a crash the task must see the same."""
        task = event.task_id if isinstance(event, events.ActionMoved) else None
        new = [one for one in self._calls.get(task or "", ()) if id(one) not in self._journaled]
        await self._log.append([*new, event])
        self._journaled.update(map(id, new))

    async def recall(self) -> None:
        """Read what is remembered of a signed-in customer, once for the turn."""
        if self.identity.customer_id:
            self.profile = await self._desk.recollection.for_turn(self.identity.customer_id, self._heard, self._now)

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
        made = self._calls.setdefault(task.id, [])

        async def tell(call: ToolCalled) -> None:
            calls.append(call)
            made.append(call)

        async def tell_again(call: ToolCalled) -> None:
            self._journaled.add(id(call))
            await tell(call)

        reads = {tool.name for tool in self._desk.tools.tools() if tool.is_read}
        earlier = reads_before(self._turn, task.id, self._origin(task), reads, self._now)
        tools = Traced(Prefetched(self._desk.tools, ahead, earlier), tell, tell_again)
        agent_task = self._agent_task(task, skill)
        context = self._context(task, agent.card)
        async for output in agent.run(agent_task, self._scope(task), tools, context):
            while calls:
                yield calls.pop(0)
            yield output

    async def thought(self, call: ModelCall, task: Task | None = None) -> None:
        """Take down what became of a call to a model."""
        self._unwritten.append(model_called(call, self._turn.id, task.id if task else ""))

    def planned(self, plan: Plan, planner: str, *found: EventData) -> Plan:
        """Take down what was found for a plan, and the plan, which is in force once its first task has started."""
        self._unwritten += (*found, _plan_event(self._turn, plan, 0, planner))
        return plan

    async def started(self, task: Task) -> None:
        """Show a task's status line."""
        self._unwritten.append(self._status(task, "started", text=task.status_line))
        await self._write()

    async def told(self, task: Task, piece: Piece) -> None:
        """Release words that the evidence bears out; keep the rest back."""
        if isinstance(piece, ToolCalled):
            self._speech.learn(piece)
        if isinstance(piece, EventData):
            self._unwritten.append(piece)
            return
        if piece.unproven:
            self._speech.withhold(task, piece.text, piece.unproven)
            return
        if any(not isinstance(one, events.ModelCalled) for one in self._unwritten):
            await self._write()  # what was read is journaled before words that stem from it are released
        if self._notice:
            self._speech.say(task, self._notice)
            self._notice = ""
        if not self._speech.has_said(task):
            self._speech.guide("before", task, self.identity, self._scope)
        self._speech.say(task, piece.text, goes_on=piece.goes_on)

    async def ended(self, task: Task, ending: Ending) -> Sequence[Task]:
        """Write down how a task ended, and replan where the plan no longer makes sense."""
        match ending:
            case Done():
                if self._speech.has_said(task):
                    self._speech.guide("after", task, self.identity, self._scope)
                self._close(task, "done")
            case NeedsInput(waiting) if waiting.digest and self._speech.is_cut(task):
                return await self._degrade(task, "the question for the customer's yes could not be shown whole")
            case NeedsInput(waiting):
                self._close(task, "needs_input", waiting=waiting.model_dump(mode="json"))
            case Postponed(after):
                self._close(task, "skipped", reason=f"follows {after}, which waits for the customer")
            case HandedOff():
                return await self._hand_over(task, ending)
            case Failed(reason):
                return await self._degrade(task, reason)
        return ()

    # -- what comes after a task -------------------------------------------------------------------------------------

    async def _hand_over(self, task: Task, handed: HandedOff) -> Sequence[Task]:
        colleague = self._factory.handoffs.resolve(self._factory.cards[task.agent], handed.to)
        if colleague is None:
            return await self._degrade(task, f"{task.agent} may not hand over to {handed.to}")
        skill = handed.skill or colleague.skills[0].id
        return await self._pass_on(task, colleague, skill, "handed_off", handed.reason, handed.slots)

    async def _degrade(self, task: Task, reason: str) -> Sequence[Task]:
        """Say that something of ours failed, and bring in whoever can open a ticket."""
        if self._turn.signal:  # nobody asked, so nobody needs to hear that it failed
            self._close(task, "failed", reason=reason)
            return ()
        await self.told(task, Said(self._brand.trouble))
        colleague = self._factory.handoffs.last_resort(TICKET)
        skill = colleague.proposer(TICKET) if colleague else None
        can_help = colleague and skill and (task.agent, task.skill) != (colleague.id, skill.id)
        if colleague is None or skill is None or not can_help:
            return await self._give_up(task, reason)
        return await self._pass_on(task, colleague, skill.id, "failed", reason)

    async def _pass_on(
        self,
        task: Task,
        colleague: AgentCard,
        skill_id: str,
        status: events.TaskState,
        reason: str,
        slots: Mapping[str, JsonValue] = NOTHING,
    ) -> Sequence[Task]:
        """Give a task to a colleague as a new one, where the plan may still be changed; why goes with it."""
        added = self._added(task, colleague, skill_id, {"reason": reason, **slots})
        if added is None:
            return await self._give_up(task, reason)
        plan, new = added
        self._hand_off_event(task, colleague, reason)
        self._close(task, status, reason=reason)
        self._replans += 1
        self._unwritten.append(_plan_event(self._turn, plan, self._replans, "orchestrator"))
        await self._write()  # the colleague tells people what was tried
        return (new,)

    async def _give_up(self, task: Task, reason: str) -> Sequence[Task]:
        """Say where help is."""
        await self.told(task, Said(self._help()))
        self._close(task, "failed", reason=reason)
        return ()

    def _added(
        self, task: Task, colleague: AgentCard, skill_id: str, slots: Mapping[str, JsonValue]
    ) -> tuple[Plan, Task] | None:
        """Return the plan with a task for a colleague, or None where that would be one change too many."""
        plan = self._log.state.plan
        skill = colleague.skill(skill_id)
        if plan is None or skill is None or self._replans >= MAX_REPLANS:
            return None
        status, _ = colleague.text(skill.status, self._log.state.language)
        status = self._speaker.say(f"{colleague.name} is taking over...") if "{" in status else status
        new = Task(
            id=f"r{self._replans + 1}",
            agent=colleague.id,
            skill=skill.id,
            task=task.task,
            arguments={name: value for name, value in slots.items() if name in skill.takes},
            status_line=status,
        )
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
        self._unwritten += self._speech.taken(task)
        self._unwritten.append(self._status(task, status, waiting=waiting, reason=reason))

    # -- a task's surroundings ---------------------------------------------------------------------------------------

    def _agent_task(self, task: Task, skill: Skill) -> AgentTask:
        waiting = self._turn.continued.get(task.continues or "")
        steps = self._factory.cards[task.agent].flat(skill.steps)
        is_for_staff = any(isinstance(step, Propose) and step.propose == TICKET for step in steps)
        return AgentTask(
            id=task.id,
            skill=skill,
            request=original(self._log.state, self._turn, task) if is_for_staff else task.task,
            slots=dict(task.arguments),
            said=frozenset(waiting.said) if waiting else frozenset(),
            answer=task.answer,
            digest=waiting.digest if waiting else None,
            origin=self._origin(task),
            around=self._surroundings(task) if self.thinking else None,
        )

    def _surroundings(self, task: Task) -> Surroundings:
        """Return what a model has to know around a task."""
        state, made = self._log.state, self._calls[task.id]
        plan = state.plan or Plan(tasks=(task,), confidence=1.0)
        passages = state.knowledge if KNOWLEDGE in self._factory.cards[task.agent].tools else ()
        self._speech.know(passages)
        evidence = Evidence(self._now, self._zone, state.language)
        own = OwnEvidence(evidence, made, self._speech.missing, [dict(one) for one in passages])

        return Surroundings(
            history=state.history(self._name(task)),
            reads=tuple((call.tool, call.args) for call in task.prefetch),
            now=self._now.astimezone(self._zone),
            language=state.language,
            is_signed_in=self.identity.is_signed_in,
            passages=passages,
            colleagues=tuple(f"{self._name(one)}: {one.task[:200]}" for one in plan.tasks if one.id != task.id),
            complexity=plan.complexity,
            unproven=own.unproven,
            hear=partial(self.thought, task=task),
            fell_back=partial(self._fell_back, task),
        )

    def planned_by_rules(self, reason: str) -> None:
        """Take down why no model's plan stands."""
        why = reason[:500]
        self._unwritten.append(
            events.FellBack(turn_id=self._turn.id, task_id="", agent=PLANNER, agent_name="", reason=why)
        )

    def _fell_back(self, task: Task, reason: str) -> None:
        who, why = self._name(task), reason[:500]
        self._unwritten.append(
            events.FellBack(turn_id=self._turn.id, task_id=task.id, agent=task.agent, agent_name=who, reason=why)
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
            profile=self.profile,
            rerank=reranker(self.thinking, self.prompts, partial(self.thought, task=task)),
            admitted=dict(self._turn.admitted),
            settled=dict(self._turn.verdicts),
        )

    def _scope(self, task: Task) -> dict[str, object]:
        state = self._log.state
        passed_on = transfer(self._brand, (task.arguments.get(SCENARIO), task.skill), self._now)
        return {
            "brand": self._brand,
            "language": state.language,
            "customer": {
                "is_signed_in": self.identity.is_signed_in,
                "name": self.identity.name,
                "email": self.identity.email,
            },
            "profile": self.profile.view(),
            "conversation_id": self.conversation_id,
            "knowledge": state.knowledge,
            "now": self._now,
            "zone": self._zone,
            "is_angry": any(is_angry(text) for text in self._heard),
            "is_asked": bool(state.waiting),
            "is_resumed": task.continues is not None,
            "others": [other.skill for other in (state.plan.tasks if state.plan else ()) if other.id != task.id],
            "is_open": self._brand.is_open(self._now),
            "opens_next": self._brand.opens_next(self._now),
            "refusal": self._brand.refusal_for(task.task),
            "transfer": passed_on,
            "briefing": briefing(state, task, original(state, self._turn, task)),
            "transcript": transcript(state.messages)[-TRANSCRIPT_CHARACTERS:],
        }

    # -- writing -----------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        await self._log.append(self.rest())

    def rest(self) -> list[EventData]:
        """Return what is still to be journaled, once, without the calls that a write has taken there already."""
        pending, self._unwritten = [*self._unwritten, *self._speech.withheld()], []
        new = [one for one in pending if id(one) not in self._journaled]
        self._journaled.update(id(one) for one in new if isinstance(one, ToolCalled))
        return new

    def apologise(self) -> None:
        """Say that something broke, in place of what could not be said, and where help is."""
        plan = self._turn.plan
        for task in plan.tasks if plan else ():
            self._unwritten += self._speech.taken(task)
        if not self._turn.signal:
            self._unwritten.append(self._speech.remark(f"{self._brand.trouble} {self._help()}"))

    def _help(self) -> str:
        """Return where help is."""
        return self._speaker.say(f"Please write to {self._brand.support_email}, and we will take care of it.")

    def stopped(self) -> None:
        """Take down of a turn that was stopped what was said and done up to then."""
        plan = self._turn.plan
        for task in plan.tasks if plan else ():
            self._unwritten += self._speech.taken(task)
        done = " ".join(self._speaker.say(f"This was already done: {summary}") for summary in self._turn.done)
        if not self._turn.signal:  # of what nobody asked for, nobody needs to hear that it was stopped
            self._unwritten.append(self._speech.remark(f"{self._speaker.say('I have stopped.')} {done}".strip()))

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


def _plan_event(turn: Turn, plan: Plan, revision: int, planner: str) -> events.PlanMade:
    """Return the event that holds a plan."""
    return events.PlanMade(turn_id=turn.id, revision=revision, planner=planner, plan=plan.model_dump(mode="json"))
