import random
import re
import string
from collections.abc import Callable
from importlib import resources

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shopfloor.language.address import parse_address
from shopfloor.language.answers import is_goodbye, is_greeting, is_no, is_stop, is_thanks, is_yes
from shopfloor.language.english import word_set
from shopfloor.language.entities import entities
from shopfloor.language.gloss import gloss, glossed, joined
from shopfloor.language.languages import Language
from shopfloor.language.lexicon import lexicon

OTHERS: tuple[Language, ...] = ("de", "es", "fr")
TEXTS = {
    "de": {
        "wo ist meine bestellung #123 und habt ihr rote sneaker in herrengröße 43": (
            "where is my order #123 and do you have red sneakers in men's size 43"
        ),
        "Ich möchte meine Bestellung stornieren": "i would like to cancel my order",
        "kann ich die Schuhe zurückgeben?": "can i return the shoes?",
        "Ich habe die falsche Größe erhalten": "i have received the wrong size",
        "hast du meine Retoure bekommen": "have you received my return",
        "Wie hoch sind die Versandkosten nach Österreich?": "how much are the shipping costs to austria?",
        "mein konto wurde doppelt belastet": "my account was charged twice",
        "melde mich vom newsletter ab": "unsubscribe me from newsletter",
        "Bitte stornieren Sie die Bestellung": "please cancel the order",
        "die schuhe sind zu klein": "the shoes are too small",
        "wie kann ich mein passwort zurücksetzen": "how can i reset my password",
        "habt ihr kinderrucksäcke": "do you have kids backpacks",
        "zeigt mir Damenstiefel unter 100 Euro": "show me women's boots under 100 euro",
    },
    "es": {
        "¿dónde está mi pedido #123?": "¿where is my order #123?",
        "quiero hablar con una persona": "i want to talk to a person",
        "todavía no he recibido mi paquete": "i have not received my package",
        "quiero cambiarlos": "i want to change them",
        "tenéis zapatillas rojas en talla 43": "do you have sneakers red size 43",
        "añádelas a la cesta por favor": "add them in the cart please",
        "cuanto cuesta el envio": "how much is shipping",
        "me han cobrado dos veces": "you charged me twice",
    },
    "fr": {
        "Où est ma commande #123 ?": "where is my order #123 ?",
        "je voudrais l'échanger": "i would like to exchange it",
        "avez-vous des robes noires": "do you have dresses black",
        "j'ai oublié mon mot de passe": "forgot my password",
        "je n'ai toujours pas reçu mon colis": "i have not received my package",
        "j'ai été débité deux fois": "i was charged twice",
        "puis-je payer en plusieurs fois ?": "can i pay in instalments ?",
        "je cherche un sac à dos pour ma femme": "i am looking for a backpack for my wife",
    },
}
SAID: dict[str, tuple[Callable[[str], bool], dict[Language, list[str]]]] = {
    "yes": (
        is_yes,
        {
            "de": ["ja", "ja bitte", "Ja, gerne!", "ja klar", "jo", "gerne", "na klar", "ok passt", "einverstanden",
                   "ja mach das", "in Ordnung", "auf jeden fall", "ja, stornieren Sie die Bestellung", "das stimmt"],
            "es": ["sí", "si", "sí por favor", "claro que sí", "vale", "de acuerdo", "por supuesto", "adelante",
                   "hazlo", "sí, cancélalo", "perfecto, sí", "está bien"],
            "fr": ["oui", "oui s'il vous plaît", "bien sûr", "d'accord", "oui svp", "allez-y", "ça marche", "ouais",
                   "oui je confirme", "tout à fait", "oui, annulez la commande", "volontiers"],
        },
    ),
    "no": (
        is_no,
        {
            "de": ["nein", "nein danke", "nee", "nö", "lieber nicht", "nein, nicht stornieren", "jetzt nicht",
                   "doch nicht"],
            "es": ["no", "no gracias", "mejor no", "ahora no", "no, no lo canceles", "no no"],
            "fr": ["non", "non merci", "pas maintenant", "plutôt pas", "non, n'annulez pas", "laisse tomber"],
        },
    ),
    "stop": (
        is_stop,
        {"de": ["stopp", "hör auf", "hören Sie auf"], "es": ["para", "basta"], "fr": ["arrêtez", "stop"]},
    ),
    "hello": (
        is_greeting,
        {
            "de": ["hallo", "Guten Tag", "guten Morgen!", "moin", "hi"],
            "es": ["hola", "buenos días", "hola buenas tardes"],
            "fr": ["bonjour", "salut", "bonsoir"],
        },
    ),
    "thanks": (
        is_thanks,
        {
            "de": ["danke", "vielen Dank", "danke schön", "vielen dank für die hilfe"],
            "es": ["gracias", "muchas gracias", "muchas gracias por la ayuda"],
            "fr": ["merci", "merci beaucoup", "merci pour votre aide"],
        },
    ),
    "bye": (
        is_goodbye,
        {"de": ["tschüss", "auf Wiedersehen", "das war's"], "es": ["adiós", "hasta luego", "eso es todo"],
         "fr": ["au revoir", "à bientôt", "c'est tout"]},
    ),
}  # fmt: skip
NO_YES = {
    "de": ["ja, aber ändere zuerst die Adresse", "was?", "nein", "welche bestellung", "ja?", "ich weiß nicht"],
    "es": ["sí, pero cambia la dirección", "¿qué?", "no", "no sé", "¿sí?"],
    "fr": ["oui mais changez l'adresse", "quoi ?", "non", "je ne sais pas", "oui ?"],
}


def cases(listed: dict[str, dict[str, str]]) -> list[tuple[str, str, str]]:
    return [(language, text, english) for language, texts in listed.items() for text, english in texts.items()]


@pytest.mark.parametrize(("language", "text", "english"), cases(TEXTS))
def test_a_message_is_put_into_telegraphic_english(language: Language, text: str, english: str):
    assert gloss(text, language) == english


@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [(kind, language, text) for kind, (_, texts) in SAID.items() for language in OTHERS for text in texts[language]],
)
def test_answers_in_other_languages_are_read_in_their_gloss(kind: str, language: Language, text: str):
    assert SAID[kind][0](gloss(text, language)), gloss(text, language)


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, texts in NO_YES.items() for text in texts])
def test_what_is_no_yes_is_none_in_its_gloss(language: Language, text: str):
    assert not is_yes(gloss(text, language)), gloss(text, language)


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("groesse 43", "Größe 43"),
        ("grosse 43", "Größe 43"),
        ("koennt ihr mir helfen", "könnt ihr mir helfen"),
        ("ich moechte die schuhe zurueckgeben", "ich möchte die Schuhe zurückgeben"),
        ("fur meine tochter", "für meine Tochter"),
        ("meine bestelung stornieren", "meine Bestellung stornieren"),
        ("WO IST MEIN PAKET", "wo ist mein paket"),
        ("rueckerstatung", "Rückerstattung"),
    ],
)
def test_german_without_umlauts_or_with_a_slip_is_read_alike(written: str, usual: str):
    assert gloss(written, "de") == gloss(usual, "de") != usual


@pytest.mark.parametrize(
    ("language", "written", "usual"),
    [
        ("es", "donde esta mi envio", "dónde está mi envío"),
        ("es", "cuando llega la devolucion", "cuándo llega la devolución"),
        ("fr", "ou est mon colis", "où est mon colis"),
        ("fr", "etiquette de retour", "étiquette de retour"),
        ("fr", "je n’ai pas recu", "je n'ai pas reçu"),
    ],
)
def test_accents_may_be_left_out(language: Language, written: str, usual: str):
    assert gloss(written, language) == gloss(usual, language) != usual


@pytest.mark.parametrize(
    ("word", "english"),
    [
        ("Herrengröße", "men's size"),
        ("Winterschuhe", "winter shoes"),
        ("Versandkosten", "shipping costs"),
        ("Lieferadresse", "shipping address"),
        ("Baumwollhose", "cotton trousers"),
        ("Geburtstagsgeschenk", "birthday gift"),
        ("Damenwinterjacke", "women's winter jacket"),
        ("abzuholen", "pick up"),
    ],
)
def test_german_compounds_are_read_in_their_parts(word: str, english: str):
    assert gloss(word, "de") == english


def test_facts_of_a_message_are_found_in_its_gloss():
    found = entities(gloss("Ich suche rote Schuhe für Damen in Größe 38 unter 80 Euro ohne Leder", "de"))
    assert (found.colours, found.gender, found.sizes, found.without) == (("red",), "women", ("38",), ("leather",))
    assert found.price_max
    assert found.price_max.minor == 80_00
    assert entities(gloss("mi pedido 4711 es el de los zapatos negros", "es")).order_numbers == ("4711",)
    assert entities(gloss("la commande numéro 141", "fr")).order_numbers == ("141",)
    assert entities(gloss("meine Bestellnummer ist 141", "de")).order_numbers == ("141",)
    assert entities(gloss("den zweiten bitte", "de")).ordinals == (2,)
    assert entities(gloss("la primera", "es")).ordinals == (1,)
    assert entities(gloss("le deuxième", "fr")).ordinals == (2,)


@pytest.mark.parametrize(
    ("language", "text", "line1"),
    [
        ("de", "Bitte an Neue Straße 12, 10115 Berlin schicken", "Neue Straße 12"),
        ("de", "meine neue adresse ist Lange Gasse 4, 60311 Frankfurt am Main", "Lange Gasse 4"),
        ("fr", "envoyez-la au 12 rue de la Paix, 75002 Paris", "12 rue de la Paix"),
        ("fr", "livrez au 3 avenue des Grands Champs, 69003 Lyon", "3 avenue des Grands Champs"),
    ],
)
def test_addresses_stay_as_they_are(language: Language, text: str, line1: str):
    assert line1 in gloss(text, language)
    assert parse_address(gloss(text, language)).get("line1") == line1


def test_a_spanish_address_stays_as_it_is():
    assert "Calle de la Luna 5, 28013 Madrid" in gloss("mi dirección es Calle de la Luna 5, 28013 Madrid", "es")


def test_names_of_products_and_english_words_stay():
    for language in OTHERS:
        for name in ("Ruby Runner Pro", "Speedster Red Edition", "Gridline Trainer", "Marina Mesh Runner"):
            assert gloss(name, language) == name


def test_english_is_its_own_gloss():
    assert gloss("Die Hose, was ist das?", "en") == "Die Hose, was ist das?"


PIECES = st.one_of(
    st.from_regex(r"#?[A-Z]{0,3}-?\d{1,9}", fullmatch=True),
    st.from_regex(r"[a-z.]{1,12}[a-z0-9]@[a-z]{2,10}\.(?:de|com|es)", fullmatch=True),
    st.from_regex(r"1Z[A-Z0-9]{6,12}", fullmatch=True),
    st.sampled_from(["49,90", "1.299,00", "32x34", "42.5", "2026-11-21", "50€", "$50", "https://a.example/die/rote"]),
)
WORDS = st.sampled_from(
    sorted(word_set("ich möchte die rote hose bestellung nummer größe pedido para commande numéro du en 'und'"))
)


@settings(deadline=None)  # the first message reads the data
@given(st.lists(st.one_of(PIECES, WORDS), max_size=12), st.sampled_from(OTHERS))
def test_numbers_and_addresses_of_any_kind_are_never_changed(pieces: list[str], language: Language):
    kept = [piece for piece in pieces if re.search(r"\d|@|://", piece)]
    glossed = gloss(" ".join(pieces), language).split()
    assert [piece for piece in glossed if re.search(r"\d|@|://", piece)] == kept


@settings(deadline=None)  # the first message reads the data
@given(st.text(max_size=300), st.sampled_from(OTHERS))
def test_any_text_has_a_gloss(text: str, language: Language):
    assert len(gloss(text, language)) <= 40 * len(text) + 40


def test_long_nonsense_is_glossed_in_linear_time():
    pick = random.Random(7)
    nonsense = [
        "".join(pick.choice(string.printable) for _ in range(8_000)),
        *(("x" * 8_000, "_" * 8_000, "1-" * 4_000, "a@" * 4_000, "l'" * 4_000, "A " * 4_000, "1 rue de la " * 650)),
        "zurückzu" * 1_000,
        "kann " * 1_600,
    ]
    for language in OTHERS:
        for text in nonsense:
            assert gloss(text, language)


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_or_phrase_of_the_data_is_listed_twice_for_different_english(language: Language):
    text = (resources.files("shopfloor.language") / "shipped" / f"{language}.yaml").read_text("utf-8")
    section, keys = "", set[tuple[str, str]]()
    for line in text.splitlines():
        if top := re.match(r"(\w+):", line):
            section = top[1]
        elif (entry := re.match(r'  ("[^"]*"|[^:]+): ', line)) and section in {"words", "phrases", "apart"}:
            assert (section, entry[1]) not in keys, f"{section}: {entry[1]}"
            keys.add((section, entry[1]))
    assert yaml.safe_load(text)
    assert len(lexicon(language).words) > 700


def test_each_word_stands_beside_its_english() -> None:
    read = glossed("Kommt mein Paket #141 heute an?", "de")
    beside = {word.written: read.english[word.start : word.end] for word in read.words}
    assert beside["Paket"] == "package"
    assert beside["#141"] == "#141"
    assert beside["Kommt"] == beside["an"]  # a verb of two parts


@pytest.mark.parametrize("language", OTHERS)
def test_the_words_of_a_gloss_are_those_of_the_message(language: Language) -> None:
    for text in TEXTS[language]:
        read = glossed(text, language)
        assert read.english == gloss(text, language)
        assert all(text[word.place :].startswith(word.written) for word in read.words)


def test_messages_are_joined_with_their_words_in_place() -> None:
    read = joined([glossed("¿Dónde está mi pedido?", "es"), glossed("Es el #123", "es")])
    assert read.english == "\n".join(gloss(text, "es") for text in ("¿Dónde está mi pedido?", "Es el #123"))
    number = next(word for word in read.words if word.written == "#123")
    assert read.english[number.start : number.end] == "#123"
    assert [word.place for word in read.words] == sorted(word.place for word in read.words)
