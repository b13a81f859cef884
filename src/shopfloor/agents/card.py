"""An agent's card: everything that makes a specialist, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shopfloor.agents.languages import WORDLESS, OtherLanguage, Translation, text_problems
from shopfloor.agents.playbook import (
    GIVEN,
    Ask,
    Call,
    Data,
    HandOff,
    Line,
    Name,
    Propose,
    Say,
    Slot,
    Step,
    TemplateText,
    Text,
    Use,
)
from shopfloor.kernel.errors import FieldProblem
from shopfloor.kernel.fields import wrong_fields
from shopfloor.kernel.ids import AgentId
from shopfloor.language.languages import DEFAULT, Language
from shopfloor.outreach.signals import Purpose, SignalKind

MAX_EXAMPLES = 200
"""Of one skill."""
MAX_PARTS = 60
"""Of tools, handoffs, slots, fragments, skills and subscriptions, of each."""
MAX_STEPS = 120
"""Of a skill or a fragment, as they are written."""
MAX_RUN = 400
"""Of a skill with its fragments written out."""
VERDICT = frozenset({"outcome", "digest", "args", "summary", "rule", "reason", "result", "expires_at"})
"""What the question for a yes reads of the gate's verdict."""
Half = Literal["conversation", "command_centre"]


class Skill(Data):
    """One thing that an agent is good at."""

    id: Name
    name: Line
    description: Text
    examples: Annotated[tuple[Line, ...], Field(max_length=MAX_EXAMPLES)] = ()
    """Requests as customers write them; what a planner matches."""
    topics: Annotated[tuple[Name, ...], Field(max_length=MAX_PARTS)] = ()
    """What it is for, of the topics that the planner knows from the start: `shopfloor agents topics` lists them."""
    status: TemplateText
    """What the customer sees while it works."""
    takes: Annotated[tuple[Name, ...], Field(max_length=MAX_PARTS)] = ()
    """The slots that a planner may fill from the request."""
    needs: Annotated[tuple[Name, ...], Field(max_length=MAX_PARTS)] = ()
    """Those of them that the request or the conversation must fill for the skill to be chosen at all."""
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)]


class Subscription(Data):
    """A signal upon which an agent speaks unasked."""

    signal: SignalKind
    skill: Name
    """What it does then; the signal's values fill those of the slots that the skill takes."""
    purpose: Purpose
    """`service` goes on with what the customer asked for or bought; `marketing` takes their consent."""
    delay_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 30)] = 0
    """How long after the signal."""


class AgentCard(Data):
    """An agent as a row."""

    id: Annotated[AgentId, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    name: Annotated[str, Field(pattern=r"^[^\W_][\w &'.-]*$", max_length=60)]
    """As the customer sees it: `Shopping Assistant`."""
    half: Half
    description: Text
    instructions: Text
    """Its own part of the prompt."""
    tools: Annotated[tuple[Line, ...], Field(max_length=MAX_PARTS)]
    """What it may call."""
    handoffs: Annotated[tuple[AgentId, ...], Field(max_length=MAX_PARTS)] = ()
    """Whom it may give a task to."""
    slots: Annotated[dict[Name, Slot], Field(max_length=MAX_PARTS)] = Field(default_factory=dict[str, Slot])
    fragments: Annotated[
        dict[Name, Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)]], Field(max_length=MAX_PARTS)
    ] = Field(default_factory=dict[str, tuple[Step, ...]])
    """Steps that several skills share."""
    skills: Annotated[tuple[Skill, ...], Field(min_length=1, max_length=MAX_PARTS)]
    subscriptions: Annotated[tuple[Subscription, ...], Field(max_length=MAX_PARTS)] = ()
    languages: dict[OtherLanguage, Translation] = Field(default_factory=dict[OtherLanguage, Translation])

    @property
    def agent_name(self) -> str:
        """Return the name in transcripts and prompts: `ShoppingAssistantAgent`."""
        return "".join(word[:1].upper() + word[1:] for word in self.name.split()) + "Agent"

    def skill(self, skill_id: str) -> Skill | None:
        """Return a skill by its id, or None."""
        return next((skill for skill in self.skills if skill.id == skill_id), None)

    def proposer(self, kind: str) -> Skill | None:
        """Return the first skill that proposes a kind of write, or None."""
        return next((one for one in self.skills if kind in _proposed(self.flat(one.steps))), None)

    def flat(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return steps with the fragments they use written out, without conditions."""
        flat: list[Step] = []
        for step in steps:
            flat.extend(self.flat(self.fragments[step.use]) if isinstance(step, Use) else (step,))
        return tuple(flat)

    def texts(self) -> dict[str, None]:
        """Return what the customer may read of it, as it is written, in its order and each once."""
        found = [text for slot in self.slots.values() for text in (slot.question, slot.again)]
        found += [skill.status for skill in self.skills]
        for steps in self.parts().values():
            for step in steps:
                found += [step.say] if isinstance(step, Say) else []
                found += [step.question] if isinstance(step, Ask | Propose) else []
        return {text: None for text in found if text}

    def text(self, source: str, language: Language) -> tuple[str, Language]:
        """Return what is said for one of its texts in a language, and the language that this is in."""
        translation = next((one for name, one in self.languages.items() if name == language), None)
        if WORDLESS.fullmatch(source):
            return source, language
        text = translation.texts.get(source) if translation else None
        return (text, language) if text else (source, DEFAULT)

    def parts(self) -> dict[str, tuple[Step, ...]]:
        """Return the steps of each skill and each fragment as they are written, by their paths in the card."""
        skills = {f"skills.{skill.id}.steps": skill.steps for skill in self.skills}
        return skills | {f"fragments.{name}": steps for name, steps in self.fragments.items()}

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        found = [*self._skill_problems(), *_use_problems(self)]
        for path, steps in self.parts().items():
            for step in steps:
                found += self._step_problems(path.removesuffix(".steps"), step)
        if found:
            raise wrong_fields(found)
        return self

    def _skill_problems(self) -> list[FieldProblem]:
        ids = [skill.id for skill in self.skills]
        found = [FieldProblem("skills", "two skills have the same id")] if len(set(ids)) < len(ids) else []
        found += [
            FieldProblem(f"subscriptions.{place}.skill", f"there is no skill {one.skill}")
            for place, one in enumerate(self.subscriptions)
            if one.skill not in ids
        ]
        claimed = [topic for skill in self.skills for topic in skill.topics]
        twice = {topic: None for topic in claimed if claimed.count(topic) > 1}
        found += [
            FieldProblem("skills", f"the topic {topic} is claimed twice: leave it with one skill") for topic in twice
        ]
        for skill in self.skills:
            unknown = {slot: None for slot in (*skill.takes, *skill.needs) if slot not in self.slots}
            found += [FieldProblem(f"skills.{skill.id}.takes", f"there is no slot {slot}") for slot in unknown]
        return found

    def language_problems(self) -> list[FieldProblem]:
        """Return what is wrong with its translations; a stored card with such ones is still good in English."""
        if not self.languages:
            return []
        steps = [step for steps in self.parts().values() for step in steps]
        results = {step.result for step in steps if isinstance(step, Call | Propose)}
        names = {*GIVEN, *self.slots, *results, *VERDICT}
        texts, skills = self.texts(), {skill.id for skill in self.skills}
        found: list[FieldProblem] = []
        for language, translation in self.languages.items():
            where = f"languages.{language}"
            found += text_problems(where, translation.texts, texts, names)
            strange = [skill for skill in translation.examples if skill not in skills]
            found += [FieldProblem(f"{where}.examples.{skill}", "there is no such skill") for skill in strange]
        return found

    def _step_problems(self, where: str, step: Step) -> list[FieldProblem]:
        if isinstance(step, Ask) and step.ask not in self.slots:
            return [FieldProblem(where, f"it asks for {step.ask}, which is no slot")]
        if isinstance(step, HandOff) and step.hand_off not in self.handoffs:
            return [FieldProblem(where, f"it hands off to {step.hand_off}, who is not among the card's handoffs")]
        tool = step.call if isinstance(step, Call) else step.propose if isinstance(step, Propose) else None
        if tool is not None and tool not in self.tools:
            return [FieldProblem(where, f"it calls {tool}, which is not among the card's tools")]
        return []


def _proposed(steps: tuple[Step, ...]) -> set[str]:
    return {step.propose for step in steps if isinstance(step, Propose)}


def _use_problems(card: AgentCard) -> list[FieldProblem]:
    """Return which fragments do not exist or use each other in a circle, and which skills get too long by them."""
    found: dict[FieldProblem, None] = {}
    lengths: dict[str, int] = {}

    def length(steps: tuple[Step, ...], path: tuple[str, ...]) -> int:
        return sum(used(step.use, path) if isinstance(step, Use) else 1 for step in steps)

    def used(name: str, path: tuple[str, ...]) -> int:
        if name not in card.fragments:
            found[FieldProblem("fragments", f"there is none called {name}")] = None
        elif name in path:
            found[FieldProblem("fragments", f"{name} uses itself")] = None
        elif name not in lengths:  # each is counted once, though two that use each other twice double with each level
            lengths[name] = length(card.fragments[name], (*path, name))
        return lengths.get(name, 0)

    for name in card.fragments:
        used(name, ())
    for skill in card.skills:
        if length(skill.steps, ()) > MAX_RUN:
            found[FieldProblem(f"skills.{skill.id}.steps", f"with its fragments it has more than {MAX_RUN} steps")] = (
                None
            )
    return list(found)
