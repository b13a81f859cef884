"""Conversations as customers write them, each a file under `scripts/`, played from the first word to the last.

title: what it shows
customer: e-mail of the signed-in customer; left out for a guest
adds: [cards that the team gets besides, as paths from the root of the project]
settings: what is changed in the shop's settings
at: the hour that it is; the shop's orders and carts are as of the tests' usual one
turns:
  - again: whether this turn begins a new conversation, of the same customer or of `customer`
    customer: e-mail of who begins it; `guest` for nobody
    signs_in: whether the customer signs in before this turn, as `customer`
    says: the message
    hears: [texts that the reply holds, whatever their case]
    not: [texts that it does not hold]
    agents: [who speaks, in order]
    actions: [kind state, ...; what becomes of writes in this turn, in order]
  - at: the hour that it has become
    stock: {variant: how much of it there is now}
    signal: {kind: what happened outside, its values; without it only what is due by now is carried out}
    comes: [the rules that decided on the outreaches of this signal, or of the one before]
    mails: [to whom a message goes into the outbox, in order]
    hears, not, agents: as above, over the messages that go out
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import pytest
import yaml
from demo_app import NOW, begin, demo_app, identity_of
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from shopfloor.agents.team import card_data
from shopfloor.app import App
from shopfloor.journal.events import ActionMoved, Event, MessageWritten
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import ConversationId, Sku
from shopfloor.outreach.signals import parse_signal

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.yaml"))


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    again: bool = False
    customer: str | None = None
    signs_in: bool = False
    says: str | None = None
    at: datetime | None = None
    stock: dict[Sku, int] = {}
    signal: dict[str, str] | None = None
    comes: list[str] | None = None
    mails: list[str] | None = None
    hears: list[str] = []
    lacks: Annotated[list[str], Field(alias="not")] = []
    agents: list[str] | None = None
    actions: list[str] = []


class Script(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    customer: str | None = None
    adds: list[str] = []
    settings: dict[str, JsonValue] = {}
    at: datetime = NOW
    turns: Annotated[list[Line], Field(min_length=3)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
async def test_the_team_answers_as_the_script_tells(path: Path) -> None:
    script = Script.model_validate(yaml.safe_load(path.read_text("utf-8")))  # noqa: ASYNC240  (nothing else runs)
    app = await demo_app(clock=FixedClock(script.at))
    for card in script.adds:
        await app.team.add(card_data((ROOT / card).read_text("utf-8"), card), card)
    if script.settings:
        await app.team.change_settings(script.settings)
    conversation = await begin(app, script.customer)
    for number, line in enumerate(script.turns, start=1):
        if line.again:
            who = line.customer or script.customer
            conversation = await begin(app, None if who == "guest" else who)
        if line.signs_in:
            await app.chat.sign_in(conversation, await identity_of(app, line.customer))
        if line.says is None:
            reply, events = await _unasked(app, line, number)
        else:
            reply, events = await _turn(app, conversation, line.says)
        told = line.says or line.signal or line.at
        _check(line, reply, events, f"{path.stem}, turn {number}: {told!r}\n--- reply ---\n{reply}\n---")


async def _unasked(app: App, line: Line, number: int) -> tuple[str, list[Event]]:
    """Let something happen, or time go by, and return what goes out to customers."""
    if line.at:
        cast(FixedClock, app.clock).at = line.at.astimezone(UTC)
    for sku, quantity in line.stock.items():
        await app.shop.catalogue.set_stock(sku, quantity, key=f"stock {number}")
    before = {message.id for message in await app.outreach.outreaches.outbox()}
    if line.signal:
        values = {name: value for name, value in line.signal.items() if name != "kind"}
        now = app.clock.now()
        await app.outreach.receive(parse_signal(f"signal {number}", line.signal["kind"], values, at=None, now=now))
    await app.outreach.work()
    if line.comes is not None:
        (newest, *_) = sorted(
            await app.outreach.outreaches.signals(), key=lambda one: int(one.id.split()[1]), reverse=True
        )
        made = await app.outreach.outreaches.outreaches_of(newest.id)
        assert [outreach.rule for outreach in made or ()] == line.comes, f"turn {number}"
    new = [message for message in reversed(await app.outreach.outreaches.outbox()) if message.id not in before]
    if line.mails is not None:
        assert [message.email for message in new] == line.mails, f"turn {number}"
    events: list[Event] = []
    for message in new:
        theirs = (await app.chat.state(message.conversation_id)).events
        events += [e for e in theirs if isinstance(e.data, MessageWritten) and e.data.content == message.text]
    return "\n\n".join(message.text for message in new), events


async def _turn(app: App, conversation: ConversationId, text: str) -> tuple[str, list[Event]]:
    before = (await app.chat.state(conversation)).seq
    await app.chat.post(conversation, text)
    (reply,) = await app.chat.answer(conversation)
    state = await app.chat.state(conversation)
    return reply.content, state.events[before:]


def _check(line: Line, reply: str, events: list[Event], where: str) -> None:
    heard = reply.lower().replace("\u00a0", " ")  # the blank before a sign does not break
    assert [text for text in line.hears if text.lower() not in heard] == [], f"missing in {where}"
    assert [text for text in line.lacks if text.lower() in heard] == [], f"too much in {where}"
    if line.agents is not None:
        said = [e.data.agent for e in events if isinstance(e.data, MessageWritten) and e.data.role == "assistant"]
        assert said == line.agents, where
    moved = [f"{e.data.kind} {e.data.state}" for e in events if isinstance(e.data, ActionMoved)]
    assert moved == line.actions, where
