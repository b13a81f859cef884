"""The cards that come with the product: they parse, and call only what exists, as it wants to be called."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import get_args

import pytest
from tools.visit import named

from shopfloor.agents.card import AgentCard
from shopfloor.agents.playbook import Call, HandOff, Propose
from shopfloor.agents.registry import shipped_cards
from shopfloor.agents.templates import render
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.language.languages import Language
from shopfloor.search.contract import ProductHit
from shopfloor.shop.models import Product, Variant
from shopfloor.tools.contract import Toolset
from shopfloor.tools.retail.views import hit_view, product_view, variant_view

pytestmark = pytest.mark.anyio

CARDS = {card.id: card for card in shipped_cards()}
UNTIDY = re.compile(r"[:,;(] *[.)]| [.,;]|\S  \S|\b(by|von|de) +(costs|kostet|cuesta|coûte)")
"""A sentence with a gap in it, where something is not known."""


def calls(card: AgentCard) -> Iterator[Call | Propose]:
    for skill in card.skills:
        for step in card.flat(skill.steps):
            if isinstance(step, Call | Propose):
                yield step


def test_the_product_comes_with_its_specialists() -> None:
    assert set(CARDS) >= {
        "general_support",
        "human_transfer",
        "order_management",
        "product_expert",
        "return_management",
    }


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_a_card_permits_and_calls_only_tools_that_exist(card: AgentCard, demo_tools: Toolset) -> None:
    known = named(demo_tools)
    assert set(card.tools) <= set(known)
    assert {step.call if isinstance(step, Call) else step.propose for step in calls(card)} <= set(card.tools)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_a_card_calls_tools_with_arguments_that_they_take(card: AgentCard, demo_tools: Toolset) -> None:
    known = named(demo_tools)
    for step in calls(card):
        fields = known[step.call if isinstance(step, Call) else step.propose].args.model_fields
        required = {name for name, field in fields.items() if field.is_required()}
        assert required <= set(step.args) <= set(fields), step


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_a_card_proposes_what_writes_and_calls_what_does_not(card: AgentCard, demo_tools: Toolset) -> None:
    known = named(demo_tools)
    for step in calls(card):
        if isinstance(step, Propose):
            assert not known[step.propose].is_read
        else:
            assert known[step.call].is_read or step.call == "verify_guest"


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_card_hands_off_only_to_skills_that_exist(card: AgentCard) -> None:
    assert set(card.handoffs) <= set(CARDS)
    for skill in card.skills:
        for step in card.flat(skill.steps):
            if isinstance(step, HandOff):
                assert CARDS[step.hand_off].skill(step.skill or ""), step  # type: ignore[index]


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_slot_that_is_asked_for_has_a_question(card: AgentCard) -> None:
    asked = {s.ask for skill in card.skills for s in card.flat(skill.steps) if getattr(s, "ask", None)}
    assert asked
    assert [name for name in asked if not card.slots[name].question] == []


def test_no_request_is_an_example_of_two_skills() -> None:
    every = [example.lower() for card in CARDS.values() for skill in card.skills for example in skill.examples]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("card", ["product_expert", "product_upsell"])
def test_a_product_of_which_little_is_known_is_told_of_in_whole_sentences(card: str, language: Language) -> None:
    variant = Variant(sku=Sku("COAT"), price=Money("EUR", 99_00), stock=1)
    bare = Product(
        id=ProductId("COAT"), title="Coat", brand="", category=(), description="", best_for="", variants=(variant,)
    )
    product, hit = product_view(bare), hit_view(ProductHit(product=bare, sku=variant.sku, score=1.0, reasons=()))
    other = [variant_view(variant)]
    scope = {
        "now": datetime(2026, 11, 21, tzinfo=UTC), "size": None, "colour": None,
        "found": {"relaxed": [], "products": [hit, hit], "total": 2, "asks": None},
        "read": {"product": product, "outcome": "not_said", "said": ["Warm."], "topic": "size"},
        "side": {"products": [product | {"said": []}] * 2},
        "stock": {"product": product, "outcome": "not_made", "variants": [], "others": other},
        "chosen": {"product": product, "outcome": "not_made", "variants": other},
        "fitting": {"beside": "Hat", "products": [hit], "kind": None, "outcome": "found"},
    }  # fmt: skip
    is_of = re.compile(r"in (found|side|fitting)\.products|set p =|I have it")
    texts = [text for text in CARDS[card].texts() if is_of.search(text)]
    assert len(texts) >= 4
    for text in texts:
        told, of = CARDS[card].text(text, language)
        written = render(told, scope, language=of)
        assert not UNTIDY.search(written), written
