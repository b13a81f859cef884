"""Asks each model that is set up one tiny question, without anything around it, and says what came of it."""

from collections.abc import AsyncGenerator, Mapping
from time import monotonic
from typing import NamedTuple

from shopfloor.kernel.errors import InvalidInput, WorldError
from shopfloor.models.answer import Answer, ask
from shopfloor.models.building import client_of
from shopfloor.models.connections import Connections
from shopfloor.models.contract import ModelMessage, ModelRequest
from shopfloor.models.deadline import WithDeadline
from shopfloor.models.settings import ModelSettings

QUESTION = ModelRequest(
    system="You answer in one word.",
    messages=(ModelMessage(role="user", content="Say yes."),),
    max_output_tokens=512,  # models that think first need room for it
)
WHOLE_S = 60.0


class Checked(NamedTuple):
    """What came of a question."""

    name: str
    problem: str
    """What is wrong and what can be done; empty where it answered."""
    told: str
    """What it answered, and how fast; empty where it did not."""


async def check(settings: ModelSettings, environ: Mapping[str, str]) -> AsyncGenerator[Checked]:
    """Ask the models one after the other, and tell of each when it is done."""
    connections = Connections()
    try:
        for one in settings.models():
            began = monotonic()
            try:
                client = client_of(settings, one, environ, connections)
                answer = await ask(WithDeadline(client, WHOLE_S), QUESTION)
            except (InvalidInput, WorldError) as error:
                yield Checked(one.name, str(error).removeprefix(f"{one.name}: "), "")
            else:
                yield Checked(one.name, *_judged(answer, monotonic() - began))
    finally:
        await connections.close()


def _judged(answer: Answer, seconds: float) -> tuple[str, str]:
    end = answer.finished
    if end.reason == "refusal":
        return "it refuses to answer: check its content filter", ""
    if end.reason == "length" and not answer.text.strip():
        return "it thought until its limit and said nothing: let it think less, with `extra`", ""
    usage = f"{end.usage.input_tokens} + {end.usage.output_tokens} tokens" if end.usage else "it tells no usage"
    shown = "".join(letter for letter in end.model if letter.isprintable())
    called = f" as {shown}" if shown else ""
    return "", f"answers{called} in {seconds:.2f} s, {usage}"
