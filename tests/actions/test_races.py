"""Two conversations and a person of the staff race for one order, in two installations on one database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from anyio import create_task_group, fail_after, to_thread

from shopfloor.actions.proposal import Consent, Origin, Proposal, Verdict
from shopfloor.actions.store import ActionFilter
from shopfloor.app import App, open_app
from shopfloor.config import Config
from shopfloor.identity.identity import Identity, Principal, Staff
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.ids import AgentId, OrderNumber, StreamId, TurnId
from shopfloor.shop.demo import demo_contents
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Address, Order
from shopfloor.shop.rules import is_changeable

pytestmark = pytest.mark.anyio

RACERS = 100
LONGEST_S = 30.0
REASON = "ordered by mistake"
CLERK = Origin(
    agent=AgentId("order_management"), agent_name="OrderManagementAgent", turn_id=TurnId("turn_1"), task_id="t1"
)


@dataclass(frozen=True, kw_only=True)
class Racer:
    """Who wants what, where."""

    app: App
    principal: Principal
    stream: StreamId
    key: str
    kind: str
    args: dict[str, object]

    async def run(self) -> Verdict:
        """Ask, say yes where that is asked for, and return what came of it; nobody waits too long for an answer."""

        async def record(event: ActionMoved) -> None:
            await self.app.journal.append(self.stream, [event])

        proposal = Proposal(
            kind=self.kind,
            args=self.args,
            identity=self.principal,
            key=self.key,
            origin=CLERK,  # type: ignore[arg-type]
        )
        with fail_after(LONGEST_S):
            verdict = await self.app.gate.submit(proposal, record)
        if verdict.state != "needs_yes":
            return verdict
        yes = Consent(digest=verdict.digest, asked_at=self.app.clock.now())
        with fail_after(LONGEST_S):
            return await self.app.gate.submit(replace(proposal, consent=yes), record)


def racers(apps: Sequence[App], order: Order, seed: int) -> list[Racer]:
    chance = Random(seed)
    owner = Identity(customer_id=order.customer_id)
    guest = Identity(order_numbers=frozenset({order.number}))
    who: list[tuple[Principal, str]] = [(owner, "chat_1"), (guest, "chat_2"), (Staff(name="Grace"), "staff")]
    made: list[Racer] = []
    for number in range(RACERS):
        principal, stream = chance.choice(who)
        address = {**_address(order), "line1": f"{number} Race Street"}
        kind = chance.choice(["change_shipping_address"] * 60 + ["cancel_order"])
        args = {
            "order_number": order.number,
            **(address if kind != "cancel_order" else {"reason": "ordered by mistake"}),
        }
        made.append(
            Racer(
                app=chance.choice(apps),
                principal=principal,
                stream=StreamId(f"conversation/{stream}"),
                key=f"{stream}/{number}",
                kind=kind,
                args={"order_number": order.number, **args},
            )
        )
    return made


def _address(order: Order) -> dict[str, str]:
    there = order.shipping_address
    return {name: getattr(there, name) for name in Address.__dataclass_fields__}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_hundred_at_once_leave_what_they_would_have_one_after_the_other(tmp_path: Path, seed: int) -> None:
    config = Config(data=tmp_path)
    async with open_app(config) as here, open_app(config) as there:
        order = await _changeable(here)
        verdicts: dict[str, Verdict] = {}

        async def race(racer: Racer) -> None:
            verdicts[racer.key] = await racer.run()

        ran = racers([here, there], order, seed)
        with fail_after(120):
            async with create_task_group() as tasks:
                for racer in ran:
                    tasks.start_soon(race, racer)
        done = await here.actions.find(ActionFilter(states=frozenset({"executed"})), limit=2 * RACERS)
        assert {record.key for record in done} == {key for key, one in verdicts.items() if one.state == "executed"}
        assert {one.state for one in verdicts.values()} <= {"executed", "refused", "needs_approval"}
        in_order = sorted(done, key=lambda record: (record.executed_at, record.key))
        contents = await to_thread.run_sync(demo_contents, here.clock.now())
        twin = memory_shop(replace(contents, orders=(order,)))
        for record in in_order:
            if record.kind == "cancel_order":
                await twin.orders.cancel_order(
                    order.number, reason="ordered by mistake", at=order.placed_at, key=record.key
                )
            else:
                there_to = {name: str(value) for name, value in record.args.items() if name != "order_number"}
                await twin.orders.change_shipping_address(order.number, Address(**there_to), key=record.key)
        left, expected = await here.shop.orders.get_order(order.number), await twin.orders.get_order(order.number)
        assert left
        assert expected
        assert (left.state, left.shipping_address) == (expected.state, expected.shipping_address)
        assert len(left.refunds) == len(expected.refunds)
        for stream in ("chat_1", "chat_2", "staff"):
            await here.journal.verify(StreamId(f"conversation/{stream}"))


async def _changeable(app: App) -> Order:
    numbers = [OrderNumber(str(number)) for number in range(100, 200)]
    for number in numbers:
        order = await app.shop.orders.get_order(number)
        if order and order.customer_id and is_changeable(order) and order.total.minor < 50_000:
            return order
    raise AssertionError("the demo shop has no order that can be changed")
