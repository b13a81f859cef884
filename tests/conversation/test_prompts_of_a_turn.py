"""Every word that models read in a turn, as it was; `RENEW_SNAPSHOTS=1` writes it anew, to be read before it stays."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from demo_app import MAYA, begin, demo_app, say
from demo_models import planned, router_of, scripted, spoken, wanting
from tools.held import matches

from shopfloor.models.contract import ModelRequest

pytestmark = pytest.mark.anyio

SNAPSHOTS = Path(__file__).parent / "snapshots"


def written(request: ModelRequest) -> str:
    shown = asdict(request)
    system, situation = shown.pop("system"), shown.pop("situation")
    return f"{system}\n=== situation\n{situation}\n=== the rest\n{json.dumps(shown, indent=1, ensure_ascii=False)}\n"


async def test_what_the_planner_and_the_specialists_read() -> None:
    tasks = [
        {
            "agent": "order_management",
            "skill": "track_order",
            "request": "Where is my order #123?",
            "arguments": [{"name": "order_number", "value": "123"}],
        },
        {"agent": "product_expert", "skill": "find_products", "request": "red sneakers, men, size 9"},
    ]
    model = scripted("It is under way.", "Here they are.", plan=planned(*tasks))
    app = await demo_app(models=router_of(model))
    conversation = await begin(app, MAYA)
    await say(app, conversation, "Where is my order #123? Also I want red sneakers, men, size 9.")
    plan, *rest = model.requests
    assert matches(SNAPSHOTS / "plan.txt", written(plan))
    by_agent = sorted(rest, key=lambda request: request.cache_key or "")
    assert len(by_agent) == 2
    for request in by_agent:
        name = str(request.cache_key).rpartition("-")[0]
        assert matches(SNAPSHOTS / f"{name}.txt", written(request))


async def test_what_a_guest_in_german_and_a_second_round_read() -> None:
    model = scripted(wanting("search_knowledge", question="Versand nach Österreich"), "Das weiß ich leider nicht.")
    app = await demo_app(models=router_of(model))
    conversation = await begin(app)
    await say(app, conversation, "Liefert ihr auch nach Österreich, und was kostet das?")
    assert matches(SNAPSHOTS / "german.txt", written(spoken(model)[-1]))
