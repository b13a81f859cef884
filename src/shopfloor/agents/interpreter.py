"""The one interpreter for playbooks."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import assert_never, cast

from pydantic import JsonValue, TypeAdapter, ValidationError

from shopfloor.agents.brand import Brand
from shopfloor.agents.card import AgentCard
from shopfloor.agents.outcome import AgentTask, Done, Failed, HandedOff, NeedsInput, Outcome, Said, Waiting
from shopfloor.agents.playbook import Ask, Assign, Call, End, HandOff, Propose, Say, Step, Use
from shopfloor.agents.sandbox import MAX_WEIGHT, weigh
from shopfloor.agents.sentences import sentences, speaker
from shopfloor.agents.templates import evaluate, render
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.errors import CallerError, InvalidInput, WorldError
from shopfloor.kernel.ids import AgentId
from shopfloor.language.languages import DEFAULT
from shopfloor.language.wording import wording_of
from shopfloor.tools.contract import ToolContext, Toolset
from shopfloor.tools.toolsets import Limited

LEFT = "All right, then I leave it at that."
"""What the customer hears who leaves a question without an answer."""
PENDING = {
    "needs_approval": (
        "{{ reason or 'A colleague has to approve that.' }} I have passed it on: {{ summary }} You will hear from me "
        "here{% if expires_at %}, {{ expires_at | day(now, zone) }} at the latest{% endif %}."
    ),
    "outcome_unknown": (
        "I have sent this, but our system has not confirmed it yet: {{ summary }} It is being checked, so please do "
        "not ask for it again. You will hear from me here."
    ),
    "refused": "{{ reason or 'I cannot do that.' }}",
}
"""What the customer hears of a write that was not carried out, by its outcome, where its skill says nothing of it."""
_JSON = TypeAdapter[JsonValue](JsonValue)


class PlaybookSpecialist:
    """A specialist that needs no model."""

    def __init__(self, card: AgentCard) -> None:
        """Take the card whose skills it carries out."""
        self._card = card

    async def run(
        self, task: AgentTask, scope: dict[str, object], tools: Toolset, context: ToolContext
    ) -> AsyncIterator[Said | Outcome]:
        """Run a skill's steps, inside the limits of one task."""
        run = _Run(self._card, task, scope, Limited(tools), context)
        try:
            async for output in run.steps(task.skill.steps, ""):
                if isinstance(output, Done):
                    break
                yield output
                if not isinstance(output, Said):
                    return
            for said in run.untold():
                yield said
        except (CallerError, WorldError) as error:
            yield Failed(str(error))
            return
        yield Done()


class _Run:
    """One task under way."""

    def __init__(
        self, card: AgentCard, task: AgentTask, scope: dict[str, object], tools: Toolset, context: ToolContext
    ) -> None:
        self._card = card
        self._task = task
        self._tools = tools
        self._context = context
        self._slots: dict[str, JsonValue] = {**dict.fromkeys(card.slots), **task.slots}
        self._scope = scope
        brand = scope.get("brand")
        self._wording = wording_of(brand.wording) if isinstance(brand, Brand) else ()
        self._speaker = speaker(scope)
        self._results: dict[str, object] = {}
        self._said = set(task.said)
        self._untold: tuple[str, Mapping[str, JsonValue]] | None = None
        """The verdict that the customer has not heard of, with the path of its step."""

    def _text(self, source: str, /, **names: object) -> str:
        """Say a text of the card in the conversation's language, and in English where it has no such text."""
        text, language = self._card.text(source, self._speaker.language)
        if language == DEFAULT and (usual := sentences(self._speaker.language).get(source)):
            text, language = usual, self._speaker.language
        if language == DEFAULT:
            return render(text, {**self._names(), **names}, self._wording)
        slots = {name: self._speaker.say(one) if isinstance(one, str) else one for name, one in self._slots.items()}
        results = cast("dict[str, object]", self._speaker.show({**self._results, **names}))
        return render(text, {**self._names(), **slots, **results}, language=language)

    def _names(self) -> dict[str, object]:
        return {**self._scope, "request": self._task.request, **self._slots, **self._results}

    async def steps(self, steps: tuple[Step, ...], path: str) -> AsyncIterator[Said | Outcome]:
        for place, step in enumerate(steps):
            if not evaluate(step.when, self._names()):
                continue
            async for output in self._step(step, f"{path}{place}"):
                yield output

    async def _step(self, step: Step, path: str) -> AsyncIterator[Said | Outcome]:  # noqa: C901  (a branch a verb)
        match step:
            case Say():
                self._untold = None
                if path not in self._said:
                    self._said.add(path)
                    yield Said(self._text(step.say))
            case Call():
                result = await self._tools.call(step.call, self._args(step.args), self._context)
                self._results[step.result] = result.output
            case Assign():
                self._slots.update(self._values(step.assign))
            case Ask():
                if step.again or self._slots[step.ask] is None:
                    async for output in self._ask(step, path):
                        yield output
            case Propose():
                async for output in self._propose(step, path):
                    yield output
            case HandOff():
                reason = render(step.reason, self._names())
                yield HandedOff(AgentId(step.hand_off), step.skill, reason, self._args(step.args))
            case Use():
                async for output in self.steps(self._card.fragments[step.use], f"{path}."):
                    yield output
            case End():
                yield Done() if step.end == "done" else Failed("the playbook could not finish")
            case _:
                assert_never(step)

    async def _ask(self, step: Ask, path: str) -> AsyncIterator[Said | Outcome]:
        slot = self._card.slots[step.ask]
        asked_before = f"ask:{path}" in self._said
        if asked_before and self._task.answer == "no":
            yield Said(self._speaker.say(LEFT))
            yield Done()
            return
        source = (slot.again if asked_before and not step.again else "") or step.question or slot.question
        self._said.add(f"ask:{path}")
        question = self._text(source)
        slots = {**self._slots, step.ask: None}
        yield Said(question)
        yield NeedsInput(self._waiting(slots, question, slot=step.ask))

    async def _propose(self, step: Propose, path: str) -> AsyncIterator[Said | Outcome]:
        args = self._args(step.args)
        asked = f"yes:{path}"
        if self._task.answer == "no" and asked in self._said:
            await self._decline(step.propose, args, path)
            self._results[step.result] = {"outcome": "declined"}
            return
        # The path tells one write of a task from another: it is part of the idempotency key.
        context = replace(self._context, origin=f"{self._context.origin}/{path}")
        result = await self._tools.call(step.propose, args, context)
        self._results[step.result] = result.output
        self._untold = path, result.output
        if result.output["outcome"] == "needs_yes":
            self._said.add(asked)
            question = self._text(step.question, **result.output)
            yield Said(question)
            yield NeedsInput(self._waiting(self._slots, question, wanted=str(result.output["digest"])))

    def untold(self) -> Iterator[Said]:
        """Say what became of the last write, where the steps after it said nothing and it was not carried out."""
        path, verdict = self._untold or ("", {})
        source = PENDING.get(str(verdict.get("outcome")))
        if source and (told := f"told:{path}") not in self._said:
            self._said.add(told)
            yield Said(self._text(source, **verdict))

    async def _decline(self, kind: str, args: dict[str, JsonValue], path: str) -> None:
        context = self._context
        event = ActionMoved(
            turn_id=context.turn_id,
            task_id=context.task_id,
            agent=context.agent,
            agent_name=context.agent_name,
            key=f"{context.origin}/{path}/{kind}",
            kind=kind,
            digest=self._task.digest or "",
            state="declined",
            args=args,
            summary="",
            rule="consent.no",
        )
        await context.session.record(event)

    def _args(self, args: Mapping[str, str]) -> dict[str, JsonValue]:
        return {name: value for name, value in self._values(args).items() if value is not None}

    def _values(self, expressions: Mapping[str, str]) -> dict[str, JsonValue]:
        return {name: _json(source, evaluate(source, self._names())) for name, source in expressions.items()}

    def _waiting(
        self, slots: dict[str, JsonValue], question: str, *, slot: str | None = None, wanted: str | None = None
    ) -> Waiting:
        return Waiting(
            agent=self._card.id,
            skill=self._task.skill.id,
            request=self._task.request,
            slots={name: value for name, value in slots.items() if value is not None},
            said=tuple(sorted(self._said)),
            slot=slot,
            question=question,
            digest=wanted,
            origin=self._task.origin,
            asked_at=self._context.now,
        )


def _json(source: str, value: object) -> JsonValue:
    if weigh(value) > MAX_WEIGHT:  # a value that holds itself twice doubles with each step that sets it
        raise InvalidInput(f"the expression {source!r} gives more than {MAX_WEIGHT:,} letters and parts")
    try:
        return _JSON.validate_python(value)
    except ValidationError as error:
        raise InvalidInput(f"the expression {source!r} gives a {type(value).__name__}, not a plain value") from error
