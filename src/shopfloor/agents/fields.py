"""What is wrong with data from outside, field by field."""

from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from shopfloor.kernel.errors import FieldProblem

SHOWN = 12
"""Problems that are told of one thing; whoever has more has another file in hand."""


def fields_of(error: ValidationError) -> list[FieldProblem]:
    """Return the problems that pydantic found, with the paths of their fields."""
    found: list[FieldProblem] = []
    for one in error.errors(include_url=False, include_input=False):
        context: Mapping[str, object] = one.get("ctx", {})
        if "problems" in context:
            found += cast(Sequence[FieldProblem], context["problems"])
        else:
            message = one["msg"].removeprefix("Value error, ")
            if one["type"] == "extra_forbidden":
                message += ": there is no field of this name"
            found.append(FieldProblem(".".join(map(str, one["loc"])), message))
    return shown(found)


def shown(found: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Return problems, of very many only the first."""
    more = len(found) - SHOWN
    return [*found[:SHOWN], *([FieldProblem("", f"and {more} more")] if more > 0 else [])]


def wrong_fields(problems: Sequence[FieldProblem]) -> PydanticCustomError:
    """Return the error of a model's own check that found several fields wrong at once."""
    text = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    return PydanticCustomError("fields", "{text}", {"text": text, "problems": list(problems)})
