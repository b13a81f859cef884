"""What holds for every tool of the shop."""

import json
from pathlib import Path
from typing import cast

import pytest
from demo_app import contents
from pydantic import JsonValue
from tools.held import matches
from tools.visit import Visit, maya

from shopfloor.kernel.errors import InvalidInput
from shopfloor.tools.contract import Toolset

pytestmark = pytest.mark.anyio

SNAPSHOT = Path(__file__).parent / "snapshots" / "schemas.json"
FITTING: dict[str, dict[str, JsonValue]] = {
    "list_orders": {},
    "get_order": {"order_number": "141"},
    "verify_guest": {"order_number": "126", "email": "monique.duval@example.net"},
    "complete_address": {"order_number": "141", "line1": "5 Pine Street"},
    "show_account": {},
    "find_item_change": {"order_number": "141", "request": "in yellow, please"},
    "find_way_to_pay": {"order_number": "141", "request": "by PayPal, please"},
    "search_products": {"query": "red sneakers"},
    "get_product": {"product_id": "p-001"},
    "ask_product": {"product_id": "p-001", "question": "does it run small"},
    "check_availability": {"product_id": "p-001"},
    "compare_products": {"product_ids": ["p-001", "p-002"]},
    "list_promotions": {},
    "choose_variant": {"product_id": "p-001", "size": "9"},
    "get_cart": {},
    "find_in_cart": {"words": "the socks"},
    "suggest_products": {},
    "decline_suggestions": {},
    "find_restock": {},
    "get_variant": {"sku": "P115-BLACK-XL"},
    "check_email": {"email": "a@example.com"},
    "my_sign_ups": {},
    "search_knowledge": {"question": "how do returns work"},
    "read_full_document": {"document_id": "returns"},
    "returnable_orders": {"request": "the boots do not fit"},
    "check_return": {"order_number": "118", "request": "the scarf", "reason": "changed_mind"},
    "show_profile": {},
    "read_preferences": {"text": "I wear size 9"},
    "find_remembered": {"text": "my shoe size"},
    "list_requests": {},
    "get_request": {"action_key": "conv_1/turn_1/t1/5/cancel_order", "state": "executed"},
    "cancel_order": {"order_number": "141", "reason": "a test"},
    "change_shipping_address": {
        "order_number": "141",
        "name": "Maya",
        "line1": "5 Pine Street",
        "city": "Portland",
        "postal_code": "04101",
        "country": "US",
    },
    "change_payment_method": {"order_number": "141", "method_id": "pm-001-2"},
    "change_order_items": {
        "order_number": "141",
        "changes": [{"sku": "P001-RED-9", "new_sku": "P001-RED-10", "quantity": 1}],
        "method_id": "pm-001-2",
    },
    "request_return": {
        "order_number": "118",
        "kind": "refund",
        "reason": "faulty",
        "pieces": [{"sku": "P265-CHARCOAL", "quantity": 1}],
    },
    "withdraw_return": {"order_number": "118", "return_id": "R118-1"},
    "open_ticket": {"email": "a@example.com", "subject": "Help", "summary": "Help me."},
    "set_cart_line": {"cart_id": "cart-01", "sku": "P115-BLACK-S", "quantity": 1},
    "empty_cart": {"cart_id": "cart-01"},
    "subscribe_back_in_stock": {"sku": "P115-BLACK-XL", "email": "a@example.com"},
    "subscribe_newsletter": {"email": "a@example.com"},
    "unsubscribe": {"email": "a@example.com", "what": "newsletter"},
    "change_default_address": {
        "name": "Maya",
        "line1": "5 Pine Street",
        "city": "Portland",
        "postal_code": "04101",
        "country": "US",
    },
    "remember": {"entries": [{"key": "size.shoes", "value": "9"}]},
    "forget": {"entries": [{"key": "size.shoes", "value": "9"}]},
    "erase_profile": {},
}
"""Arguments that each tool takes."""
WHO = ("customer_id", "identity", "customer", "user_id", "order_numbers", "is_signed_in", "key", "consent")


async def test_the_shop_has_just_these_tools(demo_tools: Toolset) -> None:
    assert [tool.name for tool in demo_tools.tools()] == list(FITTING)


@pytest.mark.parametrize("name", FITTING)
async def test_a_tool_takes_the_arguments_it_describes(demo_tools: Toolset, name: str) -> None:
    tool = next(tool for tool in demo_tools.tools() if tool.name == name)
    tool.parse(FITTING[name])
    assert set(FITTING[name]) <= set(cast("dict[str, JsonValue]", tool.spec().parameters.get("properties", {})))


@pytest.mark.parametrize("smuggled", WHO)
@pytest.mark.parametrize("name", FITTING)
async def test_who_the_customer_is_cannot_be_passed_as_an_argument(
    demo_tools: Toolset, name: str, smuggled: str
) -> None:
    with pytest.raises(InvalidInput, match=smuggled):
        await demo_tools.call(name, {**FITTING[name], smuggled: "c-002"}, Visit(maya()).context())


@pytest.mark.parametrize("name", [name for name, args in FITTING.items() if args])
async def test_every_required_argument_is_named_where_it_is_missing(demo_tools: Toolset, name: str) -> None:
    tool = next(tool for tool in demo_tools.tools() if tool.name == name)
    required = cast("list[str]", tool.spec().parameters["required"])
    with pytest.raises(InvalidInput) as refused:
        await demo_tools.call(name, {}, Visit(maya()).context())
    assert [argument for argument in required if f"{argument}: Field required" not in str(refused.value)] == []


async def test_no_tool_tells_what_a_thing_costs_the_shop(demo_tools: Toolset) -> None:
    assert all(variant.cost for product in contents().products for variant in product.variants)
    told = 0
    for tool in demo_tools.tools():
        if tool.is_read:
            result = await demo_tools.call(tool.name, FITTING[tool.name], Visit(maya()).context())
            told += '"price":' in json.dumps(result.output)
            assert '"cost":' not in json.dumps(result.output), tool.name
            assert '"margin' not in json.dumps(result.output), tool.name
    assert told >= 8


async def test_no_schema_asks_a_model_who_the_customer_is_and_none_is_open(demo_tools: Toolset) -> None:
    for tool in demo_tools.tools():
        schema = tool.spec().parameters
        assert not set(WHO) & set(cast("dict[str, JsonValue]", schema.get("properties", {}))), tool.name
        assert schema["additionalProperties"] is False, tool.name


async def test_only_the_guest_check_and_proposals_are_more_than_a_look(demo_tools: Toolset) -> None:
    assert [tool.name for tool in demo_tools.tools() if not tool.is_read] == [
        "verify_guest",
        "cancel_order",
        "change_shipping_address",
        "change_payment_method",
        "change_order_items",
        "request_return",
        "withdraw_return",
        "open_ticket",
        "set_cart_line",
        "empty_cart",
        "subscribe_back_in_stock",
        "subscribe_newsletter",
        "unsubscribe",
        "change_default_address",
        "remember",
        "forget",
        "erase_profile",
    ]


async def test_the_tools_look_to_a_model_as_they_did(demo_tools: Toolset) -> None:
    specs = {
        tool.name: {"description": tool.description, "parameters": tool.spec().parameters}
        for tool in demo_tools.tools()
    }
    assert matches(SNAPSHOT, json.dumps(specs, indent=2, ensure_ascii=False) + "\n")
