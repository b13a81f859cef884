"""Days, money and lists in each language, and back."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.kernel.money import Money
from shopfloor.language.amounts import prices
from shopfloor.language.dates import find_days
from shopfloor.language.languages import LANGUAGES, Language
from shopfloor.language.writing import day_in, in_english, listing_in, money_in, sentences_in, set_in, until_in

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
languages = st.sampled_from(LANGUAGES)


@pytest.mark.parametrize(
    ("at", "german", "spanish", "french"),
    [
        (date(2026, 11, 20), "gestern", "ayer", "hier"),
        (date(2026, 11, 21), "heute", "hoy", "aujourd’hui"),
        (date(2026, 11, 22), "morgen", "mañana", "demain"),
        (date(2026, 11, 25), "am Mittwoch", "el miércoles", "mercredi"),
        (date(2026, 12, 1), "am 1. Dezember", "el 1 de diciembre", "le 1er décembre"),
        (date(2027, 3, 14), "am 14. März 2027", "el 14 de marzo de 2027", "le 14 mars 2027"),
    ],
)
def test_days_are_written_as_people_say_them(at: date, german: str, spanish: str, french: str) -> None:
    assert [day_in(one, at, NOW, ZONE) for one in ("de", "es", "fr")] == [german, spanish, french]


def test_the_last_day_of_something() -> None:
    at = date(2026, 12, 14)
    assert [until_in(one, at, NOW, ZONE) for one in LANGUAGES] == [
        "until 14 December",
        "bis zum 14. Dezember",
        "hasta el 14 de diciembre",
        "jusqu’au 14 décembre",
    ]
    assert [until_in(one, date(2026, 11, 21), NOW, ZONE) for one in LANGUAGES] == [
        "until today",
        "bis heute",
        "hasta hoy",
        "jusqu’à aujourd’hui",
    ]


@pytest.mark.parametrize(
    ("minor", "currency", "german", "spanish", "french"),
    [
        (11900, "USD", "119,00 $", "119,00 $", "119,00 $"),
        (124900, "EUR", "1.249,00 €", "1249,00 €", "1\u202f249,00 €"),
        (-1234567, "CHF", "-12.345,67 CHF", "-12.345,67 CHF", "-12\u202f345,67 CHF"),
        (12345, "JPY", "12.345 ¥", "12.345 ¥", "12\u202f345 ¥"),
    ],
)
def test_amounts_are_written_with_the_sign_behind(
    minor: int, currency: str, german: str, spanish: str, french: str
) -> None:
    written = [money_in(one, Money(currency, minor)).replace("\u00a0", " ") for one in ("de", "es", "fr")]
    assert written == [german, spanish, french]


@pytest.mark.parametrize(
    ("language", "values", "last", "text"),
    [
        ("de", ["rot", "blau", "grün"], None, "rot, blau und grün"),
        ("es", ["rojo", "índigo"], None, "rojo e índigo"),
        ("es", ["rojo", "hierba"], None, "rojo y hierba"),
        ("es", ["azul", "ocre"], "o", "azul u ocre"),
        ("fr", ["S", "M"], "ou", "S ou M"),
        ("fr", ["S"], None, "S"),
        ("de", [], None, ""),
    ],
)
def test_lists_are_joined(language: Language, values: list[str], last: str | None, text: str) -> None:
    assert listing_in(language, values, last) == text


def test_french_is_set_with_its_blanks() -> None:
    assert set_in("fr", "C'est « ici » : où ? Là !") == "C’est «\u00a0ici\u00a0»\u00a0: où\u00a0? Là\u00a0!"
    assert set_in("fr", "https://shop.example/a?b=c") == "https://shop.example/a?b=c"
    assert set_in("de", "Wo ? 'So'") == "Wo ? 'So'"


@given(language=languages, days=st.integers(-700, 700))
def test_a_day_that_was_written_is_found_again(language: Language, days: int) -> None:
    at = date(2026, 11, 21) + timedelta(days=days)
    for written in (day_in(language, at, NOW, ZONE), until_in(language, at, NOW, ZONE)):
        assert find_days(in_english(f"Das: {written}.", language), NOW, ZONE) == {at}


@given(language=languages, minor=st.integers(0, 10**9), currency=st.sampled_from(["USD", "EUR", "CHF", "JPY"]))
def test_an_amount_that_was_written_is_found_again(language: Language, minor: int, currency: str) -> None:
    text = in_english(f"Das: {money_in(language, Money(currency, minor))}.", language)
    assert [(one.currency, one.minor) for one in prices(text).amounts] == [(currency, minor)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Guten Morgen, wir antworten heute Morgen nicht."),
        ("es", "Por la mañana, los lunes y de lunes a viernes."),
        ("fr", "Du lundi au vendredi, le samedi aussi."),
    ],
)
def test_mornings_and_weekdays_of_every_week_are_no_days(language: Language, text: str) -> None:
    found = find_days(in_english(text, language), NOW, ZONE)
    assert found <= {date(2026, 11, 21)}


def test_order_numbers_without_their_sign_are_seen() -> None:
    for language, text in (("de", "Ihre Bestellung 99881"), ("es", "su pedido 99881"), ("fr", "la commande n° 99881")):
        assert "order 99881" in in_english(text, language)


def test_a_german_day_does_not_end_a_sentence() -> None:
    text = "Sie kam am 14. November an. Und am 3. Dezember noch eine."
    assert sentences_in("de", text) == ["Sie kam am 14. November an. ", "Und am 3. Dezember noch eine."]
