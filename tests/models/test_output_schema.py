"""The form that an answer must have, in the part of JSON Schema that providers can promise."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue

from shopfloor.kernel.errors import InvalidInput
from shopfloor.models.output_schema import output_schema


class Argument(BaseModel):
    name: str
    value: str


class Task(BaseModel):
    agent: Literal["orders", "products"] = Field(description="Who does it.")
    status: str = Field(max_length=80, pattern="^[A-Z]")
    arguments: list[Argument] = []
    after: int | None = None


class Plan(BaseModel):
    tasks: Annotated[list[Task], Field(min_length=1, max_length=6)]
    complexity: float = Field(ge=0, le=1, default=0.5)


def test_every_object_is_closed_and_every_field_is_required() -> None:
    schema = output_schema(Plan)
    assert schema.name == "Plan"
    definitions = schema.schema["$defs"]
    assert isinstance(definitions, dict)
    for one in (schema.schema, *definitions.values()):
        assert isinstance(one, dict)
        assert one["additionalProperties"] is False
        assert isinstance(one["properties"], dict)
        assert one["required"] == list(one["properties"])


def test_what_no_provider_keeps_to_is_told_in_the_description() -> None:
    text = str(output_schema(Plan).schema)
    assert "'maximum':" not in text
    assert "maximum: 1" in text
    assert "pattern: " in text
    assert "maxItems: 6" in text
    assert "Who does it." in text
    assert "'default'" not in text


def test_a_field_that_may_be_missing_takes_null() -> None:
    definitions = output_schema(Plan).schema["$defs"]
    assert "{'type': 'null'}" in str(definitions)


class Open(BaseModel):
    arguments: dict[str, str]


class Anything(BaseModel):
    value: JsonValue


@pytest.mark.parametrize(("kind", "remedy"), [(Open, "a list of name and value"), (Anything, "say which it is")])
def test_what_no_provider_can_promise_is_refused_with_the_remedy(kind: type[BaseModel], remedy: str) -> None:
    with pytest.raises(InvalidInput, match=remedy):
        output_schema(kind)
