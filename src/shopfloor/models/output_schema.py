"""Makes the schema that an answer must follow out of a type, in the part of JSON Schema that providers can promise.

Both wire formats constrain a model's choice of words to a schema, and both take only a part of the language: each
object is closed, and limits of numbers, lengths and patterns are not kept to. So every field is required here (one that
may be missing says so by taking null), and what cannot be promised is told in the description, where the model reads
it. The caller validates the answer against its type all the same.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import BaseModel, JsonValue

from shopfloor.kernel.canonical import canonical_json
from shopfloor.kernel.errors import InvalidInput
from shopfloor.models.contract import OutputSchema

KEPT = ("$ref", "const", "enum", "title", "type")
FORMATS = frozenset({"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"})
MAX_NAME = 64
SILENT = frozenset({"default", "discriminator", "examples"})
"""What is left out without a word: a required field has no default."""

Schema = dict[str, JsonValue]


@cache
def output_schema(kind: type[BaseModel]) -> OutputSchema:
    """Return the schema that an answer of a type follows, under the type's name.

    Raises:
        InvalidInput: it holds an object whose fields are not named, or any value at all; no provider can promise those.
    """
    name = re.sub(r"\W", "_", kind.__name__, flags=re.ASCII)[:MAX_NAME]
    return OutputSchema(name=name, schema=promised(kind.model_json_schema(), kind.__name__))


def promised(schema: Mapping[str, JsonValue], path: str) -> Schema:
    """Return a schema with what providers promise of it; `path` says where it stands, for the error."""
    kept: Schema = {key: schema[key] for key in KEPT if key in schema}
    rest = {key: value for key, value in schema.items() if key not in kept and key not in SILENT}
    if "$defs" in rest:
        kept["$defs"] = _each(rest.pop("$defs"), f"{path}.$defs")
    for word in ("anyOf", "oneOf"):
        if word in rest:
            variants = cast("list[Schema]", rest.pop(word))
            kept["anyOf"] = [promised(one, f"{path}[{place}]") for place, one in enumerate(variants)]
    match schema.get("type"):
        case "object":
            _close(kept, rest, path)
        case "array":
            kept["items"] = promised(cast("Schema", rest.pop("items", {})), f"{path}[]")
        case "string" if rest.get("format") in FORMATS:
            kept["format"] = rest.pop("format")
        case None if not kept.keys() & {"$ref", "anyOf", "const", "enum"}:
            raise InvalidInput(f"{path}: no provider can promise a value of any kind: say which it is")
        case _:
            pass
    _describe(kept, rest)
    return kept


def _close(kept: Schema, rest: dict[str, Any], path: str) -> None:
    if rest.pop("additionalProperties", False) is not False:
        raise InvalidInput(
            f"{path}: no provider can promise an object whose fields are not named: make it a list of name and value"
        )
    fields = _each(rest.pop("properties", {}), path)
    rest.pop("required", None)
    kept.update(properties=fields, required=[*fields], additionalProperties=False)


def _each(schemas: JsonValue, path: str) -> Schema:
    return {name: promised(one, f"{path}.{name}") for name, one in cast("dict[str, Schema]", schemas).items()}


def _describe(kept: Schema, rest: dict[str, JsonValue]) -> None:
    """Tell the model what the provider does not keep to. A reference takes no word beside it."""
    said = rest.pop("description", None)
    told = [str(said)] if said else []
    told += [f"{word}: {canonical_json(value)}" for word, value in rest.items()]
    if told and "$ref" not in kept:
        kept["description"] = "; ".join(told)
