"""Cards and settings in other languages: what may stand in a translation, and that the product's own are whole."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import JsonValue

from shopfloor.actions.judging import NEEDS_APPROVAL, ONLY_LOOKS, UNCLEAR
from shopfloor.actions.policy import shipped_policy
from shopfloor.agents.card import AgentCard
from shopfloor.agents.languages import OTHERS, WORDLESS, OtherLanguage
from shopfloor.agents.registry import card_of, export_card, parse_card, shipped_cards
from shopfloor.agents.sentences import Speaker, sentences
from shopfloor.agents.settings import brand_json, brand_of, export_brand, merged, parse_brand, shipped_brand
from shopfloor.agents.templates import names_in, render
from shopfloor.kernel.errors import InvalidFields
from shopfloor.kernel.yaml_files import read_yaml
from shopfloor.language.languages import Language

SOURCE = Path(__file__).parents[2] / "src" / "shopfloor"
SHIPPED = SOURCE / "agents" / "shipped"
CARDS = {card.id: card for card in shipped_cards()}
BRAND = shipped_brand()
NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
CARD: dict[str, JsonValue] = {
    "id": "gifts",
    "name": "Gifts",
    "half": "conversation",
    "description": "Wraps gifts.",
    "instructions": "Be kind.",
    "tools": ["open_ticket"],
    "slots": {"paper": {"type": "colour", "question": "Which paper?"}},
    "skills": [
        {
            "id": "wrap",
            "name": "Wrap",
            "description": "Wraps.",
            "status": "Wrapping...",
            "steps": [{"ask": "paper"}, {"say": "Wrapped in {{ paper }}."}],
        }
    ],
}


def with_texts(texts: dict[str, JsonValue], language: str = "de", **more: JsonValue) -> dict[str, JsonValue]:
    return {**CARD, "languages": {language: {"texts": texts, **more}}}


def wrong(data: JsonValue) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as error:
        card_of(data, "card")
    return [(problem.field, problem.message) for problem in error.value.problems]


# -- what a card may say ---------------------------------------------------------------------------------------------


def test_a_card_says_its_texts_in_the_languages_it_has_and_in_english_otherwise() -> None:
    card = card_of(with_texts({"Which paper?": "Welches Papier?"}), "card")
    assert card.text("Which paper?", "de") == ("Welches Papier?", "de")
    assert card.text("Which paper?", "fr") == ("Which paper?", "en")
    assert card.text("Which paper?", "en") == ("Which paper?", "en")
    assert card.text("Wrapping...", "de") == ("Wrapping...", "en")


def test_a_text_without_words_of_its_own_needs_no_translation() -> None:
    card = card_of(CARD, "card")
    assert card.text("{{ brand.greeting }}", "de") == ("{{ brand.greeting }}", "de")


def test_languages_survive_being_written_and_read() -> None:
    texts: dict[str, JsonValue] = {
        "Which paper?": "Welches Papier?",
        "Wrapped in {{ paper }}.": "Eingepackt in: {{ paper }}.\nBis bald!",
    }
    card = card_of(with_texts(texts, examples={"wrap": ["bitte einpacken"]}), "card")
    assert parse_card(export_card(card), "card") == card
    for one in CARDS.values():
        assert parse_card(export_card(one), one.id) == one
    assert parse_brand(export_brand(BRAND), "brand") == BRAND


def test_an_unknown_language_is_refused() -> None:
    ((field, message), *_) = wrong(with_texts({}, "it"))
    assert field.startswith("languages.it")
    assert "'de', 'es' or 'fr'" in message


def test_a_text_that_the_card_does_not_have_is_refused_by_its_name() -> None:
    ((field, message),) = wrong(with_texts({"Which ribbon?": "Welches Band?"}))
    assert field == "languages.de.texts.Which ribbon?"
    assert "there is no such text" in message


def test_examples_of_a_skill_that_the_card_does_not_have_are_refused() -> None:
    assert wrong(with_texts({}, examples={"unwrap": ["aus"]})) == [
        ("languages.de.examples.unwrap", "there is no such skill")
    ]


def test_a_translation_reads_no_name_that_the_card_does_not_give() -> None:
    ((field, message),) = wrong(with_texts({"Which paper?": "Welches Papier, {{ secret }}?"}))
    assert field == "languages.de.texts.Which paper?"
    assert "it reads secret" in message


@pytest.mark.parametrize(
    "text", ["{{ paper", "{% macro x() %}{% endmacro %}", "{% include 'x' %}", "{{ paper | pprint }}", "", "a\x07b"]
)
def test_a_translation_is_held_to_what_templates_are_held_to(text: str) -> None:
    ((field, _),) = wrong(with_texts({"Which paper?": text}))
    assert field.startswith("languages.de.texts.Which paper?")


def test_a_translation_runs_in_the_sandbox() -> None:
    card = card_of(with_texts({"Which paper?": "{{ paper.__class__ }}"}), "card")
    text, language = card.text("Which paper?", "de")
    with pytest.raises(Exception, match="unsafe"):
        render(text, {"paper": "red"}, language=language)


# -- the settings ----------------------------------------------------------------------------------------------------


def test_the_settings_are_said_in_the_languages_they_have() -> None:
    german = BRAND.in_language("de")
    assert german.greeting.startswith("Guten Tag")
    assert german.transfer_scenarios[0].message.startswith("Ich habe es als dringend")
    assert german.transfer_scenarios[0].phrases == BRAND.transfer_scenarios[0].phrases
    assert BRAND.in_language("en") is BRAND


def test_a_translation_of_what_the_settings_do_not_say_is_refused() -> None:
    data = merged(brand_json(BRAND), {"languages": {"de": {"texts": {"Hello there.": "Hallo."}}}})
    with pytest.raises(InvalidFields) as error:
        brand_of(data, "settings")
    assert [problem.field for problem in error.value.problems] == ["languages.de.texts.Hello there."]


def test_what_a_guideline_says_is_a_template_in_every_language() -> None:
    guideline: JsonValue = {"id": "bye", "when": "always", "do": "say bye", "say": "Bye, {{ customer.name }}."}
    data = merged(brand_json(BRAND), {"guidelines": [guideline]})
    for text, field in (("Tschüss, {{ customer.name", "not a template"), ("Tschüss, {{ ghost }}", "it reads ghost")):
        wrong = merged(data, {"languages": {"de": {"texts": {"Bye, {{ customer.name }}.": text}}}})
        with pytest.raises(InvalidFields) as error:
            brand_of(wrong, "settings")
        assert field in error.value.problems[0].message


# -- the product's own -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_text_of_a_card_is_said_in_every_language(card: AgentCard, language: OtherLanguage) -> None:
    known = card.languages[language].texts
    assert [text for text in card.texts() if text not in known and not WORDLESS.fullmatch(text)] == []


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_file_holds_a_text_that_its_card_has_no_more(card: AgentCard, language: OtherLanguage) -> None:
    file = SHIPPED / "cards" / f"{card.id}.{language}.yaml"
    data = read_yaml(file.read_text("utf-8"), file.name)
    assert isinstance(data, dict)
    assert [text for text in data["texts"] if text not in card.texts()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_settings_is_said_in_every_language(language: OtherLanguage) -> None:
    assert [text for text in BRAND.texts() if text not in BRAND.said(language)] == []


MAY_LACK = {"wish", "refines", "kind"}
"""Names that a translation may do without: the customer's English words are not shown to them."""


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_translation_tells_what_the_english_text_tells(card: AgentCard, language: OtherLanguage) -> None:
    for source, text in card.languages[language].texts.items():
        assert names_in(source) - names_in(text) <= MAY_LACK, text
        assert attributes(source) - attributes(text) == set(), text


def attributes(template: str) -> set[str]:
    return set(re.findall(r"\b\w+\.\w+(?:\.\w+)*\b", " ".join(re.findall(r"\{[{%].*?[%}]\}", template))))


# -- what code says --------------------------------------------------------------------------------------------------


def test_the_tables_of_all_languages_hold_the_same_sentences_with_the_same_gaps() -> None:
    for language in OTHERS:
        assert set(sentences(language)) == set(sentences("de"))
        for source, text in sentences(language).items():
            assert gaps(text) == gaps(source), text


def gaps(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def said_by_code() -> Iterator[tuple[str, str]]:
    """Yield the sentences of refusals and of actions' summaries, their gaps filled with something."""
    for folder in ("actions", "shop", "tools"):
        for file in sorted((SOURCE / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))) if "demo" not in file.parts else ():
                yield from ((file.name, text) for one in spoken(node) if (text := written(one)))


def spoken(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            yield from args[1:2] if name == "Refused" else ()
            yield from (one.value for one in keywords if one.arg in {"summary", "reason"})
        case ast.Assign(targets=[ast.Name(id=("reason" | "left"))], value=value):
            yield from (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
        case _:
            pass


def written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(written(value) or "R7" for value in values)
        case _:
            return ""


SPOKEN = dict.fromkeys(said_by_code())
PARTED = "Return from order #R7: R7 (R7), R7, R7."
"""Its parts are sentences of their own, so that R7 stands for none of them; it is tested below."""


@pytest.mark.parametrize("language", OTHERS)
def test_what_code_says_to_customers_is_in_the_table(language: Language) -> None:
    speaker = Speaker(language=language, texts={}, now=NOW, zone=UTC)
    assert len(SPOKEN) > 20
    assert [text for _, text in SPOKEN if len(text.split()) > 2 and text != PARTED and speaker.say(text) == text] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_shipped_policy_says_is_in_the_table(language: Language) -> None:
    policy = shipped_policy()
    said = {NEEDS_APPROVAL, UNCLEAR, ONLY_LOOKS, *(one.says for one in (*policy.rules, *policy.limits) if one.says)}
    speaker = speaking(language)
    shown = {text: text.replace("{irreversible_limit}", "$500.00") for text in said}
    assert [text for text in shown.values() if speaker.say(text) == text] == []


def speaking(language: Language) -> Speaker:
    return Speaker(language=language, texts={}, now=NOW, zone=UTC)


SUMMARY = "Cancel order #141, placed on 19 November 2026, over $1,119.71; the money goes back to Visa ending in 6034."
RETURN = (
    "Return from order #118: 1 × Trench (navy, size S) (wrong size), in exchange for size M, to be handed in by Friday."
)


def test_gaps_are_said_in_the_language_too() -> None:
    assert speaking("de").say(SUMMARY) == (
        "Stornierung der Bestellung #141, aufgegeben am 19. November, über 1.119,71\u00a0$; "
        "das Geld geht zurück an: Visa mit den Endziffern 6034."
    )
    assert speaking("fr").say(RETURN) == (
        "Retour de la commande #118\u00a0: 1 × Trench (bleu marine, taille S) (mauvaise taille), "
        "en échange de taille M\u00a0; à déposer jusqu’à vendredi."
    )
    assert speaking("en").say(SUMMARY) == SUMMARY


def test_what_is_not_known_is_left_as_it_is() -> None:
    for text in ("Goods and chattels.", "no laces", "A title, with a comma", "x" * 5_000):
        assert speaking("de").say(text) == text


def test_only_words_of_an_output_are_said_and_data_stays() -> None:
    output = {"state": "open", "title": "red", "label": "red, size 9", "lines": [{"colour": "red", "sku": "red"}]}
    assert speaking("de").show(output) == {
        "state": "open",
        "title": "red",
        "label": "rot, Größe 9",
        "lines": [{"colour": "rot", "sku": "red"}],
    }


# -- examples --------------------------------------------------------------------------------------------------------

MOST_EXAMPLES = 80
"""Of a shipped card in one language."""


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_shipped_card_has_examples_of_all_that_customers_ask_it_for(card: AgentCard, language: OtherLanguage) -> None:
    examples = card.languages[language].examples
    assert set(examples) == {skill.id for skill in card.skills if skill.examples}
    assert all(examples.values())


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_shipped_card_has_few_examples_each_said_once(card: AgentCard, language: OtherLanguage) -> None:
    said = [text for texts in card.languages[language].examples.values() for text in texts]
    assert len(said) <= MOST_EXAMPLES
    assert len({text.lower() for text in said}) == len(said)
