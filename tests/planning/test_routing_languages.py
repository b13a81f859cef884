"""Messages in German, Spanish and French: routed by the cards' examples in them, beside their gloss."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from planning.demo_planner import CARDS, PLANNER, SEARCH, recogniser, request_in, skills
from pydantic import JsonValue

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import card_of
from shopfloor.language.gloss import glossed
from shopfloor.language.languages import Language
from shopfloor.planning.background import shipped_background
from shopfloor.planning.clauses import clauses
from shopfloor.planning.languages import InLanguage, LanguageMatcher
from shopfloor.planning.plan import PlanRequest
from shopfloor.planning.rules import RulePlanner

pytestmark = pytest.mark.anyio

BACKGROUND = shipped_background()
TUNING: dict[str, JsonValue] = {
    "id": "piano_tuning",
    "name": "Piano Tuning",
    "half": "conversation",
    "description": "Sends a tuner.",
    "instructions": "Be kind.",
    "tools": [],
    "skills": [
        {
            "id": "book_tuner",
            "name": "Book a tuner",
            "description": "Books a tuner for a piano.",
            "examples": ["I need a piano tuner", "my grand piano sounds off", "book a tuner for me"],
            "status": "Booking...",
            "steps": [{"say": "A tuner comes."}],
        }
    ],
}
GERMAN: JsonValue = {
    "de": {
        "examples": {"book_tuner": ["Mein Flügel ist verstimmt", "Ich brauche einen Klavierstimmer", "Klavier stimmen"]}
    }
}


async def planned(language: Language, message: str, cards: Sequence[AgentCard] = CARDS) -> list[str]:
    return skills(await PLANNER.plan(replace(await request_in(language, message), cards=cards)))


def cut(language: Language, message: str) -> list[str]:
    known = recogniser()
    matcher = LanguageMatcher(language, CARDS, BACKGROUND.not_ours_in(language), known.is_kind)
    read = InLanguage(language, known, matcher, glossed(message, language))
    parts = clauses(
        read.english, lambda text: read.match(text, False), read.is_dependent, read.begins_anew, is_strict=True
    )
    return [part.text for part in parts]


@pytest.mark.parametrize(
    ("language", "says", "wanted"),
    [
        ("de", "Der Postbote war schon da, aber mein Päckchen hatte er nicht dabei", "order_management/track_order"),
        ("de", "Die Hose zwickt am Bund, die geht zurück", "return_management/start_return"),
        ("de", "Wie hoch sind die Lieferkosten ins Ausland?", "general_support/answer_question"),
        ("de", "Bitte die graue Mütze in den Warenkorb legen", "product_upsell/add_to_cart"),
        ("es", "El cartero no ha traído mi paquete todavía", "order_management/track_order"),
        ("es", "La falda me aprieta, la voy a devolver", "return_management/start_return"),
        ("es", "Apúntame a vuestra newsletter", "lead_generation/subscribe_newsletter"),
        ("fr", "Le facteur n'a toujours pas apporté mon paquet", "order_management/track_order"),
        ("fr", "La jupe me serre, je vais la renvoyer", "return_management/start_return"),
        ("fr", "Ajoutez le bonnet gris à mon panier", "product_upsell/add_to_cart"),
    ],
)
async def test_a_message_goes_to_whom_its_own_words_name(language: Language, says: str, wanted: str) -> None:
    assert await planned(language, says) == [wanted]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de", "Schreib mir bitte ein Gedicht über den Frühling"),
        ("es", "Cuéntame un chiste de médicos"),
        ("fr", "Quel temps va-t-il faire à Bordeaux ce week-end ?"),
    ],
)
async def test_what_is_no_shops_business_is_declined(language: Language, says: str) -> None:
    assert await planned(language, says) == ["general_support/decline"]


@pytest.mark.parametrize(
    ("language", "says"),
    [("de", "Wo bleibt Bestellung #123?"), ("es", "¿Dónde está el pedido #123?"), ("fr", "Où est la commande #123 ?")],
)
async def test_the_number_of_an_order_is_read(language: Language, says: str) -> None:
    (task,) = (await PLANNER.plan(await request_in(language, says))).tasks
    assert task.arguments == {"order_number": "123"}


@pytest.mark.parametrize(
    ("language", "says", "wanted"),
    [
        (
            "de",
            "Wo bleibt Bestellung 123? Übrigens, welche Zahlungsarten bietet ihr an?",
            ["order_management/track_order", "general_support/answer_question"],
        ),
        (
            "es",
            "¿Dónde está el pedido 123? Además quiero suscribirme al boletín",
            ["order_management/track_order", "lead_generation/subscribe_newsletter"],
        ),
        (
            "fr",
            "Où est la commande 123 ? D'ailleurs, quels moyens de paiement acceptez-vous ?",
            ["order_management/track_order", "general_support/answer_question"],
        ),
    ],
)
async def test_several_wishes_are_parted(language: Language, says: str, wanted: list[str]) -> None:
    assert await planned(language, says) == wanted


@pytest.mark.parametrize(
    ("language", "says", "count"),
    [
        ("de", "Wo ist 123 und kann ich mit Klarna bezahlen?", 2),
        ("de", "Der Pulli ist schön, weich und warm, aber die Ärmel sind zu kurz, ich schicke ihn zurück", 1),
        ("es", "¿Dónde está mi pedido y cuánto cuesta el envío a Canarias?", 2),
        ("fr", "Où est mon colis et est-ce que je peux payer par chèque ?", 2),
    ],
)
def test_a_sentence_is_cut_where_a_question_or_wish_begins(language: Language, says: str, count: int) -> None:
    assert len(cut(language, says)) == count


async def test_a_card_added_with_german_examples_is_routed_to_at_once() -> None:
    cards = [*CARDS, card_of({**TUNING, "languages": GERMAN}, "card")]
    assert await planned("de", "Unser Klavier ist ganz verstimmt", cards) == ["piano_tuning/book_tuner"]
    assert await planned("de", "Wo ist mein Paket?", cards) == ["order_management/track_order"]


async def test_a_card_without_german_examples_is_found_by_its_gloss() -> None:
    examples = ["my watch stopped", "the watch does not run", "a new battery for my watch"]
    skill: JsonValue = {
        "id": "fix",
        "name": "Repair a watch",
        "description": "Repairs watches.",
        "examples": list(examples),
        "status": "Looking...",
        "steps": [{"say": "We repair it."}],
    }
    watches: dict[str, JsonValue] = {**TUNING, "id": "watchmaker", "name": "Watchmaker", "skills": [skill]}
    cards = [*CARDS, card_of(watches, "card")]
    assert await planned("de", "Reparatur meiner Armbanduhr", cards) == ["watchmaker/fix"]


async def test_a_language_is_learned_once_its_first_message_comes() -> None:
    asked: list[Language] = []

    def not_ours_in(language: Language) -> Sequence[str]:
        asked.append(language)
        return BACKGROUND.not_ours_in(language)

    planner = RulePlanner(SEARCH, {}, replace(BACKGROUND, not_ours_in=not_ours_in))
    await planner.plan(PlanRequest(message="where is my order?", cards=CARDS))
    assert asked == []
    await planner.plan(await request_in("de", "Wo ist mein Paket?"))
    await planner.plan(await request_in("de", "Wann kommt es?"))
    assert asked == ["de"]


async def test_a_part_that_is_not_of_the_message_is_matched_by_its_english() -> None:
    known = recogniser()
    matcher = LanguageMatcher("fr", CARDS, ["quel temps fait-il"], known.is_kind)
    read = InLanguage("fr", known, matcher, glossed("Où est mon colis ?", "fr"))
    assert list(read.match("show my cart", False)) == list(known.match("show my cart", False))


async def test_english_that_was_taken_for_another_language_is_matched_as_english() -> None:
    message = "connect me to a supervisor please"
    in_english = await PLANNER.plan(PlanRequest(message=message, cards=CARDS, is_signed_in=True))
    assert await planned("es", message) == skills(in_english)
