"""A model puts what a search found in order, where one shall and answers in time; otherwise the order stays."""

from typing import cast

import pytest
from anyio import sleep_forever
from demo_app import begin, demo_app, say
from demo_models import is_planning, router_of

from shopfloor.agents.prompt_texts import shipped_prompts
from shopfloor.journal.events import ModelCalled, ToolCalled
from shopfloor.kernel.errors import BadAnswer, Unavailable
from shopfloor.kernel.ids import stream_of
from shopfloor.models.contract import ModelRequest
from shopfloor.models.router import Limits
from shopfloor.models.scripted import Scripted, ScriptedModel

pytestmark = pytest.mark.anyio

NEVER = "never"
ASKED = "red sneakers in men's size 9"
RERANK = shipped_prompts().fill("rerank_system", {})


def is_rerank(request: ModelRequest) -> bool:
    return request.system == RERANK


async def shown(*messages: str, order: Scripted | None, rerank_s: float = 5.0) -> tuple[list[list[str]], ScriptedModel]:
    """Return the products that each search found, and the model that was asked; without an order there is none."""

    said = iter(["I found a few for you."])

    async def script(request: ModelRequest) -> Scripted:
        if is_rerank(request):
            if order == NEVER:
                await sleep_forever()
            return order or ""
        if is_planning(request):
            return BadAnswer("no plans today")
        return next(said, Unavailable("the playbook does it"))

    model = ScriptedModel(script)
    app = await demo_app(models=router_of(model, limits=Limits(rerank_s=rerank_s)) if order is not None else None)
    conversation = await begin(app)
    for message in messages:
        await say(app, conversation, message)
    events = [event.data for event in await app.journal.read(stream_of(conversation))]
    calls = [one for one in events if isinstance(one, ModelCalled) and one.task_class == "reranking"]
    assert len(calls) == sum(map(is_rerank, model.requests))
    found = [one.tool_output for one in events if isinstance(one, ToolCalled) and one.tool_name == "search_products"]
    titles = [[each["title"] for each in cast("dict[str, list[dict[str, str]]]", one)["products"]] for one in found]
    return titles, model


async def test_the_order_is_the_models_and_what_it_leaves_out_follows() -> None:
    [[*before]], _ = await shown(ASKED, order=None)
    [[*after]], model = await shown(ASKED, order='{"places": [2, 99, 2, -1]}')
    assert after[0] == before[1]
    assert after[1] == before[0]
    [request] = filter(is_rerank, model.requests)
    assert f'<data source="customer">{ASKED}' in request.messages[0].content
    assert before[0] in request.messages[0].content


@pytest.mark.parametrize("answer", ["I would take the first", '{"places": "all"}', Unavailable("it is down")])
async def test_without_a_usable_answer_the_order_stays(answer: Scripted) -> None:
    without, _ = await shown(ASKED, order=None)
    with_one, _ = await shown(ASKED, order=answer)
    assert with_one == without


async def test_a_model_that_takes_longer_than_it_may_is_not_waited_for() -> None:
    without, _ = await shown(ASKED, order=None)
    with_one, _ = await shown(ASKED, order=NEVER, rerank_s=0.05)
    assert with_one == without


async def test_where_no_model_shall_put_anything_in_order_none_is_asked() -> None:
    _, model = await shown(ASKED, order='{"places": [2, 1]}', rerank_s=0)
    assert not any(map(is_rerank, model.requests))


async def test_more_shows_nothing_twice() -> None:
    [first, second], model = await shown("show me sneakers", "show me more", order='{"places": [7, 9, 2]}')
    assert len(first) == len(second) == 3
    assert set(first).isdisjoint(second)
    assert sum(map(is_rerank, model.requests)) == 1
