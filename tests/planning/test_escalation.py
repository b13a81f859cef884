"""The rules by which a message goes to a person, one by one, and what they leave alone."""

import pytest

from shopfloor.planning.escalation import RULES, escalation

FALLS_UNDER = {
    "lawyers and courts": (
        "my lawyer will write to you",
        "I am going to sue you",
        "see you in court",
        "next week I go to the consumer forum",
        "I will report it to the police",
    ),
    "fraud and misuse": (
        "this is a scam",
        "somebody stole my card",
        "my account was hacked",
        "someone else used my account",
    ),
    "payments that the customer did not make": (
        "there is a charge on my card that I don't recognise",
        "I never made this payment",
        "an unknown transaction of $40",
        "the debit on my statement is not mine",
    ),
    "injuries and dangers": (
        "my son got hurt by the chair",
        "the charger caught fire",
        "it gave me a rash",
        "she had an allergic reaction",
    ),
    "charged more than once": (
        "I was charged twice",
        "you billed me two times for it",
        "there is a duplicate charge",
        "the same payment went out again",
    ),
    "a person asked for": (
        "let me talk to somebody",
        "I want a human",
        "get me your manager",
        "agent please",
        "call me back please",
        "no more of this bot",
    ),
    "complaints": (
        "I want to file a complaint",
        "I'm complaining about the delivery man",
        "your service is terrible",
        "worst company ever",
    ),
}


def test_every_rule_has_wordings_that_fall_under_it() -> None:
    assert {rule.name for rule in RULES} == set(FALLS_UNDER)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FALLS_UNDER.items() for text in texts])
def test_a_message_falls_under_the_rule_that_is_meant_for_it(name: str, text: str) -> None:
    rule = escalation(text)
    assert rule is not None
    assert rule.name == name


@pytest.mark.parametrize(
    "text",
    [
        "what hours can I reach customer service",
        "do you have a number to call customer support",
        "what is your contact number",
        "from what time can I speak to your team",
        "do you have a fire blanket",
        "I want to claim the warranty",
        "send it to Sue Miller",
        "can I pay with two cards",
        "the same shoes in black",
        "do I need a manager's approval to return it",
        "is it safe for children",
        "which agent for cleaning leather do you sell",
        "my order has not come, I paid a week ago",
        "I am a customer of yours",
    ],
)
def test_what_only_sounds_like_it_stays_with_the_team(text: str) -> None:
    assert escalation(text) is None
