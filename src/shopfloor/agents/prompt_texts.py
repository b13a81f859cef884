"""What models are told, as data: one `Prompts`, kept with its earlier versions; the texts are templates.

A merchant may word all of it anew. What no text can change stands in code: the tools' names and schemas, the bound on
what is read at once, and that what comes from outside is marked as data. For the last, a text never gets such a value
itself but a token for it, which is replaced once the text is filled in; a text that cuts or changes one is refused,
and so is one that leaves out what it must put in.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from typing import Annotated, Literal, Self, cast, get_args

from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator

from shopfloor.agents.playbook import Data
from shopfloor.agents.templates import WORDED, check_template, names_in, render
from shopfloor.database.versioned import Kind, Versioned
from shopfloor.kernel.errors import FieldProblem, InvalidFields, InvalidInput
from shopfloor.kernel.fields import fields_of, plain_text, wrong_fields
from shopfloor.kernel.yaml_files import read_shipped, read_yaml, write_yaml

MAX_TEXT = 20_000
"""Letters of a text as it is written."""
MAX_FILLED = 200_000
"""Letters of a text that is filled in, without what comes from outside."""
MAX_SAMPLE = 40_000
"""Letters of a text that is filled in with little, to try it."""
OPENS, CLOSES = "\ue000", "\ue001"
"""What a token stands between: letters that no text may hold."""
DIGITS = "".join(map(chr, range(0xE010, 0xE01A)))
"""What a token's number is written with: such letters too, so that each part of a token shows."""
TOKEN_DIGITS = 60
"""Of a token: so many that cutting it at a handy length shows."""
TOKEN = re.compile(f"{OPENS}([{DIGITS}]{{{TOKEN_DIGITS}}}){CLOSES}")
REMAINS = re.compile(r"[\ue000-\ue019]|\\ue0[01]|(?:%|\\x)ee(?:%|\\x)80", re.IGNORECASE)
"""What shows that a token was cut or changed: one of its letters, also as `repr`, `urlencode` or `encode` write it."""
WRITTEN, READ = str.maketrans("0123456789", DIGITS), str.maketrans(DIGITS, "0123456789")

PromptText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(plain_text)]
TextName = Literal[
    "specialist_system",
    "specialist_situation",
    "ask_customer",
    "hand_over",
    "propose",
    "repair",
    "planner_system",
    "planner_situation",
    "planner_repair",
    "summary_system",
    "rerank_system",
]
TEXTS: tuple[TextName, ...] = get_args(TextName)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """What a text is filled in with."""

    given: Mapping[str, object]
    """The variables, each with a value to try the text with."""
    outside: frozenset[str] = frozenset()
    """Those that come from outside, and go in as they are."""
    needs: frozenset[str] = frozenset()
    """Those of which something must stand in the text, where there is anything."""


_CARD = {
    "id": "sample_agent",
    "name": "Sample Agent",
    "description": "Describes a sample.",
    "instructions": "Instructs a sample.",
}
_BRAND = {"shop_name": "Shop", "voice": "Plain.", "support_email": "a@b.example", "country": "US", "currency": "USD"}
TOLD_OF_CARD, TOLD_OF_BRAND = tuple(_CARD), tuple(_BRAND)
"""Fields of an agent's card and of the settings that a text may name."""
USES: Mapping[TextName, _Use] = {
    "specialist_system": _Use(
        given={
            "card": _CARD,
            "brand": _BRAND,
            "guidelines": [{"when": "it rains", "do": "say so"}],
            "handoffs": [{"to": "returns", "name": "Returns", "description": "Takes goods back."}],
        },
        needs=frozenset({"card"}),
    ),
    "specialist_situation": _Use(
        given={
            "skill": "a skill",
            "request": "data",
            "now": "a day",
            "is_signed_in": True,
            "known": "data",
            "colleagues": ["data"],
            "pages": ["data"],
            "answer_in": "a language",
        },
        outside=frozenset({"request", "known", "colleagues", "pages"}),
        needs=frozenset({"request"}),
    ),
    "ask_customer": _Use(given={}),
    "hand_over": _Use(given={}),
    "propose": _Use(
        given={"description": "data"}, outside=frozenset({"description"}), needs=frozenset({"description"})
    ),
    "repair": _Use(
        given={"sentences": [{"text": "data", "claims": "data"}]},
        outside=frozenset({"sentences"}),
        needs=frozenset({"sentences"}),
    ),
    "planner_system": _Use(
        given={"max_tasks": 6, "team": "data"}, outside=frozenset({"team"}), needs=frozenset({"team"})
    ),
    "planner_situation": _Use(
        given={"is_signed_in": True, "writes_in": "a language", "state": "data"}, outside=frozenset({"state"})
    ),
    "planner_repair": _Use(given={"wrong": "data"}, outside=frozenset({"wrong"}), needs=frozenset({"wrong"})),
    "summary_system": _Use(given={}),
    "rerank_system": _Use(given={}),
}
"""By text: who writes one sees at once what it may name."""


class Prompts(Data):
    """All that models are told about their work, beside cards and settings."""

    specialist_system: PromptText
    """The stable part for a specialist."""
    specialist_situation: PromptText
    """What differs from task to task."""
    ask_customer: PromptText
    """What the tool says of itself by which a model asks the customer for something."""
    hand_over: PromptText
    """Of the one by which it gives its task to a colleague."""
    propose: PromptText
    """Of those by which it proposes a write."""
    repair: PromptText
    """The request to word sentences anew that were kept back."""
    planner_system: PromptText
    """The stable part for the planner."""
    planner_situation: PromptText
    """What differs from plan to plan."""
    planner_repair: PromptText
    """The request to write a plan anew that cannot run."""
    summary_system: PromptText
    """For a summary of the oldest turns of a long conversation."""
    rerank_system: PromptText
    """For putting what a search found in order."""

    @model_validator(mode="after")
    def _can_be_filled_in(self) -> Self:
        problems = [FieldProblem(name, wrong) for name in TEXTS for wrong in _problems(self.text(name), USES[name])]
        if problems:
            raise wrong_fields(problems)
        return self

    def text(self, name: TextName) -> str:
        """Return a text as it is written."""
        text: str = getattr(self, name)
        return text

    def fill(self, name: TextName, values: Mapping[str, object]) -> str:
        """Return a text with its variables filled in; those from outside stand in it exactly as they are given.

        Raises:
            InvalidInput: it cannot be filled in with these values.
        """
        return _filled(self.text(name), values, USES[name], MAX_FILLED)


def _problems(text: str, use: _Use) -> Iterator[str]:
    """Say what is wrong with a text, and what there is to be named in it."""
    there = f"it may name {', '.join(_named(use.given))}" if use.given else "it may name nothing"
    try:
        check_template(text)
    except InvalidInput as error:
        yield f"{error}; {there}"
        return
    named = names_in(text)
    if unknown := sorted(named - use.given.keys()):
        yield f"there is no {', '.join(unknown)}: {there}"
        return
    try:
        filled = _filled(text, use.given, use, MAX_SAMPLE)
        _check_needs(use.needs - use.outside, use.given, filled)
        _filled(text, {name: _bare(value) for name, value in use.given.items()}, use, MAX_SAMPLE)
    except InvalidInput as error:
        yield f"{_reason(error)}; {there}"


def _named(given: Mapping[str, object]) -> Iterator[str]:
    """Say what there is, with the parts that each has: `card (id, name)`."""
    for name, value in given.items():
        one = cast("Sequence[object]", value)[0] if isinstance(value, list) else value
        parts = ", ".join(cast("Mapping[str, object]", one)) if isinstance(one, Mapping) else ""
        yield f"{name} ({parts})" if parts else name


def _reason(error: InvalidInput) -> str:
    """Say why a text cannot be filled in, without repeating it."""
    return f"it cannot be filled in: {error.__cause__}" if error.__cause__ else str(error)


def _filled(text: str, values: Mapping[str, object], use: _Use, limit: int) -> str:
    held: list[str] = []

    def token(value: object) -> object:
        if isinstance(value, Mapping):
            return {name: token(one) for name, one in cast("Mapping[str, object]", value).items()}
        if isinstance(value, list | tuple):
            return [token(one) for one in cast("Sequence[object]", value)]
        if not value:
            return ""
        held.append(str(value))
        return f"{OPENS}{f'{len(held) - 1:0{TOKEN_DIGITS}}'.translate(WRITTEN)}{CLOSES}"

    def put_in(found: re.Match[str]) -> str:
        place = int(found[1].translate(READ))
        if place >= len(held):
            raise _changed(use)
        return held[place]

    scope = {name: token(value) if name in use.outside else value for name, value in values.items()}
    filled = render(text, scope, limit=limit, environment=WORDED)
    try:
        filled.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("it writes half a letter") from error
    if not use.outside:
        return filled
    if REMAINS.search(TOKEN.sub("", filled)):
        raise _changed(use)
    _check_needs(use.needs & use.outside, scope, filled)
    return TOKEN.sub(put_in, filled)


def _changed(use: _Use) -> InvalidInput:
    names = ", ".join(sorted(use.outside))
    return InvalidInput(f"{names}: what comes from outside can only be put in as it stands, uncut and unchanged")


def _check_needs(needs: frozenset[str], values: Mapping[str, object], filled: str) -> None:
    """Check that something of each value that is needed stands in a text.

    Raises:
        InvalidInput: nothing of one does.
    """
    for name in sorted(needs):
        parts = [*_parts(values[name])]
        if parts and not any(part in filled for part in parts):
            raise InvalidInput(f"it must put {{{{ {name} }}}} in: without it nobody knows what to do")


def _parts(value: object) -> Iterator[str]:
    """Return the texts that a value is made of."""
    if isinstance(value, Mapping):
        value = [*cast("Mapping[str, object]", value).values()]
    if isinstance(value, list):
        for one in cast("list[object]", value):
            yield from _parts(one)
    elif value:
        yield str(value)


def _bare(value: object) -> object:
    """Return a value of the same kind with nothing in it."""
    if isinstance(value, Mapping):
        return {name: _bare(one) for name, one in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return []
    return "" if isinstance(value, str) else False if isinstance(value, bool) else value


def prompts_json(prompts: Prompts) -> dict[str, JsonValue]:
    """Return prompts as they are stored."""
    return prompts.model_dump(mode="json")


def prompts_of(data: object, where: str) -> Prompts:
    """Read prompts from plain values; a text that is left out, such as one that is new, is the product's own.

    Raises:
        InvalidFields: naming each text that is wrong, and what it may name.
    """
    if not isinstance(data, Mapping):
        told = "a file of prompts has texts by their names, as `shopfloor prompts export` writes it"
        raise InvalidFields(f"{where} cannot be used", [FieldProblem("", f"{told}: {', '.join(TEXTS)}")])
    try:
        return Prompts.model_validate({**_shipped_texts(), **cast("Mapping[str, object]", data)})
    except ValidationError as error:
        raise InvalidFields(f"{where} cannot be used", fields_of(error, Prompts)) from error


PROMPTS = Kind(name="prompts", plural="prompts", history="shopfloor prompts history", type=Prompts, read=prompts_of)
"""How prompts are kept."""
KeptPrompts = Versioned[Prompts]
"""What models are told, with all that they were told before."""


def parse_prompts(text: str, where: str) -> Prompts:
    """Read prompts from YAML.

    Raises:
        InvalidInput: naming the file and each text that is wrong.
    """
    return prompts_of(read_yaml(text, where), where)


def export_prompts(prompts: Prompts) -> str:
    """Write prompts as YAML that reads as the same prompts."""
    return write_yaml(prompts_json(prompts))


def differences(old: Prompts, new: Prompts) -> dict[TextName, list[str]]:
    """Return the lines of a unified diff for each text that differs."""
    found: dict[TextName, list[str]] = {}
    for name in TEXTS:
        lines = unified_diff(old.text(name).splitlines(), new.text(name).splitlines(), lineterm="", n=2)
        if told := list(lines)[2:]:  # which text it is, is said above it
            found[name] = told
    return found


@cache
def shipped_prompts() -> Prompts:
    """Return the product's own prompts."""
    return prompts_of({}, "prompts.yaml")


@cache
def _shipped_texts() -> Mapping[str, object]:
    return cast("Mapping[str, object]", read_shipped("shopfloor.agents", "prompts.yaml"))
