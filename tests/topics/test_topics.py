"""Topics: what the weights that come with the package were made of, and what they tell of texts."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from shopfloor.agents.registry import shipped_cards
from shopfloor.topics.topics import Topics, digest_of, fit_topics, reading, shipped_topics

TRAINING = Path(__file__).parents[2] / "training"
SHOP = {
    "returns": ["send it back", "return my order", "return it"],
    "arrival": ["when will it come", "when is it here"],
}
OUTSIDE = {"weather": ["will it rain", "rain again", "when will it rain"]}


def test_the_shipped_weights_were_learned_from_the_messages_beside_the_script_as_texts_are_read_today() -> None:
    masked = runpy.run_path(str(TRAINING / "fit.py"))["masked"]
    header = shipped_topics().header
    assert header.messages == digest_of(masked("requests.yaml"), masked("outside.yaml")), "run `make topics`"
    assert header.reading == reading(), "run `make topics`"


def test_no_example_of_a_card_is_among_the_messages() -> None:
    messages = (TRAINING / "requests.yaml").read_text("utf-8").splitlines()
    said = {line.removeprefix("- ").strip("'\"").lower() for line in messages}
    examples = [text for card in shipped_cards() for skill in card.skills for text in skill.examples]
    assert [text for text in examples if text.lower() in said] == []


def test_every_topic_of_shops_is_claimed_by_one_skill_of_the_team() -> None:
    claimed = [topic for card in shipped_cards() for skill in card.skills for topic in skill.topics]
    assert sorted(claimed) == sorted(shipped_topics().header.shop)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("has my money arrived yet after the return", "refund_status"),
        ("somebody took two payments for the one thing", "double_charge"),
        ("which sofa is kinder to a bad back", "product_advice"),
        ("will there be thunder tonight", "weather"),
    ],
)
def test_a_text_is_most_like_the_messages_of_its_topic(text: str, topic: str) -> None:
    topics = shipped_topics()
    assert topics.names[int(topics.vector(text).argmax())] == topic


def test_topics_are_the_same_after_being_written_and_read() -> None:
    topics = fit_topics(SHOP, OUTSIDE)
    again = Topics.of_bytes(topics.to_bytes())
    assert again.header == topics.header
    assert again.names == ("arrival", "returns", "weather")
    assert np.allclose(again.vector("when will it rain"), topics.vector("when will it rain"), atol=0.01)


def test_a_text_without_a_known_word_is_like_nothing() -> None:
    topics = fit_topics(SHOP, OUTSIDE)
    assert not topics.vector("xyzzy").any()
    assert topics.dimensions == 3
