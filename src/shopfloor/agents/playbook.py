"""Playbooks as data: what a specialist does without a model, step by step.

A skill's steps run from the top. Names in expressions and templates: the filled slots, each step's result under its
`as` name, and `brand`, `customer`, `request`, `knowledge`, `now`, `zone`. A task that asked the customer something runs
from the top again once they have answered, with the slots it has; what it already said is not said again.
"""

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from shopfloor.agents.templates import check_expression, check_template
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.fields import plain_text

SlotType = Literal[
    "order_number",
    "email",
    "address",
    "product",
    "products",
    "size",
    "colour",
    "wish",
    "earlier_wish",
    "earlier_product",
    "quantity",
    "item",
    "choice",
    "yes_no",
    "preference",
    "text",
]

GIVEN = frozenset(
    {
        "brand",
        "briefing",
        "conversation_id",
        "customer",
        "is_angry",
        "is_asked",
        "is_open",
        "is_resumed",
        "knowledge",
        "language",
        "now",
        "opens_next",
        "others",
        "profile",
        "refusal",
        "request",
        "transcript",
        "transfer",
        "zone",
    }
)
"""The names that every playbook is given; no slot and no result may have one of them."""


def _checked(source: str, check: Callable[[str], None]) -> str:
    try:
        check(source)
    except InvalidInput as error:
        raise ValueError(str(error)) from error  # so that the field it stands in is named
    return source


def _checked_template(source: str) -> str:
    return _checked(source, check_template)


def _checked_expression(source: str) -> str:
    return _checked(source, check_expression)


Line = Annotated[str, Field(max_length=300), AfterValidator(plain_text)]
"""A short text."""
Text = Annotated[str, Field(max_length=6_000), AfterValidator(plain_text)]
"""A text of a paragraph or more."""
TemplateText = Annotated[str, Field(max_length=6_000), AfterValidator(plain_text), AfterValidator(_checked_template)]
"""A Jinja template."""
Expression = Annotated[
    str, BeforeValidator(str), Field(max_length=1_000), AfterValidator(plain_text), AfterValidator(_checked_expression)
]
"""A Jinja expression; a fixed text stands in quotes: `"'delivered'"`."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ArgumentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=60)]
"""Of a tool's argument; those of other systems have capitals and hyphens too."""


class Data(BaseModel):
    """Base of everything a card is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(Data):
    """Something that a skill has to know."""

    type: SlotType
    question: TemplateText = ""
    """How the customer is asked for it."""
    again: TemplateText = ""
    """How they are asked when their answer held none; the question itself where empty."""
    options: dict[Name, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """Of a `choice`: what may be chosen, each with the phrases that mean it; one without phrases means all else."""

    @model_validator(mode="after")
    def _has_options(self) -> Self:
        if (self.type == "choice") != bool(self.options):
            raise ValueError("options: a choice has some, and no other slot has any")
        return self


class Conditional(Data):
    """Base of steps: a step runs only when its condition holds."""

    when: Expression = "true"


class Say(Conditional):
    """Say something."""

    say: TemplateText


class Call(Conditional):
    """Call a tool that reads, or that changes nothing of the shop."""

    call: Name
    args: dict[ArgumentName, Expression] = Field(default_factory=dict[str, str], alias="with")
    result: Name = Field(alias="as")


class Propose(Conditional):
    """Propose a write; where the gate wants the customer's yes, the step asks for it and waits."""

    propose: Name
    args: dict[Name, Expression] = Field(default_factory=dict[str, str], alias="with")
    result: Name = Field(alias="as")
    question: TemplateText = "{{ summary }} Shall I go ahead? Please answer yes or no."
    """With the gate's `summary` of exactly what will be done."""


class Ask(Conditional):
    """Ask for a slot, unless it is filled; with `again`, also where it is filled but did not do."""

    ask: Name
    question: TemplateText = ""
    """In place of the slot's own."""
    again: bool = False


class Assign(Conditional):
    """Fill slots from expressions."""

    assign: dict[Name, Expression] = Field(alias="set")


class HandOff(Conditional):
    """Give the task to another agent."""

    hand_off: str
    skill: str | None = None
    reason: TemplateText
    args: dict[Name, Expression] = Field(default_factory=dict[str, str], alias="with")
    """What the colleague's skill need not ask for any more, by the names of its own slots."""


class Use(Conditional):
    """Run a fragment's steps."""

    use: Name


class End(Conditional):
    """End the skill here."""

    end: Literal["done", "failed"]


VERBS = {
    "say": Say,
    "call": Call,
    "propose": Propose,
    "ask": Ask,
    "set": Assign,
    "hand_off": HandOff,
    "use": Use,
    "end": End,
}


def _verb(step: object) -> str | None:
    keys: set[str] = set(step) if isinstance(step, dict) else {_name(type(step))}  # pyright: ignore[reportUnknownArgumentType]
    return next((verb for verb in VERBS if verb in keys), None)


def _name(kind: type[object]) -> str:
    return next((verb for verb, step in VERBS.items() if step is kind), "")


Step = Annotated[
    Annotated[Say, Tag("say")]
    | Annotated[Call, Tag("call")]
    | Annotated[Propose, Tag("propose")]
    | Annotated[Ask, Tag("ask")]
    | Annotated[Assign, Tag("set")]
    | Annotated[HandOff, Tag("hand_off")]
    | Annotated[Use, Tag("use")]
    | Annotated[End, Tag("end")],
    Discriminator(
        _verb,
        custom_error_type="step",
        custom_error_message="a step has exactly one of: say, call, propose, ask, set, hand_off, use, end",
    ),
]
"""One step of a playbook."""
