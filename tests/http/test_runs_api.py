"""`POST /v1/ag-ui`: any AG-UI client, one run a request."""

import json
from typing import Any

import anyio
import httpx2
import pytest
from demo_app import JONAS, MAYA
from protocol import Checked
from serving import Served

pytestmark = pytest.mark.anyio
THREAD = "thread-0123456789-abcdef"


def user(text: str, one: str = "u1") -> dict[str, Any]:
    return {"id": one, "role": "user", "content": text}


def given(*messages: dict[str, Any], thread: str = THREAD, run: str = "run-1", **more: Any) -> dict[str, Any]:
    return {"threadId": thread, "runId": run, "messages": list(messages), **more}


async def run(served: Served, body: dict[str, Any], token: str | None = None) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with anyio.fail_after(20):
        response = await served.client.post("/v1/ag-ui", json=body, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: ")]
    events = [json.loads(line) for line in lines]
    checked = Checked()
    for event in events:
        checked.take(event)
    assert [event["type"] for event in (events[0], events[-1])] == ["RUN_STARTED", "RUN_FINISHED"]
    return events


def said(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


async def refusal(served: Served, body: dict[str, Any], token: str | None = None) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = await served.client.post("/v1/ag-ui", json=body, headers=headers)
    assert response.headers["content-type"] == "application/problem+json"
    return response


async def test_a_run_streams_the_answer_under_the_clients_own_ids(served: Served) -> None:
    events = await run(served, given(user("where is my order 123?")), await served.token(MAYA))
    assert "TRK456" in said(events)
    assert (events[0]["threadId"], events[0]["runId"]) == (THREAD, "run-1")
    assert (events[-1]["threadId"], events[-1]["runId"]) == (THREAD, "run-1")
    assert events[0]["protocolVersion"] == "1.0"
    assert not [event for event in events if event.get("role") == "user"]


async def test_the_same_run_sent_again_streams_the_same_answer(served: Served) -> None:
    body = given(user("do you have tents?"), thread="again-0123456789-abcdef")
    first, again = await run(served, body), await run(served, body)
    assert said(first) == said(again)
    known = {event["messageId"] for event in first if event["type"] == "TEXT_MESSAGE_START"}
    assert {event["messageId"] for event in again if event["type"] == "TEXT_MESSAGE_START"} == known


async def test_a_thread_goes_on_with_the_messages_after_the_last_answer(served: Served) -> None:
    thread = "goes-on-0123456789-abcdef"
    first = await run(served, given(user("do you have red sneakers in men's size 9?"), thread=thread))
    answer = {"id": "a1", "role": "assistant", "content": said(first)}
    history = [user("do you have red sneakers in men's size 9?"), answer, user("tell me about the second one", "u2")]
    second = await run(served, given(*history, thread=thread, run="run-2"))
    assert "Ruby Runner Pro" in said(second)
    assert said(first) not in said(second)


async def test_several_new_messages_are_one_run(served: Served) -> None:
    both = [user("do you have tents?", "m1"), user("and what are your opening hours?", "m2")]
    events = await run(served, given(*both, thread="several-0123456789-abcdef"))
    assert [event["type"] for event in events].count("RUN_FINISHED") == 1


async def test_a_question_is_answered_by_resuming(served: Served) -> None:
    token = await served.token(MAYA)
    thread = "resume"
    first = await run(served, given(user("please cancel order 141"), thread=thread), token)
    (interrupt,) = first[-1]["outcome"]["interrupts"]
    for payload in (None, 7, {}, {"a": 1, "b": 2}, []):
        resume = [{"interruptId": interrupt["id"], "status": "resolved", "payload": payload}]
        refused = await refusal(served, given(thread=thread, run="run-2", resume=resume), token)
        assert refused.status_code == 422, "a yes is never guessed"
    resume = [{"interruptId": interrupt["id"], "status": "cancelled"}]
    second = await run(served, given(thread=thread, run="run-2", resume=resume), token)
    assert second[-1]["outcome"]["type"] == "success"
    order = await served.app.shop.orders.get_order("141")
    assert order is not None
    assert order.state != "cancelled"


async def test_a_yes_for_an_earlier_question_answers_no_later_one(served: Served) -> None:
    token = await served.token(MAYA)
    thread = "a-late-yes"
    first = await run(served, given(user("please cancel order 141"), thread=thread), token)
    (old,) = first[-1]["outcome"]["interrupts"]
    change = user("change the address of order 141 to 5 New Street, Boston 02110", "u2")
    second = await run(served, given(change, thread=thread, run="run-2"), token)
    (new,) = second[-1]["outcome"]["interrupts"]
    for one in (old["id"], "made-up"):
        resume = [{"interruptId": one, "status": "resolved", "payload": True}]
        refused = await refusal(served, given(thread=thread, run="run-3", resume=resume), token)
        assert refused.status_code == 409
    order = await served.app.shop.orders.get_order("141")
    assert order is not None
    assert order.state != "cancelled"
    assert order.shipping_address.line1 != "5 New Street"
    resume = [{"interruptId": new["id"], "status": "cancelled"}]
    body = given(thread=thread, run="run-4", resume=resume)
    assert said(await run(served, body, token)) == said(await run(served, body, token)), "it may be sent again"


async def test_two_customers_with_the_same_thread_never_meet(served: Served) -> None:
    thread = "shared-0123456789-abcdef"
    ask = given(user("where is order 123?"), thread=thread)
    assert "TRK456" in said(await run(served, ask, await served.token(MAYA)))
    for token in (await served.token(JONAS), None):
        events = await run(served, ask, token)
        assert "TRK456" not in json.dumps(events)


async def test_two_first_runs_at_once_open_one_conversation(served: Served) -> None:
    thread = "at-once-0123456789-abcdef"
    runs: list[list[dict[str, Any]]] = []

    async def one(number: int) -> None:
        runs.append(await run(served, given(user("do you have tents?", f"m{number}"), thread=thread, run=f"r{number}")))

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(one, number)
    assert all("tent" in said(events).lower() for events in runs)


async def test_a_guests_thread_must_be_hard_to_guess(served: Served) -> None:
    refused = await refusal(served, given(user("hello"), thread="1"))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "threadId"
    assert "20 characters" in error["message"]
    await run(served, given(user("hello"), thread="1"), await served.token(MAYA))


async def test_content_in_parts_is_read_as_text_and_other_parts_are_refused(served: Served) -> None:
    parts = [{"type": "text", "text": "do you have"}, {"type": "text", "text": "tents?"}]
    message = {"id": "p1", "role": "user", "content": parts}
    assert "tent" in said(await run(served, given(message, thread="parts-0123456789-abcdef"))).lower()
    image = {"type": "image", "source": {"type": "url", "value": "https://example.com/a.png"}}
    refused = await refusal(served, given({"id": "p2", "role": "user", "content": [image]}))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "messages.0.content"


@pytest.mark.parametrize(
    "body",
    [
        given(),
        given({"id": "a", "role": "assistant", "content": "hello"}),
        given(user("hello"), {"id": "a", "role": "assistant", "content": "hello"}),
        given(*(user("hello", f"m{n}") for n in range(21))),
        given(user("hello", "")),
        given(user("hello", "\u0000")),
        given(user("hello"), thread=""),
        given(user("hello"), thread="x" * 201),
        given(user("hello"), run="x" * 201),
        given(user("")),
        {"threadId": THREAD},
        {"threadId": THREAD, "runId": "r", "messages": [{"id": "1", "role": "nobody", "content": "x"}]},
    ],
    ids=range(12),
)
async def test_a_run_that_says_nothing_that_can_be_read_is_refused(served: Served, body: dict[str, Any]) -> None:
    refused = await refusal(served, body)
    assert refused.status_code == 422


async def test_a_token_that_does_not_hold_is_refused(served: Served) -> None:
    for token in ("nonsense", (await served.token(MAYA))[:-2] + "AA"):
        assert (await refusal(served, given(user("hello")), token)).status_code == 401


async def test_another_text_under_a_known_id_is_a_conflict(served: Served) -> None:
    thread = "conflict-0123456789-abcdef"
    await run(served, given(user("do you have tents?"), thread=thread))
    refused = await refusal(served, given(user("do you have stoves?"), thread=thread))
    assert refused.status_code == 409
