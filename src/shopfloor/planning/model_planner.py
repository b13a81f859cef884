"""A planner that asks a model where the rules are not sure; the rules' plan stands wherever the model is of no use.

What the rules know for certain no model decides: answers to a question that waits, and whom a person takes over. The
model's plan is checked as any other; one that cannot run goes back to it once, with what is wrong.
"""

import logging
import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, JsonValue, ValidationError

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.prompt_texts import Prompts
from shopfloor.agents.prompts import bounded, data
from shopfloor.agents.slots import SlotReader
from shopfloor.agents.templates import render
from shopfloor.agents.transfers import SCENARIO
from shopfloor.kernel.canonical import canonical_json, digest
from shopfloor.kernel.errors import BadAnswer, InvalidInput, ShopfloorError
from shopfloor.kernel.ids import AgentId
from shopfloor.language.languages import NAMES_IN_ENGLISH
from shopfloor.models.answer import ask
from shopfloor.models.contract import ModelMessage, ModelRequest
from shopfloor.models.output_schema import output_schema
from shopfloor.models.tiers import Work
from shopfloor.planning.plan import MAX_TASKS, Plan, Planner, PlanRequest, Prefetch, Task, problems
from shopfloor.planning.prefetch import first_reads
from shopfloor.tools.contract import Tool, ToolArgs
from shopfloor.tools.toolsets import call_key

logger = logging.getLogger(__name__)

SURE = 0.95
"""The confidence from which on the rules' plan needs no model: on the development set 3% of such plans are wrong."""
LONG = 40
"""Words from which on a message is not easy to plan for."""
MAX_READS = 4
"""Reads that are made ahead for one task."""
TELLING = re.compile(r"\S*[\d@]\S*|\S+://\S+")
"""Words that name something: a model must not make them up."""


class Argument(BaseModel):
    """A named value."""

    name: str
    value: str


class DraftCall(BaseModel):
    """A tool with its arguments."""

    tool: str
    arguments: list[Argument]


class DraftTask(BaseModel):
    """A task as a model writes it."""

    id: str
    agent: str
    skill: str
    request: str
    arguments: list[Argument]
    depends_on: list[str]
    status_line: str
    reads: list[DraftCall]


class PlanDraft(BaseModel):
    """A plan as a model writes it."""

    tasks: list[DraftTask]
    complexity: float
    confidence: float


class ModelPlanner:
    """Plans by rules, and by a model where these are not sure."""

    def __init__(
        self, rules: Planner, tools: Mapping[str, Tool[ToolArgs]], reader: SlotReader, *, sure: float = SURE
    ) -> None:
        """Take who plans first, all tools by name, what reads slots' values, and how sure the rules must be."""
        self._rules = rules
        self._tools = tools
        self._reader = reader
        self._sure = sure

    @property
    def name(self) -> str:
        """Return who plans where no model does; a plan of a model says so itself."""
        return self._rules.name

    async def plan(self, request: PlanRequest) -> Plan:
        """Return a plan; where no model is set up, or none is needed or of use, it is the rules'."""
        plan = await self._rules.plan(request)
        if (
            request.thinking is None
            or request.prompts is None
            or plan.confidence >= self._sure
            or _is_certain(plan, request.cards)
        ):
            return plan
        try:
            return await self._drafted(request, plan, request.prompts)
        except ShopfloorError as error:
            logger.warning("no model planned, so the rules' plan stands: %s", error)
            if request.fell_back:
                request.fell_back(str(error.__cause__ or error))
            return plan

    async def _drafted(self, request: PlanRequest, first: Plan, prompts: Prompts) -> Plan:
        """Return the model's plan, asked for a second time where the first cannot run.

        Raises:
            InvalidInput: neither can run.
        """
        asked = self._request(request, prompts)
        failed: Exception | None = None
        for _ in range(2):
            answer = await self._asked(asked, request, first)
            try:
                return self._plan(PlanDraft.model_validate_json(answer), request)
            except (ValidationError, InvalidInput) as error:
                failed = error
            told = prompts.fill("planner_repair", {"wrong": str(failed)[:2_000]})
            again = (ModelMessage(role="assistant", content=answer), ModelMessage(role="user", content=told))
            asked = ModelRequest(
                system=asked.system,
                messages=(*asked.messages, *again),
                situation=asked.situation,
                output=asked.output,
                cache_key=asked.cache_key,
            )
        # What is wrong may hold the customer's words: it is for the journal and not for the log.
        raise InvalidInput("neither its first plan nor its second can run") from failed

    async def _asked(self, asked: ModelRequest, request: PlanRequest, first: Plan) -> str:
        is_easy = len(request.message.split()) < LONG and len(first.tasks) == 1
        work = Work(task_class="planning", complexity=0.1 if is_easy else 0.5, risk=0.1)
        if request.thinking is None or request.hear is None:
            raise InvalidInput("there is no model to ask")
        answer = await ask(request.thinking.model_for(work, request.hear), asked)
        if answer.finished.reason != "stop":
            raise BadAnswer(f"the plan ended with {answer.finished.reason}")
        return answer.text

    def _request(self, request: PlanRequest, prompts: Prompts) -> ModelRequest:
        team = "\n".join(self._card(card) for card in request.cards)
        system = prompts.fill("planner_system", {"max_tasks": MAX_TASKS, "team": team})
        shown = canonical_json(
            {
                "order_number": request.focus.order_number,
                "product_ids": list(request.focus.product_ids),
                "waiting_for_an_answer": [waiting.question for waiting in request.waiting],
            }
        )
        values = {
            "is_signed_in": request.is_signed_in,
            "writes_in": NAMES_IN_ENGLISH[request.language],
            "state": data("state", shown),
        }
        return bounded(
            ModelRequest(
                system=system,
                messages=request.history or (ModelMessage(role="user", content=request.message),),
                situation=prompts.fill("planner_situation", values),
                output=output_schema(PlanDraft),
                cache_key=f"planner-{digest(system)[:16]}",
            )
        )

    def _card(self, card: AgentCard) -> str:
        skills = "\n".join(
            f"  - {skill.id}({', '.join(skill.takes)}): {skill.description}"
            for skill in card.skills
            if skill.examples or skill.id == "decline"
        )
        reads = [name for name in card.tools if name in self._tools and self._tools[name].is_read]
        signatures = ", ".join(f"{name}({', '.join(self._tools[name].args.model_fields)})" for name in reads)
        return f"## {card.id}\n{card.description}\nReads: {signatures or 'none'}\nSkills:\n{skills}\n"

    def _plan(self, draft: PlanDraft, request: PlanRequest) -> Plan:
        """Return a draft as a plan.

        Raises:
            InvalidInput: it cannot run; all that is wrong is named.
        """
        cards = {card.id: card for card in request.cards}
        tasks = [self._task(one, cards, request) for one in draft.tasks]
        try:
            plan = Plan(
                tasks=tuple(tasks),
                confidence=min(max(draft.confidence, 0.0), 1.0),
                complexity=min(max(draft.complexity, 0.0), 1.0),
                reminds=not request.waiting,
                made_by="model",
            )
        except ValidationError as error:
            raise InvalidInput(str(error)) from error
        if wrong := problems(plan, request.cards, "conversation", self._tools):
            raise InvalidInput("; ".join(wrong))
        return plan

    def _task(self, one: DraftTask, cards: Mapping[AgentId, AgentCard], request: PlanRequest) -> Task:
        card = cards.get(AgentId(one.agent))
        skill = card.skill(one.skill) if card else None
        if card is None or skill is None:
            raise InvalidInput(f"task {one.id}: there is no skill {one.skill} of an agent {one.agent}")
        if not _is_named(one.request, request):
            one = one.model_copy(update={"request": request.message})
        arguments = self._arguments(card, skill, one, request)
        try:
            return Task(
                id=one.id,
                agent=card.id,
                skill=skill.id,
                task=one.request[:8_000],
                arguments=arguments,
                depends_on=tuple(one.depends_on),
                status_line=one.status_line.strip()[:200] or self._status(card, skill, arguments, request),
                prefetch=self._reads(card, skill, one, arguments, request),
            )
        except ValidationError as error:
            raise InvalidInput(f"task {one.id}: {error}") from error

    def _arguments(self, card: AgentCard, skill: Skill, one: DraftTask, request: PlanRequest) -> dict[str, JsonValue]:
        """Return the values that the model gave, as the slots take them, and those that the words themselves give."""
        given = {argument.name: argument.value for argument in one.arguments}
        found: dict[str, JsonValue] = {}
        for name in skill.takes:
            slot, told = card.slots[name], given.get(name, "")
            value = self._reader.fill(slot, told, request.focus, is_answer=True) if told else None
            value = value if _is_named(str(value), request) else None
            value = self._reader.fill(slot, one.request, request.focus) if value is None else value
            if value is None and slot.type == "order_number":
                value = request.focus.order_number
            if value is not None and name != SCENARIO:
                found[name] = value
        return found

    def _reads(
        self,
        card: AgentCard,
        skill: Skill,
        one: DraftTask,
        arguments: Mapping[str, JsonValue],
        request: PlanRequest,
    ) -> tuple[Prefetch, ...]:
        """Return the reads that the skill begins with, and those of the model's that may be made."""
        customer = {"is_signed_in": request.is_signed_in, "email": None, "name": None}
        scope = {**arguments, "request": one.request, "customer": customer, "is_resumed": False}
        reads = [
            *first_reads(card, skill, scope, self._tools),
            *(read for call in one.reads for read in self._read(card, call)),
        ]
        return tuple({call_key(read.tool, read.args): read for read in reads}.values())[:MAX_READS]

    def _read(self, card: AgentCard, call: DraftCall) -> Sequence[Prefetch]:
        tool = self._tools.get(call.tool)
        if tool is None or call.tool not in card.tools or not tool.is_read:
            return ()
        try:
            parsed = tool.parse({argument.name: argument.value for argument in call.arguments})
        except InvalidInput:
            return ()
        return (
            Prefetch(tool=call.tool, args=parsed.model_dump(mode="json", exclude_none=True, exclude_defaults=True)),
        )

    def _status(self, card: AgentCard, skill: Skill, arguments: Mapping[str, JsonValue], request: PlanRequest) -> str:
        names = {**dict.fromkeys(card.slots), **arguments, "request": request.message}
        return render(skill.status, names, request.wording)[:300]


def _is_named(text: str, request: PlanRequest) -> bool:
    """Whether the conversation holds what a text names: numbers, addresses, links. A note of ours names nothing."""
    written = (one.content for one in request.history if one.role != "system")
    said = " ".join((request.message, str(request.focus.order_number), *request.summarised, *written))
    plain = said.lower()
    return all(word.strip(".,;:!?#()\"'").lower() in plain for word in TELLING.findall(text))


def _is_certain(plan: Plan, cards: Sequence[AgentCard]) -> bool:
    """Whether the rules know: a task goes on with what the customer was asked, or a person takes over."""
    skills = {(card.id, skill.id): skill for card in cards for skill in card.skills}
    return any(task.continues is not None or SCENARIO in skills[task.agent, task.skill].takes for task in plan.tasks)
