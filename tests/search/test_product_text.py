"""Questions about a product, answered with sentences of its own text."""

import pytest
from demo_app import contents

from shopfloor.search.product_text import answer_from
from shopfloor.shop.models import Product


def product(title: str) -> Product:
    return next(product for product in contents().products if product.title == title)


@pytest.mark.parametrize(
    ("title", "question", "said"),
    [
        ("Saltwind Breathable Tee W", "does it run small?", "True to size, relaxed around the hips."),
        ("Boatneck Breton Top", "should I size up", "Runs slightly boxy, so size down for a neat fit."),
        ("Harbour Heavyweight Hoodie", "how do I wash it", "Care: Machine wash cold inside out, tumble dry low."),
        ("Harbour Heavyweight Hoodie", "what is it made of", "Material: Cotton 80%, recycled polyester 20%."),
        ("Commons Organic Hoodie", "is it vegan", "It is marked as vegan."),
        ("Nightshift Zip Hoodie", "does it have pockets", "a hidden phone pocket inside"),
    ],
)
def test_a_question_is_answered_with_what_the_text_says(title: str, question: str, said: str) -> None:
    answer = answer_from(product(title), question)
    assert answer.kind == "answered"
    assert said in " ".join(answer.said)


def test_what_the_text_does_not_say_is_not_said() -> None:
    assert answer_from(product("Saltwind Breathable Tee W"), "is it waterproof?").kind == "not_said"


@pytest.mark.parametrize("question", ["tell me more about it", "how much is it", "what do the reviews say", "", "it?"])
def test_a_question_about_the_product_as_such_takes_all_of_its_text(question: str) -> None:
    assert answer_from(product("Saltwind Breathable Tee W"), question).kind == "whole"


def test_the_products_own_name_asks_for_nothing() -> None:
    assert (
        answer_from(product("Saltwind Breathable Tee W"), "tell me about the Saltwind Breathable Tee W").kind == "whole"
    )


def test_every_answer_stands_word_for_word_in_the_products_page() -> None:
    for each in contents().products:
        page = " ".join((each.description, f"Material: {each.material}.", f"Care: {each.care}.", *each.tags))
        for question in ("does it run small", "how do I wash it", "what is it made of", "is it warm"):
            for said in answer_from(each, question).said:
                bare = said.removeprefix("It is marked as ").rstrip(".") if said.startswith("It is marked") else said
                assert all(part in page for part in bare.split(", ")), (each.title, said)
