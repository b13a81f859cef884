"""What a sentence states must stem from the turn's evidence."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import JsonValue

from shopfloor.conversation.grounding import Evidence
from shopfloor.language.languages import Language

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ORDER: JsonValue = {
    "number": "123",
    "total": {"minor": 17956, "currency": "USD"},
    "placed_at": "2026-11-18T14:00:00+00:00",
    "shipments": [
        {
            "tracking_id": "TRK456AB",
            "tracking_url": "https://track.harbourlane.example/TRK456AB",
            "expected_on": "2026-11-23",
        }
    ],
    "email": "maya@example.com",
}
PAGE = "Orders over $75 ship free. Refunds take 3 to 5 days. Write to help@harbourlane.example until 29 November."


def known(*values: JsonValue) -> Evidence:
    evidence = Evidence(NOW, ZoneInfo("America/New_York"))
    evidence.add_all(values)
    return evidence


@pytest.mark.parametrize(
    "sentence",
    [
        "Your order #123 comes to $179.56.",
        "It was placed on 18 November and should arrive on Monday.",
        "The tracking ID is TRK456AB: https://track.harbourlane.example/TRK456AB.",
        "We write to maya@example.com.",
        "It is 179.56 dollars, as of today.",
        "It comes on 2026-11-23.",
        "Nothing is stated here.",
    ],
)
def test_what_a_tools_output_holds_may_be_said(sentence: str) -> None:
    assert known(ORDER).missing(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("It comes to $180.", "$180"),
        ("It comes to €179.56.", "€179.56"),
        ("That makes 42 dollars.", "42 dollars"),
        ("Your order #124 is on its way.", "124"),
        ("It arrives on 25 November.", "2026-11-25"),
        ("It arrives tomorrow.", "2026-11-22"),
        ("The tracking ID is TRK999ZZ.", "TRK999ZZ"),
        ("We write to somebody@example.com.", "somebody@example.com"),
        ("Look at https://evil.example/TRK456AB.", "https://evil.example/TRK456AB"),
    ],
)
def test_a_claim_without_evidence_is_found(sentence: str, claim: str) -> None:
    assert known(ORDER).missing(sentence) == (claim,)


def test_every_false_claim_of_a_sentence_is_found() -> None:
    assert known(ORDER).missing("Order #7777 over $5 comes tomorrow.") == ("$5", "7777", "2026-11-22")


@pytest.mark.parametrize(
    "sentence",
    ["Shipping is free over $75.", "Shipping is free over 75 dollars.", "It runs until 29 November."],
)
def test_a_document_is_evidence_however_its_amounts_and_days_are_written(sentence: str) -> None:
    assert known(PAGE).missing(sentence) == ()


def test_an_amount_is_not_evidence_for_the_same_number_in_another_currency() -> None:
    assert known(PAGE).missing("It is free over €75.") == ("€75",)


def test_a_day_of_the_evidence_may_be_said_as_a_weekday() -> None:
    assert known({"at": "2026-11-20T09:00:00-05:00"}).missing("It left yesterday.") == ()


def test_a_customers_number_may_be_repeated_but_their_price_and_day_prove_nothing() -> None:
    evidence = known()
    evidence.hear("where is order #150, you said $5 and 1 December")
    assert evidence.missing("I cannot find order #150.") == ()
    assert evidence.missing("It costs $5.") == ("$5",)
    assert evidence.missing("It comes on 1 December.") == ("2026-12-01",)


def test_numbers_and_truth_values_of_an_output_do_not_count_as_days_or_money() -> None:
    evidence = known({"stock": 3, "is_open": True, "rating": 4.5})
    assert evidence.missing("Only 3 left.") == ()
    assert evidence.missing("It costs $3.") == ("$3",)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Ihre Bestellung #123 beläuft sich auf 179,56 $, aufgegeben am 18. November."),
        ("de", "Sie sollte am Montag ankommen, versandkostenfrei ab 75,00 $."),
        ("es", "Su pedido #123 asciende a 179,56 $ y se realizó el 18 de noviembre."),
        ("es", "Debería llegar el lunes; escriba a help@harbourlane.example."),
        ("fr", "Votre commande #123 s’élève à 179,56\u00a0$, passée le 18 novembre."),
        ("fr", "Elle devrait arriver lundi\u00a0; le suivi est TRK456AB."),
        ("de", "Your order #123 comes to $179.56."),
    ],
)
def test_what_is_borne_out_may_be_said_in_every_language(language: Language, sentence: str) -> None:
    evidence = Evidence(NOW, ZoneInfo("America/New_York"), language)
    evidence.add_all([ORDER, PAGE])
    assert evidence.missing(sentence) == ()


@pytest.mark.parametrize(
    ("language", "sentence", "claim"),
    [
        ("de", "Das macht 180,00 $.", "$180.00"),
        ("de", "Das macht 1.179,56 $.", "$1,179.56"),
        ("de", "Das macht 42 Euro.", "€42"),
        ("de", "Sie kommt am 25. November.", "2026-11-25"),
        ("de", "Sie kommt morgen.", "2026-11-22"),
        ("de", "Ihre Bestellung 99881 ist unterwegs.", "99881"),
        ("es", "Son 180,00 $.", "$180.00"),
        ("es", "Llega el 25 de noviembre de 2026.", "2026-11-25"),
        ("es", "Llega mañana.", "2026-11-22"),
        ("fr", "Cela fait 1\u202f180,00\u00a0$.", "$1,180.00"),
        ("fr", "Elle arrive le 25 novembre.", "2026-11-25"),
        ("fr", "Elle arrive demain.", "2026-11-22"),
        ("fr", "It comes to $180.", "$180"),
    ],
)
def test_what_is_not_borne_out_is_missing_in_every_language(language: Language, sentence: str, claim: str) -> None:
    evidence = Evidence(NOW, ZoneInfo("America/New_York"), language)
    evidence.add_all([ORDER, PAGE])
    assert claim in evidence.missing(sentence)


def test_a_question_that_was_asked_in_german_bears_out_what_it_states() -> None:
    evidence = Evidence(NOW, ZoneInfo("America/New_York"), "de")
    evidence.add("Stornierung der Bestellung #141, aufgegeben am 19. November, über 1.119,71 $.")
    assert evidence.missing("Es geht um 1.119,71 $ vom 19. November.") == ()
