"""A specialist that thinks: a model in a loop with the tools that its card permits, its playbook beside it.

Code keeps what matters. A model reads, and words the answer; each sentence is released only if the evidence bears it
out, and one that it does not is worded anew, once. A model changes nothing: where it asks for a write, the skill of its
card that proposes it takes over, which asks for the customer's yes in words that no model wrote. And whatever goes
wrong with the models, the playbook does the task.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from shopfloor.agents.card import AgentCard, Skill
from shopfloor.agents.interpreter import LEFT
from shopfloor.agents.outcome import (
    AgentTask,
    Done,
    HandedOff,
    NeedsInput,
    Outcome,
    Said,
    Specialist,
    Surroundings,
    Waiting,
)
from shopfloor.agents.playbook import Propose, Say
from shopfloor.agents.prompts import (
    ASK,
    HAND_OVER,
    Instructions,
    asking,
    bounded,
    data,
    handing_over,
    proposing,
    repair,
    situation,
)
from shopfloor.agents.sentences import speaker
from shopfloor.kernel.canonical import canonical_json
from shopfloor.kernel.errors import CallerError, ShopfloorError, WorldError
from shopfloor.kernel.ids import AgentId
from shopfloor.language.writing import sentences_in
from shopfloor.models.contract import Finished, Model, ModelMessage, ModelRequest, ToolRequest
from shopfloor.models.thinking import Thinking
from shopfloor.models.tiers import Work
from shopfloor.tools.contract import ToolContext, Toolset
from shopfloor.tools.toolsets import Limited

log = logging.getLogger(__name__)

MAX_ROUNDS = 8
"""Calls to a model for one task, those for its tools among them."""
MAX_ANSWER_TOKENS = 1_500
RISKY = 0.7
"""The risk of a task whose skill may change something; of others it is half."""
ENDS = frozenset(".!?…\n")
"""Letters without which no sentence has ended."""
TICKET = "open_ticket"
TOLD_IN_WORDS = frozenset({"order_number", "email", "text", "size", "colour", "choice"})
"""Kinds of slots whose values a model may tell in words; a playbook asks for the others, or reads them itself."""


class ModelSpecialist:
    """Does tasks by a model."""

    def __init__(
        self, card: AgentCard, playbook: Specialist, thinking: Thinking, instructions: Callable[[], Instructions]
    ) -> None:
        """Take the card, its playbook, the models of the turn, and what tells the model about its work."""
        self._card = card
        self._playbook = playbook
        self._thinking = thinking
        self._instructions = instructions

    async def run(
        self, task: AgentTask, scope: dict[str, object], tools: Toolset, context: ToolContext
    ) -> AsyncIterator[Said | Outcome]:
        """Do a task; what is not for a model is done by the playbook from the start.

        So is what had begun to write before a crash: a model might now want something else.
        """
        around = task.around
        if around and task.answer == "no" and not task.said:  # to a question of the model's
            yield Said(speaker(scope).say(LEFT))
            yield Done()
            return
        is_taken_up = any(key.startswith(f"{context.origin}/") for key in (*context.admitted, *context.settled))
        is_for_a_model = around is not None and not is_taken_up and self._is_for_a_model(task)
        if around and is_for_a_model and self._thinking.is_down:
            around.fell_back("no model answered a call of this turn before")
            is_for_a_model = False
        if around is None or not is_for_a_model:
            async for output in self._playbook.run(task, scope, tools, context):
                yield output
            return
        thought = _Thought(task, around)
        try:
            async for said in self._think(thought, Limited(tools), context):
                yield said
        except (ShopfloorError, _GivenUp) as error:
            thought.outcome = None
            log.warning("no model did task %s of %s, so its playbook does: %s", task.id, task.origin, error)
            thought.falls_back_to = task
            around.fell_back(str(error))
        if thought.outcome:
            yield thought.outcome
            return
        async for output in self._playbook.run(thought.falls_back_to or task, scope, tools, context):
            yield output

    def _is_for_a_model(self, task: AgentTask) -> bool:
        """Whether a model does a task: not one that a playbook began, that passes on to people, or that only talks."""
        steps = self._card.flat(task.skill.steps)
        is_begun = bool(task.said) or task.answer is not None
        is_for_people = any(isinstance(step, Propose) and step.propose == TICKET for step in steps)
        is_talk = not task.skill.takes and all(isinstance(step, Say) for step in steps)
        return not (is_begun or is_for_people or is_talk)

    async def _think(self, thought: "_Thought", tools: Toolset, context: ToolContext) -> AsyncIterator[Said]:
        """Let the model read and word the answer; ends with an outcome, or with a task for the playbook."""
        task = thought.task
        await self._read_ahead(thought, tools, context)
        request = self._request(thought, tools)
        for _ in range(MAX_ROUNDS):
            model = self._thinking.model_for(thought.work(self._card), thought.around.hear)
            async for said in thought.heard(model, replace(request, messages=(*request.messages, *thought.messages))):
                yield said
            if not thought.requests:
                break
            taken = self._taken_out_of_its_hands(thought, context)
            if taken is not None:
                for said in taken:
                    yield said
                return
            await self._call(thought, thought.requests, tools, context)
        if thought.requests:
            raise _GivenUp(f"{MAX_ROUNDS} rounds were not enough")
        async for said in self._repaired(thought, request):
            yield said
        if not thought.said:
            raise _GivenUp("it said nothing that may be said")
        thought.outcome = Done()
        log.debug("task %s of %s was done by a model", task.id, task.origin)

    async def _read_ahead(self, thought: "_Thought", tools: Toolset, context: ToolContext) -> None:
        """Put what was read ahead before the model as if it had asked for it."""
        requests = tuple(
            ToolRequest(id=f"ahead_{place}", name=name, arguments=arguments)
            for place, (name, arguments) in enumerate(thought.around.reads)
        )
        if requests:
            thought.asked_for("", requests)
            await self._call(thought, requests, tools, context)

    def _request(self, thought: "_Thought", tools: Toolset) -> ModelRequest:
        task = thought.task
        proposers, told = self._proposers(), self._instructions()
        usable = [tool.spec() for tool in tools.tools() if tool.is_read]
        usable += [
            proposing(tool.name, tool.description, self._told(proposers[tool.name]), told.prompts)
            for tool in tools.tools()
            if tool.name in proposers
        ]
        askable = [name for name in task.skill.takes if self._card.slots[name].question]
        controls = [asking(askable, told.prompts)] if askable else []
        controls += [handing_over(self._card.handoffs, told.prompts)] if self._card.handoffs else []
        return bounded(
            ModelRequest(
                system=told.system,
                messages=thought.around.history,
                tools=(*usable, *controls),
                situation=situation(task, thought.around, told.prompts),
                max_output_tokens=MAX_ANSWER_TOKENS,
                cache_key=told.key,
            )
        )

    def _proposers(self) -> dict[str, Skill]:
        """Return the skill that proposes each write; tickets are for people to be asked about, not for a model."""
        kinds = [kind for kind in self._card.tools if kind != TICKET]
        return {kind: skill for kind in kinds if (skill := self._card.proposer(kind))}

    def _taken_out_of_its_hands(self, thought: "_Thought", context: ToolContext) -> Sequence[Said] | None:
        """Return what is said where a request is for the code: a question, a colleague, or a write; None otherwise."""
        proposers = self._proposers()
        for one in thought.requests:
            if one.name == ASK and (asked := self._asked(thought, one, context)):
                return asked
            if one.name == HAND_OVER and one.arguments.get("to") in self._card.handoffs:
                reason = str(one.arguments.get("reason") or "")[:500].strip()
                if not reason or thought.around.unproven(reason):  # it is told to people, and known from then on
                    reason = f"{self._card.name} handed it over."
                thought.outcome = HandedOff(AgentId(str(one.arguments["to"])), None, reason)
                return ()
            if skill := proposers.get(one.name):
                thought.falls_back_to = self._proposing(thought, skill, one)
                return ()
        return None

    def _asked(self, thought: "_Thought", one: ToolRequest, context: ToolContext) -> Sequence[Said] | None:
        """Return the question that the model has for the customer, whose answer fills a slot."""
        slot, question = str(one.arguments.get("slot")), str(one.arguments.get("question") or "").strip()[:500]
        if slot not in thought.task.skill.takes or not question or thought.around.unproven(question):
            return None
        waiting = Waiting(
            agent=self._card.id,
            skill=thought.task.skill.id,
            request=thought.task.request,
            slots={name: value for name, value in thought.task.slots.items() if value is not None and name != slot},
            said=(),
            slot=slot,
            question=question,
            origin=thought.task.origin,
            asked_at=context.now,
        )
        thought.outcome = NeedsInput(waiting)
        return (Said(question),)

    def _told(self, skill: Skill) -> list[str]:
        """Return the slots of a skill whose values a model may tell in words."""
        return [name for name in skill.takes if self._card.slots[name].type in TOLD_IN_WORDS]

    def _proposing(self, thought: "_Thought", skill: Skill, one: ToolRequest) -> AgentTask:
        """Return the task of the skill that proposes a write, with what the model told of it in its slots.

        A value that neither the customer nor a tool named is left out: the playbook asks for it.
        """
        slots = {name: value for name, value in thought.task.slots.items() if name in skill.takes}
        for name in self._told(skill):
            value, slot = one.arguments.get(name), self._card.slots[name]
            if not isinstance(value, str) or not value.strip() or (slot.options and value not in slot.options):
                continue
            shown = f"Order #{value.strip().lstrip('#')}" if slot.type == "order_number" else value
            if not thought.around.unproven(shown):
                slots[name] = value.strip()[:500]
        return replace(thought.task, skill=skill, slots=slots)

    async def _call(
        self, thought: "_Thought", requests: Sequence[ToolRequest], tools: Toolset, context: ToolContext
    ) -> None:
        """Call tools side by side, and put what they answered before the model; an error is an answer, too."""
        reads = {tool.name for tool in tools.tools() if tool.is_read}

        async def answered(one: ToolRequest) -> str:
            if one.name not in reads:
                return f"This is not possible: {one.name} is no tool of yours, or its arguments do not fit."
            try:
                return data(one.name, canonical_json((await tools.call(one.name, one.arguments, context)).output))
            except (CallerError, WorldError) as error:
                return f"This did not work: {error}"

        answers = await asyncio.gather(*(answered(one) for one in requests))
        thought.messages += [
            ModelMessage(role="tool", content=answer, tool_request_id=one.id)
            for one, answer in zip(requests, answers, strict=True)
        ]

    async def _repaired(self, thought: "_Thought", request: ModelRequest) -> AsyncIterator[Said]:
        """Have sentences that were held back worded anew, once, by the next better model; others are kept back.

        What still fails is handed on as unproven, so that it is written down.
        """
        if not thought.held:
            return
        held, thought.held = thought.held, []
        try:
            thought.messages.append(ModelMessage(role="system", content=repair(held, self._instructions().prompts)))
            work = self._thinking.escalated(thought.work(self._card))
            model = self._thinking.model_for(work, thought.around.hear)
            asked = replace(request, messages=(*request.messages, *thought.messages), tools=())
            async for said in thought.heard(model, asked):
                yield said
        except (ShopfloorError, _GivenUp) as error:
            log.warning("nothing was worded anew: %s", error)
            thought.held = held
        for sentence, claims in thought.held:
            yield Said(sentence, unproven=claims)


class _GivenUp(Exception):
    """The model comes to no end that could be told."""


@dataclass(slots=True)
class _Thought:
    """One task while a model is at it."""

    task: AgentTask
    around: Surroundings
    messages: list[ModelMessage] = field(default_factory=list[ModelMessage])
    """What the model and its tools said."""
    requests: tuple[ToolRequest, ...] = ()
    """The tools that it asked for last."""
    held: list[tuple[str, tuple[str, ...]]] = field(default_factory=list[tuple[str, tuple[str, ...]]])
    """Sentences that may not be said, each with what is unproven in it."""
    said: set[str] = field(default_factory=set[str])
    """Sentences that were told."""
    outcome: Outcome | None = None
    falls_back_to: AgentTask | None = None
    """The task that the playbook does instead."""

    def work(self, card: AgentCard) -> Work:
        """Return what the models are needed for."""
        may_change = any(isinstance(step, Propose) for step in card.flat(self.task.skill.steps))
        risk = RISKY if may_change else RISKY / 2
        return Work(task_class="support_reply", complexity=self.around.complexity, risk=risk)

    def asked_for(self, text: str, requests: tuple[ToolRequest, ...]) -> None:
        """Take down what the model said and asked for."""
        self.messages.append(ModelMessage(role="assistant", content=text, tool_requests=requests))

    async def heard(self, model: Model, request: ModelRequest) -> AsyncIterator[Said]:
        """Ask the model once; its sentences come as each is whole and checked."""
        text, pending = "", ""
        finished: Finished | None = None
        is_begun = False
        async with aclosing(model.stream(bounded(request))) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    finished = piece
                    continue
                pending += piece.text
                text += piece.text
                if ENDS.isdisjoint(pending):
                    continue
                *whole, pending = sentences_in(self.around.language, pending)
                for sentence in whole:
                    if self._may_be_said(sentence):
                        yield Said(sentence, goes_on=is_begun)
                        is_begun = True
        if finished is None or finished.reason == "refusal":
            raise _GivenUp("it refused" if finished else "its answer has no end")
        self.requests = finished.tool_requests if finished.reason == "tool_calls" else ()
        self.asked_for(text, self.requests)
        if finished.reason == "length" and pending and not pending.rstrip().endswith((".", "!", "?")):
            pending = ""  # a sentence that was cut says nothing
        if pending.strip() and self._may_be_said(pending):
            yield Said(pending, goes_on=is_begun)

    def _may_be_said(self, sentence: str) -> bool:
        if not sentence.strip():
            return False
        if (said := " ".join(sentence.split())) in self.said:
            return False  # a rewording tends to say again what was said
        if claims := self.around.unproven(sentence):
            self.held.append((sentence, claims))
            return False
        self.said.add(said)
        return True
