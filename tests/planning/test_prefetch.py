"""Which reads are made ahead: those that a skill begins with, as far as their arguments are known."""

from planning.demo_planner import CARDS

from shopfloor.agents.registry import parse_card
from shopfloor.planning.plan import Prefetch
from shopfloor.planning.prefetch import first_reads
from shopfloor.tools.contract import NoArgs, Tool, ToolArgs, ToolContext, ToolResult


class Numbered(ToolArgs):
    order_number: str


class Asked(ToolArgs):
    query: str
    refines: str = ""


async def nothing(_args: ToolArgs, _context: ToolContext) -> ToolResult:
    return ToolResult(output={"outcome": "found"})


TOOLS: dict[str, Tool] = {
    "list_orders": Tool(name="list_orders", description="", args=NoArgs, run=nothing),
    "get_order": Tool(name="get_order", description="", args=Numbered, run=nothing),
    "verify_guest": Tool(name="verify_guest", description="", args=Numbered, run=nothing, is_read=False),
    "search_products": Tool(name="search_products", description="", args=Asked, run=nothing),
}


def reads(agent: str, skill_id: str, **slots: object) -> list[Prefetch]:
    card = next(card for card in CARDS if card.id == agent)
    skill = card.skill(skill_id)
    assert skill is not None
    is_signed_in = slots.pop("is_signed_in", True)
    scope = {"customer": {"is_signed_in": is_signed_in}, "request": "what was asked", "is_resumed": False, **slots}
    return list(first_reads(card, skill, scope, TOOLS))


def test_a_named_order_is_read_ahead() -> None:
    assert reads("order_management", "track_order", order_number="123") == [
        Prefetch(tool="get_order", args={"order_number": "123"})
    ]


def test_without_a_number_a_customers_orders_are_listed_ahead() -> None:
    assert [call.tool for call in reads("order_management", "track_order")] == ["list_orders"]


def test_a_guest_without_a_number_has_nothing_to_read() -> None:
    assert reads("order_management", "track_order", is_signed_in=False) == []


def test_a_search_is_made_ahead_with_the_arguments_that_are_known() -> None:
    assert reads("product_expert", "find_products", wish="red socks") == [
        Prefetch(tool="search_products", args={"query": "red socks"})
    ]


def test_nothing_is_read_behind_a_question() -> None:
    assert reads("product_expert", "find_products") == []


def test_nothing_is_read_behind_a_write() -> None:
    card = parse_card(
        """
        id: tester
        name: Tester
        half: conversation
        description: Tests.
        instructions: Test.
        tools: [verify_guest, get_order]
        slots: {order_number: {type: order_number}}
        skills:
          - id: look
            name: Look
            description: Looks.
            status: Looking...
            takes: [order_number]
            steps:
              - call: verify_guest
                with: {order_number: order_number}
                as: check
              - call: get_order
                with: {order_number: order_number}
                as: order
        """,
        "a test",
    )
    scope = {"order_number": "123", "customer": {"is_signed_in": True}, "request": "", "is_resumed": False}
    assert first_reads(card, card.skills[0], scope, TOOLS) == ()
