"""An agent's card: everything that makes a specialist, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shopfloor.agents.playbook import Ask, Call, Data, HandOff, Name, Propose, Slot, Step, TemplateText, Use
from shopfloor.kernel.ids import AgentId

MAX_EXAMPLES = 200
Half = Literal["conversation", "command_centre"]


class Skill(Data):
    """One thing that an agent is good at."""

    id: Name
    name: str
    description: str
    examples: Annotated[tuple[str, ...], Field(max_length=MAX_EXAMPLES)] = ()
    """Requests as customers write them; what a planner matches."""
    status: TemplateText
    """What the customer sees while it works."""
    takes: tuple[Name, ...] = ()
    """The slots that a planner may fill from the request."""
    needs: tuple[Name, ...] = ()
    """Those of them that the request or the conversation must fill for the skill to be chosen at all."""
    steps: tuple[Step, ...]


class AgentCard(Data):
    """An agent as a row."""

    id: Annotated[AgentId, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
    name: str
    """As the customer sees it: `Shopping Assistant`."""
    half: Half
    description: str
    instructions: str
    """Its own part of the prompt."""
    tools: tuple[str, ...]
    """What it may call."""
    handoffs: tuple[AgentId, ...] = ()
    """Whom it may give a task to."""
    slots: dict[Name, Slot] = Field(default_factory=dict[str, Slot])
    fragments: dict[Name, tuple[Step, ...]] = Field(default_factory=dict[str, tuple[Step, ...]])
    """Steps that several skills share."""
    skills: Annotated[tuple[Skill, ...], Field(min_length=1)]

    @property
    def agent_name(self) -> str:
        """Return the name in transcripts and prompts: `ShoppingAssistantAgent`."""
        return "".join(word[:1].upper() + word[1:] for word in self.name.split()) + "Agent"

    def skill(self, skill_id: str) -> Skill | None:
        """Return a skill by its id, or None."""
        return next((skill for skill in self.skills if skill.id == skill_id), None)

    def flat(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return steps with the fragments they use written out, without conditions."""
        flat: list[Step] = []
        for step in steps:
            flat.extend(self.flat(self.fragments[step.use]) if isinstance(step, Use) else (step,))
        return tuple(flat)

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Self:
        if len({skill.id for skill in self.skills}) < len(self.skills):
            raise ValueError("skills: two skills have the same id")
        _check_uses(self)
        for skill in self.skills:
            unknown = [slot for slot in (*skill.takes, *skill.needs) if slot not in self.slots]
            if unknown:
                raise ValueError(f"skills.{skill.id}.takes: there is no slot {unknown[0]}")
            for step in self.flat(skill.steps):
                self._check(f"skills.{skill.id}", step)
        return self

    def _check(self, where: str, step: Step) -> None:
        if isinstance(step, Ask) and step.ask not in self.slots:
            raise ValueError(f"{where}: it asks for {step.ask}, which is no slot")
        if isinstance(step, HandOff) and step.hand_off not in self.handoffs:
            raise ValueError(f"{where}: it hands off to {step.hand_off}, who is not among the card's handoffs")
        tool = step.call if isinstance(step, Call) else step.propose if isinstance(step, Propose) else None
        if tool is not None and tool not in self.tools:
            raise ValueError(f"{where}: it calls {tool}, which is not among the card's tools")


def _check_uses(card: AgentCard) -> None:
    """Check that fragments exist and do not use each other in a circle."""

    def visit(steps: tuple[Step, ...], path: tuple[str, ...]) -> None:
        for step in steps:
            if not isinstance(step, Use):
                continue
            if step.use not in card.fragments:
                raise ValueError(f"fragments: there is none called {step.use}")
            if step.use in path:
                raise ValueError(f"fragments: {step.use} uses itself")
            visit(card.fragments[step.use], (*path, step.use))

    for steps in (*card.fragments.values(), *(skill.steps for skill in card.skills)):
        visit(steps, ())
