"""The guest check over both ways of keeping tries: who gets in, who is stopped, and what a stranger can learn."""

from datetime import UTC, datetime, timedelta

import pytest
from anyio import create_task_group
from demo_app import contents
from sqlalchemy import func, select

from shopfloor.database.engine import Database
from shopfloor.identity.guest_check import MAX_TRIES, WINDOW, CheckResult, GuestCheck, Tries
from shopfloor.identity.rows import TryRow
from shopfloor.identity.tries import MemoryTries, SqlTries
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.ids import ConversationId, OrderNumber
from shopfloor.shop.contract import Orders
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.models import Order

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NUMBER, EMAIL = "126", "monique.duval@example.net"
"""A guest's order of the demo shop."""


class Counted:
    """The shop's orders, which count how often one was looked at: each look is one comparison."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self.looks = 0

    async def get_order(self, number: OrderNumber) -> Order | None:
        self.looks += 1
        return await self._orders.get_order(number)

    def __getattr__(self, name: str) -> object:
        return getattr(self._orders, name)


class Door:
    """A guest check on a clock that the test moves."""

    def __init__(self, tries: Tries) -> None:
        self.clock = FixedClock(NOW)
        self.orders = Counted(memory_shop(contents()).orders)
        self._check = GuestCheck(self.orders, tries, self.clock)  # type: ignore[arg-type]

    async def knock(self, number: str = NUMBER, email: str = EMAIL, conversation: str = "chat_1") -> CheckResult:
        return await self._check.check(ConversationId(conversation), OrderNumber(number), email)

    async def wrong(self, count: int, conversation: str = "chat_1", number: str = NUMBER) -> list[str]:
        return [(await self.knock(number, f"nobody{n}@example.com", conversation)).outcome for n in range(count)]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def tries(request: pytest.FixtureRequest, database: Database) -> Tries:
    return MemoryTries() if request.param == "memory" else SqlTries(database)


@pytest.fixture
def door(tries: Tries) -> Door:
    return Door(tries)


async def test_number_and_address_that_go_together_open_the_order(door: Door) -> None:
    assert await door.knock() == CheckResult(outcome="verified", tries_left=MAX_TRIES)


@pytest.mark.parametrize("email", [EMAIL.upper(), f"  {EMAIL}\n", EMAIL.title()])
async def test_case_and_blanks_of_an_address_do_not_matter(door: Door, email: str) -> None:
    assert (await door.knock(email=email)).outcome == "verified"


@pytest.mark.parametrize("email", ["", "@", EMAIL[:-1], f"{EMAIL}x", EMAIL.replace("@", "+1@"), "né@example.net"])
async def test_any_other_address_does_not(door: Door, email: str) -> None:
    assert (await door.knock(email=email)).outcome == "mismatch"


async def test_an_order_that_does_not_exist_is_answered_like_a_wrong_address(door: Door) -> None:
    known = [await door.knock(NUMBER, f"nobody{n}@example.com", "chat_1") for n in range(6)]
    unknown = [await door.knock("99999", f"somebody{n}@example.com", "chat_2") for n in range(6)]
    assert known == unknown


async def test_the_fifth_wrong_try_closes_the_check_and_each_tells_how_many_are_left(door: Door) -> None:
    results = [await door.knock(email=f"nobody{n}@example.com") for n in range(7)]
    assert [result.outcome for result in results] == ["mismatch"] * 4 + ["locked"] * 3
    assert [result.tries_left for result in results] == [4, 3, 2, 1, 0, 0, 0]


async def test_once_closed_the_right_address_opens_nothing_and_is_not_even_compared(door: Door) -> None:
    await door.wrong(MAX_TRIES)
    looks = door.orders.looks
    assert await door.knock() == CheckResult(outcome="locked", tries_left=0)
    assert door.orders.looks == looks == MAX_TRIES


async def test_five_wrong_tries_in_one_conversation_close_it_for_all_orders(door: Door) -> None:
    for number in ("126", "139", "148", "150", "99999"):
        await door.knock(number, f"nobody{number}@example.com")
    assert (await door.knock()).outcome == "locked"
    assert (await door.knock(conversation="chat_2")).outcome == "verified"


async def test_five_wrong_tries_against_one_order_close_it_for_all_conversations(door: Door) -> None:
    for n in range(MAX_TRIES):
        await door.knock(email=f"nobody{n}@example.com", conversation=f"chat_{n}")
    assert (await door.knock(conversation="chat_9")).outcome == "locked"
    assert (await door.knock("148", "gareth.price@example.com", "chat_9")).outcome == "verified"


async def test_five_wrong_tries_with_one_address_close_it_for_all_orders(door: Door) -> None:
    for n in range(MAX_TRIES):
        await door.knock(str(500 + n), EMAIL.upper(), f"chat_{n}")
    assert (await door.knock(conversation="chat_9")).outcome == "locked"


async def test_the_same_wrong_pair_counts_once(door: Door) -> None:
    results = [await door.knock(email="nobody@example.com") for _ in range(20)]
    assert {(result.outcome, result.tries_left) for result in results} == {("mismatch", MAX_TRIES - 1)}
    assert (await door.knock()).outcome == "verified"


async def test_a_right_try_takes_none_away_and_gives_none_back(door: Door) -> None:
    assert await door.wrong(4) == ["mismatch"] * 4
    for _ in range(20):
        assert await door.knock() == CheckResult(outcome="verified", tries_left=1)
    assert (await door.knock(email="nobody9@example.com")).outcome == "locked"


async def test_wrong_tries_are_forgotten_after_a_day(door: Door) -> None:
    await door.wrong(MAX_TRIES)
    door.clock.at += WINDOW - timedelta(seconds=1)
    assert (await door.knock()).outcome == "locked"
    door.clock.at += timedelta(seconds=1)
    assert await door.knock() == CheckResult(outcome="verified", tries_left=MAX_TRIES)


async def test_knocking_at_a_closed_door_does_not_keep_it_closed(door: Door) -> None:
    await door.wrong(MAX_TRIES)
    door.clock.at += WINDOW / 2
    assert (await door.knock()).outcome == "locked"
    door.clock.at += WINDOW / 2
    assert (await door.knock()).outcome == "verified"


async def test_of_fifty_guesses_at_once_no_more_than_five_are_compared(door: Door) -> None:
    outcomes: list[str] = []

    async def guess(number: int) -> None:
        outcomes.append((await door.knock(email=f"nobody{number}@example.com", conversation=f"chat_{number}")).outcome)

    async with create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(guess, number)
    assert door.orders.looks == MAX_TRIES
    assert sorted(outcomes) == ["locked"] * 46 + ["mismatch"] * 4


async def test_tries_are_kept_over_a_restart_and_over_processes(database: Database) -> None:
    await Door(SqlTries(database)).wrong(MAX_TRIES)
    assert (await Door(SqlTries(database)).knock()).outcome == "locked"


async def test_no_address_that_was_tried_is_kept(database: Database) -> None:
    await Door(SqlTries(database)).knock(email="Nobody@example.com")
    kept = await database.read(lambda session: list(session.scalars(select(TryRow.subject + TryRow.fingerprint))))
    assert len(kept) == 3
    assert "nobody" not in " ".join(kept).lower()


async def test_a_right_try_leaves_nothing_behind(database: Database) -> None:
    await Door(SqlTries(database)).knock()
    assert await database.read(lambda session: session.scalar(select(func.count()).select_from(TryRow))) == 0
