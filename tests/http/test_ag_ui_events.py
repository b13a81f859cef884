"""A conversation's pieces as AG-UI events: each is one of the protocol's, and together they keep its order."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo_app import MAYA, NOW, begin, demo_app
from protocol import Checked

from shopfloor.app import App
from shopfloor.conversation.live import Piece, Released
from shopfloor.http.ag_ui import AgUi
from shopfloor.journal.events import Event, MessageWritten, ReplyComposed, SentenceWithheld, TurnStarted
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId, TurnId

pytestmark = pytest.mark.anyio
SCRIPTS = sorted((Path(__file__).parents[1] / "conversation" / "scripts").glob("*.yaml"))
INSIDE = ("shipping_address", "passages", "cust_", "digest", "payment_method", "customer_id", "tool_args", '"email"')
"""What no customer's stream holds."""


@pytest.fixture(scope="module")
async def app() -> App:
    return await demo_app()


async def play(app: App, conversation: ConversationId, texts: list[str]) -> list[Piece]:
    """Say texts, and return all that a follower hears."""
    heard: list[Piece] = []
    async with app.chat.hub.follow(conversation) as follower:
        for text in texts:
            await app.chat.post(conversation, text)
            await app.chat.answer(conversation)
            while True:
                piece = await follower.next()
                assert piece is not None
                heard.append(piece)
                if isinstance(piece, Event) and isinstance(piece.data, ReplyComposed):
                    break
    return heard


def shown(view: AgUi, pieces: list[Piece]) -> list[dict[str, Any]]:
    return [json.loads(event.model_dump_json(by_alias=True)) for piece in pieces for event in view.hear(piece)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_every_event_of_a_scripted_conversation_is_the_protocols(path: Path, app: App) -> None:
    script = yaml.safe_load(path.read_text("utf-8"))  # noqa: ASYNC240  (nothing else runs)
    conversation = await begin(app, script.get("customer"))
    pieces = await play(app, conversation, [turn["says"] for turn in script["turns"] if "says" in turn])
    events = shown(AgUi(conversation), pieces)
    checked = Checked()
    for event in events:
        checked.take(event)
    assert checked.run is None
    written = json.dumps(events)
    assert [word for word in INSIDE if word in written] == []


@pytest.mark.parametrize("path", SCRIPTS[::4], ids=lambda path: path.stem)
async def test_live_text_and_the_journal_add_up_to_the_same(path: Path, app: App) -> None:
    script = yaml.safe_load(path.read_text("utf-8"))  # noqa: ASYNC240  (nothing else runs)
    conversation = await begin(app, script.get("customer"))
    pieces = await play(app, conversation, [turn["says"] for turn in script["turns"] if "says" in turn])
    live = shown(AgUi(conversation), pieces)
    from_journal = shown(AgUi(conversation), [piece for piece in pieces if isinstance(piece, Event)])
    assert texts(live) == texts(from_journal)
    assert texts(live) == {
        piece.data.message_id: piece.data.content
        for piece in pieces
        if isinstance(piece, Event) and isinstance(piece.data, MessageWritten)
    }


def texts(events: list[dict[str, Any]]) -> dict[str, str]:
    said: dict[str, str] = {}
    for event in events:
        if event["type"] == "TEXT_MESSAGE_START":
            said[event["messageId"]] = ""
        elif event["type"] == "TEXT_MESSAGE_CONTENT":
            said[event["messageId"]] += event["delta"]
    return said


async def test_a_question_for_a_yes_interrupts_the_run() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    events = shown(AgUi(conversation), await play(app, conversation, ["please cancel order 141"]))
    outcome = events[-1]["outcome"]
    assert outcome["type"] == "interrupt"
    (interrupt,) = outcome["interrupts"]
    assert interrupt["reason"] == "confirmation"
    assert interrupt["responseSchema"]["enum"] == ["yes", "no"]
    assert "Cancel order #141" in interrupt["message"]


async def test_cards_show_named_fields_only(app: App) -> None:
    conversation = await begin(app, MAYA)
    asked = ["where is order 123?", "do you have red sneakers in men's size 9?"]
    events = shown(AgUi(conversation), await play(app, conversation, asked))
    cards = {event["activityType"]: event for event in events if event["type"] == "ACTIVITY_SNAPSHOT"}
    order = cards["ORDER"]["content"]["order"]
    assert order["number"] == "123"
    assert order["shipments"][0]["tracking_id"] == "TRK456"
    assert set(order).isdisjoint({"email", "shipping_address", "customer_id", "payment_method"})
    products = cards["PRODUCTS"]["content"]["products"]
    assert products[0]["title"] == "Speedster Red Edition"
    assert products[0]["in_stock"] is True
    assert '"stock"' not in json.dumps(products)
    assert cards["PRODUCTS"]["messageId"].startswith("products/turn_")


async def test_a_message_that_is_never_journaled_is_taken_back_as_an_empty_one() -> None:
    view = AgUi(ConversationId("c"))
    turn = TurnId("t")
    view.hear(event(1, TurnStarted(turn_id=turn, message_ids=())))
    view.hear(
        Released(message_id=MessageId("m"), task_id="t1", agent=AgentId("a"), agent_name="AAgent", text="Your ord")
    )
    reply = ReplyComposed(
        conversation_id=ConversationId("c"), turn_id=turn, message_ids=(), content="", sources=(), outcome="failed"
    )
    ends = [one.type.value for one in view.hear(event(2, reply))]
    assert ends == ["TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_FINISHED"]


async def test_withheld_sentences_stay_inside() -> None:
    view = AgUi(ConversationId("c"))
    withheld = SentenceWithheld(
        turn_id=TurnId("t"), task_id="t1", agent=AgentId("a"), agent_name="A", sentence="It costs $3.", claims=("$3",)
    )
    assert view.hear(event(1, withheld)) == []


def event(seq: int, data: Any) -> Event:
    return Event(stream="conversation/c", seq=seq, at=NOW, data=data)
