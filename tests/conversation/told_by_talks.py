"""What conversations of customers leave: what was said, how their orders stand, and what became of actions."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from conversation.crashing_at_random import TALKS, Conversations

from shopfloor.actions.store import ActionFilter
from shopfloor.actions.verification import check_page
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.conversation.state import ChatState
from shopfloor.journal.events import ActionMoved, MessageWritten, ReplyComposed
from shopfloor.journal.verification import Findings


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What there is in the end, without what is different each time."""

    said: dict[str, list[tuple[str, str]]]
    """By whom and what, of each talk."""
    orders: dict[str, Any]
    actions: list[tuple[str, str, str]]
    """Conversation, kind and state of each."""


async def looked_at(config: Config, conversations: Conversations) -> Told:
    async with open_app(config) as app:
        return await told(app, conversations)


async def told(app: App, conversations: Conversations) -> Told:
    said: dict[str, list[tuple[str, str]]] = {}
    orders: dict[str, Any] = {}
    for name, talk in TALKS.items():
        state = await app.chat.state(conversations[name])
        said[name] = [(one.role, re.sub(r"TRK\d+", "TRK...", one.content)) for one in state.messages]
        order = await app.shop.orders.get_order(talk.order)
        assert order
        orders[name] = [timeless(asdict(one)) for one in (order, *await app.shop.returns.returns_of(talk.order))]
        for line in order.lines:
            product = await app.shop.catalogue.find_product(line.sku)
            assert product
            orders[f"{name}: {line.sku}"] = {one.sku: one.stock for one in product.variants}
    actions = [(record.stream, record.kind, record.state) for record in await app.actions.find(ActionFilter())]
    return Told(said=said, orders=orders, actions=sorted(actions))


def timeless(value: Any) -> Any:
    """Return a value with nothing in it that depends on the moment, or on the key of an action."""
    match value:
        case dict():
            return {name: timeless(one) for name, one in value.items() if name != "tracking_id"}
        case list() | tuple():
            return [timeless(one) for one in value]
        case datetime():
            return "some time"
        case _:
            return value


async def check(app: App, conversations: Conversations) -> None:
    """Check what holds whatever had happened before."""
    keys: list[str] = []
    for name, talk in TALKS.items():
        state = await app.chat.state(conversations[name])
        check_answers(state, talk.says)
        keys += [e.data.key for e in state.events if isinstance(e.data, ActionMoved) and e.data.state == "executed"]
    records = await app.actions.find(ActionFilter(states=frozenset({"executed"})))
    assert sorted(keys) == sorted(record.key for record in records)
    assert len(keys) == len(TALKS)
    await check_records(app)
    assert await app.chat.recover() == 0


def check_answers(state: ChatState, says: Sequence[str]) -> None:
    """Check that each message is there once and answered once, and that no more was said than the replies hold."""
    data = [event.data for event in state.events]
    messages = [one for one in data if isinstance(one, MessageWritten) and one.role == "user"]
    replies = [one for one in data if isinstance(one, ReplyComposed)]
    assert [one.content for one in messages] == [*says]
    assert [one for reply in replies for one in reply.message_ids] == [one.message_id for one in messages]
    said = "\n\n".join(one.content for one in state.messages if one.role == "assistant")
    assert said == "\n\n".join(reply.content for reply in replies)


async def check_records(app: App) -> None:
    """Check that the journal is whole, and that the record of actions says what it says."""
    findings, last = Findings(), None
    while (last := await check_page(app.journal, app.actions, findings, after=last, limit=50)) is not None:
        pass
    assert (findings.broken, findings.differing) == ([], [])
