"""Checks arguments against the JSON Schema of a server's tool, which may be ill-made or ill-meant.

It fetches nothing, tries no pattern of the server's (one can hold the process for hours; the server checks its own),
and gives up on a schema that refers to itself without an end. So whatever the schema is, checking ends soon.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from shopfloor.kernel.errors import InvalidInput

MAX_REFERENCES = 1_000
"""That are followed for one check."""
MAX_PROBLEMS = 8
MAX_TOLD = 200
"""Letters of one problem."""


_VALIDATORS: Any = validators
"""Without its types, many of which the library leaves open."""


class _TooManyReferences(Exception):
    pass


def check_arguments(tool: str, schema: Mapping[str, JsonValue], args: Mapping[str, JsonValue]) -> None:
    """Check arguments.

    Raises:
        InvalidInput: naming each argument that does not fit, or saying that the schema cannot be used.
    """
    try:
        problems = _problems(_held_back(dict(schema)), dict(args))
    except (_TooManyReferences, RecursionError, Unresolvable) as error:
        raise InvalidInput(f"{tool}: the server's schema of its arguments cannot be used") from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:  # a keyword of the wrong type
        raise InvalidInput(f"{tool}: the server's schema of its arguments is no JSON Schema") from error
    if problems:
        raise InvalidInput(f"{tool}: {'; '.join(problems)}")


def _problems(schema: JsonValue, args: dict[str, JsonValue]) -> list[str]:
    dialect = _VALIDATORS.Draft202012Validator
    reference = dialect.VALIDATORS["$ref"]
    followed = 0

    def follow(validator: object, target: object, instance: object, parent: object) -> Iterator[ValidationError]:
        nonlocal followed
        followed += 1
        if followed > MAX_REFERENCES:
            raise _TooManyReferences
        yield from reference(validator, target, instance, parent) or ()

    checker = _VALIDATORS.extend(dialect, {"$ref": follow, "pattern": _anything, "$dynamicRef": _anything})
    registry: Registry[Any] = Registry()
    errors: Iterator[ValidationError] = checker(schema, registry=registry).iter_errors(args)
    return [_told(error) for error in islice(errors, MAX_PROBLEMS)]


def _anything(_validator: object, _value: object, _instance: object, _schema: object) -> None:
    """Let pass whatever comes."""


def _told(error: ValidationError) -> str:
    path = ".".join(str(part) for part in error.absolute_path)
    message = "".join(letter if letter.isprintable() else " " for letter in error.message)[:MAX_TOLD]
    return f"{path}: {message}" if path else message


def _held_back(schema: JsonValue) -> JsonValue:
    """Return a schema without the keywords that would check more than is meant here, or in another dialect."""
    if isinstance(schema, list):
        return [_held_back(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {name for name in ("$schema", "$id") if isinstance(schema.get(name), str)}
    if isinstance(schema.get("patternProperties"), dict):  # then what else there may be is not known either
        dropped |= {"patternProperties", "additionalProperties", "unevaluatedProperties"}
    return {name: _held_back(value) for name, value in schema.items() if name not in dropped}
