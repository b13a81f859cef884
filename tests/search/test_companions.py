"""What may be suggested beside a thing: it fits in size, colour and price, and who wears it."""

from dataclasses import replace

import pytest

from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.search.companions import Companion, Item, Wanted, companions, wearers
from shopfloor.search.harmony import CLASH, NEUTRAL_ONE, PAIR, SAME, harmony
from shopfloor.shop.models import Gender, Product, Variant


def variant(name: str, colour: str | None = "black", size: str | None = None, stock: int = 5) -> Variant:
    sku = Sku(f"{name}-{colour}-{size}")
    return Variant(sku=sku, colour=colour, size=size, price=Money("USD", 1_000), stock=stock)


def product(name: str, *variants: Variant, kind: tuple[str, ...] = ("Clothing", "Socks"), gender: Gender | None = None):
    return Product(
        id=ProductId(name),
        title=name,
        brand="Harbour",
        category=kind,
        gender=gender,
        description="A thing.",
        best_for="Good for all",
        variants=variants or (variant(name),),
    )


SHOE = product("shoe", variant("shoe", "red", "9"), kind=("Shoes", "Sneakers"), gender="men")
WANTED = Wanted(beside=Item(product=SHOE, variant=SHOE.variants[0]), basket=(), price_max=Money("USD", 9_000))


def found(*products: Product, wanted: Wanted = WANTED) -> list[str]:
    return [each.variant.sku for each in companions(products, wanted)]


def one(each: Product, wanted: Wanted = WANTED) -> Companion:
    (companion,) = companions([each], wanted)
    return companion


@pytest.mark.parametrize(
    ("gender", "fits"), [("men", True), ("unisex", True), (None, True), ("women", False), ("kids", False)]
)
def test_it_is_made_for_who_wears_the_other(gender: Gender | None, fits: bool) -> None:
    assert bool(found(product("sock", gender=gender))) == fits


def test_beside_what_is_for_everybody_the_rest_of_the_basket_tells_for_whom_it_is() -> None:
    hat = Item(product=product("hat", gender="unisex"), variant=variant("hat"))
    dress = Item(product=product("dress", gender="women"), variant=variant("dress"))
    wanted = replace(WANTED, beside=hat, basket=(dress,))
    assert found(product("a", gender="women"), product("b", gender="men"), wanted=wanted) == ["a-black-None"]
    assert wearers([hat, dress, Item(product=SHOE, variant=SHOE.variants[0])]) == {"unisex", None}


def test_what_is_sold_out_in_the_cart_or_too_dear_is_not_suggested() -> None:
    sold_out = product("sold out", variant("sold out", stock=0))
    assert found(sold_out, SHOE) == []
    basket = (Item(product=product("sock"), variant=variant("sock")),)
    assert found(product("sock"), wanted=replace(WANTED, basket=basket)) == []
    assert found(product("sock"), wanted=replace(WANTED, price_max=Money("USD", 999))) == []
    assert found(product("sock"), wanted=replace(WANTED, price_max=Money("EUR", 9_000))) == []


def test_the_size_is_that_of_what_it_goes_with_where_both_are_sized_alike() -> None:
    shirt = product("shirt", variant("shirt", "red", "M"), kind=("Clothing", "Shirts"))
    beside = replace(WANTED, beside=Item(product=shirt, variant=shirt.variants[0]))
    jeans = product("jeans", variant("jeans", "blue", "S"), variant("jeans", "blue", "M"))
    assert (one(jeans, beside).variant.size, one(jeans, beside).has_size) == ("M", True)
    assert (
        found(product("jeans", variant("jeans", "blue", "M", stock=0), variant("jeans", "blue", "S")), wanted=beside)
        == []
    )
    assert not one(jeans).has_size  # a shoe's 9 says nothing about trousers


def test_the_colour_that_goes_best_is_chosen_and_a_clash_is_left_out() -> None:
    socks = product("sock", variant("sock", "green"), variant("sock", "white"), variant("sock", "ruby"))
    assert one(socks).variant.colour == "ruby"
    assert found(product("sock", variant("sock", "green"))) == []
    asked = replace(WANTED, colours=frozenset({"green"}))
    assert one(socks, asked).variant.colour == "green"


@pytest.mark.parametrize(
    ("first", "second", "degree"),
    [
        ("crimson", "ruby", SAME),
        ("black", "lime", NEUTRAL_ONE),
        (None, "lime", NEUTRAL_ONE),
        ("navy", "orange", PAIR),
        ("red", "green", CLASH),
    ],
)
def test_colours_go_together_by_rule_of_thumb(first: str | None, second: str, degree: float) -> None:
    assert harmony(first, [second]) == harmony(second, [first]) == degree


def test_among_several_colours_the_worst_pair_decides() -> None:
    assert harmony("green", ["black", "red"]) == CLASH
    assert harmony("green", []) == NEUTRAL_ONE
