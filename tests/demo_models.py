"""A team in the demo shop whose models say what a script says."""

import json
from collections.abc import Sequence

from demo_app import NOW
from pydantic import JsonValue

from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import BadAnswer, Unavailable
from shopfloor.models.answer import Answer
from shopfloor.models.contract import Finished, Model, ModelRequest, ToolRequest
from shopfloor.models.ledger import MemoryLedger
from shopfloor.models.router import Books, Limits, ModelRouter
from shopfloor.models.scripted import Scripted, ScriptedModel
from shopfloor.models.spending import MemorySpending
from shopfloor.models.traced import Rung


def router_of(model: Model, *, limits: Limits | None = None) -> ModelRouter:
    """Return a router that has one model for everything."""
    books = Books(
        ledger=MemoryLedger(), spending=MemorySpending(), cost=lambda _p, _m, _u: 1_000, clock=FixedClock(NOW)
    )
    rung = Rung(tier="fast", provider="here", model="scripted")
    return ModelRouter({"fast": [(rung, model)]}, books, limits=limits)


def planned(*tasks: dict[str, JsonValue], confidence: float = 0.9) -> str:
    """Return a plan as a model writes it; what a task leaves out is empty."""
    empty: dict[str, JsonValue] = {"arguments": [], "depends_on": [], "status_line": "A moment...", "reads": []}
    listed: list[JsonValue] = [{"id": f"t{place}", **empty, **task} for place, task in enumerate(tasks, 1)]
    return json.dumps({"tasks": listed, "complexity": 0.3, "confidence": confidence})


def wanting(name: str, **arguments: JsonValue) -> Answer:
    """Return an answer that asks for a tool."""
    asked = ToolRequest(id=f"call_{name}", name=name, arguments=arguments)
    return Answer(text="", finished=Finished(reason="tool_calls", tool_requests=(asked,)))


def is_planning(request: ModelRequest) -> bool:
    """Whether a request is the planner's."""
    return request.output is not None


def tool_texts(request: ModelRequest) -> Sequence[str]:
    """Return what tools answered up to a request."""
    return [message.content for message in request.messages if message.role == "tool"]


def scripted(*answers: str | Answer | Exception, plan: str | None = None) -> ScriptedModel:
    """Return a model whose specialists answer in this order; without a plan its planner is of no use."""
    left = iter(answers)

    def script(request: ModelRequest) -> Scripted:
        if is_planning(request):
            return plan or BadAnswer("no plans today")
        return next(left, Unavailable("the script has come to its end"))

    return ScriptedModel(script)


def spoken(model: ScriptedModel) -> list[ModelRequest]:
    """Return what specialists asked a model."""
    return [request for request in model.requests if not is_planning(request)]
