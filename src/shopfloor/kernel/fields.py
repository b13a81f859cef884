"""What is wrong with data from outside, field by field."""

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shopfloor.kernel.errors import FieldProblem

SHOWN = 12
"""Problems that are told of one thing; whoever has more has another file in hand."""
LISTED = frozenset({list, tuple, dict})
KEY = "[key]"
"""What ends the path of a key that is wrong itself, as pydantic has it."""


def fields_of(error: ValidationError, kind: type[BaseModel] | None = None) -> list[FieldProblem]:
    """Return the problems that pydantic found, with the paths of their fields.

    `kind` is what was read: where a field is not known, those that are can be named.
    """
    found: list[FieldProblem] = []
    for one in error.errors(include_url=False, include_input=False):
        context: Mapping[str, object] = one.get("ctx", {})
        if "problems" in context:
            found += cast(Sequence[FieldProblem], context["problems"])
        else:
            path = [part for part in one["loc"] if part != KEY]
            found.append(FieldProblem(".".join(map(str, path)), _told(one, kind)))
    return shown(found)


def _told(one: ErrorDetails, kind: type[BaseModel] | None) -> str:
    """Say what is wrong with a field, and what may stand there."""
    path = one["loc"]
    if one["type"] == "extra_forbidden":
        names = ", ".join(_names(kind, path[:-1]))
        return f"there is no field of this name{': there are ' if names else ''}{names}"
    if one["type"] == "literal_error" and path[-1] == KEY:
        return f"there is none of this name: there are {one.get('ctx', {}).get('expected')}"
    if one["type"].startswith("url_"):
        return "it is no address: begin with http:// or https://"
    return one["msg"].removeprefix("Value error, ")


def _names(kind: Any, path: Sequence[int | str]) -> list[str]:
    """Return the fields that there are at a path within a model; none where its type leaves it open."""
    for part in path:
        kind = _plain(kind)
        if _is_model(kind):
            field = kind.model_fields.get(part)
            kind = field.annotation if field else None
        else:
            kind = get_args(kind)[0 if get_origin(kind) is tuple else -1] if get_origin(kind) in LISTED else None
    kind = _plain(kind)
    return list(kind.model_fields) if _is_model(kind) else []


def _plain(kind: Any) -> Any:
    """Return a type without what is annotated of it, and without None."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    others = [one for one in get_args(kind) if one is not NoneType]
    return _plain(others[0]) if NoneType in get_args(kind) and len(others) == 1 else kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def shown(found: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Return problems, of very many only the first."""
    more = len(found) - SHOWN
    return [*found[:SHOWN], *([FieldProblem("", f"and {more} more")] if more > 0 else [])]


def wrong_fields(problems: Sequence[FieldProblem]) -> PydanticCustomError:
    """Return the error of a model's own check that found several fields wrong at once."""
    text = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    return PydanticCustomError("fields", "{text}", {"text": text, "problems": list(problems)})


def plain_text(text: str) -> str:
    """Return a text in which nothing could steer what shows it; a validator."""
    # What is no letter could steer the terminal or the page of whoever reads it.
    if any(not letter.isprintable() and letter not in "\n\t" for letter in text):
        raise ValueError("it holds a control character: leave it out")
    return text
