"""Finding an action by what a person types, and what the staff propose."""

from itertools import count
from typing import cast

import pytest
from actions.conftest import Kept
from actions.till import STREAM, Desk, Till
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, update

from shopfloor.actions.desk import MAX_ID, StaffDesk
from shopfloor.actions.desk import STREAM as STAFF_STREAM
from shopfloor.actions.finding import find_action, steps_of
from shopfloor.actions.naming import action_id
from shopfloor.actions.rows import ActionRow
from shopfloor.database.engine import Database
from shopfloor.identity.identity import Staff
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused
from shopfloor.kernel.ids import SeededIds
from shopfloor.kernel.money import Money

pytestmark = pytest.mark.anyio
GRACE, ALAN = Staff(name="Grace"), Staff(name="Alan")


def staffed(kept: Kept | None = None) -> tuple[Desk, StaffDesk]:
    till = Till()
    desk = Desk(till.kind(confirmation="none"), till=till, limit=Money("USD", 500), kept=kept)
    return desk, StaffDesk(desk.gate, desk.actions, desk.journal, SeededIds())


def namesakes() -> tuple[str, str]:
    """Return two keys whose ids begin alike."""
    known: dict[str, str] = {}
    for number in count():
        start = action_id(f"k{number}")[:8]
        if start in known:
            return known[start], f"k{number}"
        known[start] = f"k{number}"
    raise AssertionError


async def test_an_action_is_found_by_key_by_id_and_by_an_ids_beginning(kept: Kept) -> None:
    desk, _ = staffed(kept)
    one, other = namesakes()
    for key, order in ((one, "1"), (other, "2")):
        await desk.submit({"order": order}, key=key)
    name = action_id(one)
    shared = len([1 for a, b in zip(name, action_id(other), strict=True) if a == b])
    for typed in (one, name, name[4:], name.upper(), f" {name[4:14]}"):
        assert (await find_action(desk.actions, typed)).key == one, shared
    with pytest.raises(InvalidInput, match=f"(?s)several ids.*{name}  pay, executed, order:1"):
        await find_action(desk.actions, name[:8])
    for typed in ("", "act_", "zzzz", name[:7], f"{name}0", f"{one} "):
        with pytest.raises(NotFound, match="there is no action"):
            await find_action(desk.actions, typed)


async def test_an_action_that_stands_under_anothers_id_is_not_found_by_it(on_sql: Kept, database: Database) -> None:
    desk, _ = staffed(on_sql)
    await desk.submit({"order": "1"}, key="small")
    await desk.submit({"order": "2", "minor": 900}, key="big")
    table = cast("Table", ActionRow.__table__)
    changing = update(table).where(table.c.key == "small").values(id="act_zzzzzzzzzzzz")
    exchanging = update(table).where(table.c.key == "big").values(id=action_id("small"))
    for statement in (changing, exchanging):
        await database.write_core(lambda connection, said=statement: connection.execute(said))
    for typed in (action_id("small"), action_id("small")[:9], "act_zzzzzzzzzzzz", action_id("big")):
        with pytest.raises(NotFound):
            await find_action(desk.actions, typed)
    assert (await find_action(desk.actions, "big")).key == "big"


async def test_the_steps_of_an_action_are_its_own(kept: Kept) -> None:
    desk, _ = staffed(kept)
    await desk.submit(key="a")
    await desk.submit({"order": "2", "minor": 900}, key="b")
    await desk.approvals.approve("b", GRACE)
    steps = await steps_of(desk.journal, await desk.get("b"))
    assert [event.data.state for event in steps] == ["needs_approval", "approved", "confirmed", "executed"]
    assert len(await desk.journal.read(STREAM)) == 6


async def test_staff_act_for_the_shop_without_being_asked_and_under_their_name(kept: Kept) -> None:
    desk, staff = staffed(kept)
    record = await staff.propose("pay", {"order": "77", "minor": 900}, GRACE)
    assert (record.state, record.staff, record.agent, record.stream) == ("executed", "Grace", "staff", STAFF_STREAM)
    assert (record.is_for_shop, record.customer_id, record.turn_id) == (True, None, None)
    assert desk.till.paid == {record.key: 900}
    with pytest.raises(Conflict, match="it is executed"):
        await desk.approvals.approve(record.key, ALAN)


async def test_the_same_id_is_the_same_action_whoever_proposes_it(kept: Kept) -> None:
    desk, staff = staffed(kept)
    first = await staff.propose("pay", {"order": "1"}, GRACE, given="x")
    assert await staff.propose("pay", {"order": "1"}, ALAN, given="x") == first
    with pytest.raises(Conflict, match="use a new key"):
        await staff.propose("pay", {"order": "2"}, GRACE, given="x")
    assert desk.till.paid == {"staff/x": 500}
    free = [await staff.propose("pay", {"order": "1"}, GRACE) for _ in range(2)]
    assert len({record.key for record in (first, *free)}) == 3


async def test_what_a_rule_forbids_staff_is_recorded_and_may_be_tried_again() -> None:
    desk, staff = staffed()
    desk.till.shut = Refused("order.shipped", "It has left.")
    refused = await staff.propose("pay", {"order": "1"}, GRACE, given="x")
    assert (refused.state, refused.rule, desk.till.paid) == ("refused", "order.shipped", {})
    desk.till.shut = None
    assert (await staff.propose("pay", {"order": "1"}, GRACE, given="x")).state == "executed"


@given(given_id=st.text(max_size=5) | st.text(min_size=MAX_ID, max_size=MAX_ID + 2))
async def test_an_id_is_a_line_that_a_header_can_carry(given_id: str) -> None:
    _, staff = staffed()
    try:
        record = await staff.propose("pay", {"order": "1"}, GRACE, given=given_id)
    except InvalidInput:
        assert (
            not given_id.strip()
            or not given_id.isascii()
            or not given_id.isprintable()
            or given_id[:1] == " "
            or (given_id[-1:] == " " or len(given_id) > MAX_ID)
        )
    else:
        assert record.key == f"staff/{given_id}"
