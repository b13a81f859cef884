"""What a shop holds of persons besides orders: given out whole, erased for good, and never another's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from anyio import to_thread

from shopfloor.database.engine import Database
from shopfloor.kernel.ids import ConversationId, CustomerId, Sku
from shopfloor.kernel.persons import Person
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Lead, Ticket
from shopfloor.shop.sql import sql_shop

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
ADA, BEN = CustomerId("c-ada"), CustomerId("c-ben")
THE_CUSTOMER = Person(customer_id=ADA, email="Ada@Example.com")
THE_GUEST = Person(customer_id=None, email="ada@example.com ")
LEAD = Lead(
    id="l1",
    kind="back_in_stock",
    email="ada@example.com",
    sku=Sku("HOODIE"),
    consent_at=NOW,
    consent_words="Shall I write to ada@example.com?",
    conversation_id=ConversationId("conv_1"),
)
TICKET = Ticket(
    id="t1",
    conversation_id="conv_1",
    customer_id=None,
    email="ada@example.com",
    subject="Charged twice",
    summary="I am Ada Finch and was charged twice.",
    state="closed",
    created_at=NOW,
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, database: Database) -> Shop:
    return memory_shop(ShopContents()) if request.param == "memory" else sql_shop(database)


async def fill(shop: Shop) -> None:
    """Keep leads and tickets of Ada, of Ada as a guest, and of others."""
    for one in (
        LEAD,
        replace(LEAD, id="l2", customer_id=ADA, email="ada.at.work@example.com", consent_at=NOW + timedelta(hours=1)),
        replace(LEAD, id="l3", sku=Sku("SOCKS"), customer_id=BEN),
        replace(LEAD, id="l4", email="zoe@example.com"),
    ):
        await shop.leads.add_lead(one, key=one.id)
    for one in (
        TICKET,
        replace(TICKET, id="t2", customer_id=ADA, state="open"),
        replace(TICKET, id="t3", customer_id=BEN),
        replace(TICKET, id="t4", email="zoe@example.com"),
    ):
        await shop.tickets.open_ticket(one, key=one.id)


async def ids(shop: Shop, person: Person) -> list[str]:
    held = await shop.records.held(person)
    return [*(lead.id for lead in held.leads), *(ticket.id for ticket in held.tickets)]


async def test_a_customers_records_are_those_that_name_them_or_only_their_address(shop: Shop) -> None:
    await fill(shop)
    await shop.leads.settle_lead("l1", at=NOW, key="settled")
    assert await ids(shop, THE_CUSTOMER) == ["l1", "l2", "t1", "t2"]
    assert await ids(shop, THE_GUEST) == ["l1", "t1"]
    assert await ids(shop, Person(customer_id=CustomerId("c-gone"), email=None)) == []
    assert await ids(shop, Person(customer_id=None, email="")) == []
    held = await shop.records.held(THE_GUEST)
    assert held.leads == [replace(LEAD, settled_at=NOW)]
    assert held.tickets == [TICKET]


async def test_what_is_erased_is_gone_and_what_is_open_or_anothers_stays(shop: Shop) -> None:
    await fill(shop)
    erased = await shop.records.erase(THE_CUSTOMER)
    assert (erased.leads, erased.tickets, erased.open_tickets) == (2, 1, ("t2",))
    assert await ids(shop, THE_CUSTOMER) == ["t2"]
    assert [lead.id for lead in await shop.leads.list_leads("back_in_stock")] == ["l4", "l3"]
    tickets = {ticket.id: ticket for ticket in await shop.tickets.list_tickets()}
    assert tickets["t1"] == replace(TICKET, email="", subject="", summary="")
    assert tickets["t2"].summary == tickets["t3"].summary == tickets["t4"].summary == TICKET.summary


async def test_erasing_twice_is_erasing_once(shop: Shop) -> None:
    await fill(shop)
    await shop.records.erase(THE_CUSTOMER)
    again = await shop.records.erase(THE_CUSTOMER)
    assert (again.leads, again.tickets, again.open_tickets) == (0, 0, ("t2",))


async def test_the_writes_that_made_them_hold_nothing_of_the_person_any_more(shop: Shop) -> None:
    await fill(shop)
    await shop.leads.settle_lead("l1", at=NOW, key="settled")
    await shop.records.erase(THE_GUEST)
    for key in ("l1", "t1", "settled"):
        effect = await shop.effects.find_effect(key)
        assert effect, "its key stays used"
        assert "ada" not in str(effect.result).lower()
    for key in ("l2", "l3", "l4", "t2", "t3", "t4"):
        effect = await shop.effects.find_effect(key)
        assert effect
        assert "@example.com" in str(effect.result)


async def test_what_was_removed_before_is_erased_from_the_writes_too(shop: Shop) -> None:
    await shop.leads.add_lead(LEAD, key="a")
    await shop.leads.remove_leads(["back_in_stock"], LEAD.email, customer_id=None, at=NOW, key="b")
    assert (await shop.records.erase(THE_GUEST)).leads == 0
    effect = await shop.effects.find_effect("a")
    assert effect
    assert "ada" not in str(effect.result).lower()


async def test_erased_records_are_gone_from_the_disk(database: Database, tmp_path: Path) -> None:
    shop = sql_shop(database)
    await fill(shop)
    await shop.records.erase(THE_CUSTOMER)
    held = await to_thread.run_sync(lambda: b"".join(file.read_bytes() for file in tmp_path.glob("shop.db*")))
    assert b"I am Ada Finch" in held, "an open ticket stays"
    assert b"ada.at.work" not in held
