"""What a merchant's history changes about who a text is for, and what it leaves as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from planning.demo_planner import CARDS, SEARCH, recogniser

from shopfloor.agents.card import AgentCard
from shopfloor.agents.registry import parse_card
from shopfloor.kernel.errors import InvalidInput
from shopfloor.planning.background import shipped_background
from shopfloor.planning.recognition import NOT_OURS, Recogniser
from shopfloor.planning.trained import Labelled, Trained, fit, load_trained
from shopfloor.topics.ridge import SparseRows, ridge

HISTORY: Mapping[str, Sequence[str]] = {
    "return_management": (
        "the zip broke, what now",
        "it does not fit, take it back",
        "my refund has not come",
        "where does the parcel with the wrong shoes go",
        "I sent the boots back on Monday",
        "do you pay the way back",
        "ein KTR bitte, a KTR please",
        "KTR for the blue coat",
    ),
    "order_management": (
        "has it left yet",
        "I gave you the wrong street",
        "stop the parcel, I do not want it any more",
        "the courier says tomorrow, is that right",
        "where is my stuff",
        "when does it come",
    ),
    "general_support": (
        "can I pay with vouchers from my work",
        "is there a store in Leeds",
        "do you take cheques",
        "how do I close my account",
        "what are your hours on Sundays",
        "my password does not work",
    ),
    NOT_OURS: (
        "what is the capital of Peru",
        "write me a poem about trains",
        "how do I boil an egg",
        "who won the match last night",
        "is it going to rain",
        "book me a table for two",
    ),
}
CLAIM = Path(__file__).parents[2] / "examples" / "agents" / "warranty_claim.yaml"


def labelled(text: str, agent: str) -> Labelled:
    return Labelled(known=recogniser().by_cards(text), agent=agent)


@lru_cache(maxsize=1)
def router() -> Trained:
    return fit([labelled(text, agent) for agent, texts in HISTORY.items() for text in texts])


@lru_cache(maxsize=4)
def team(*, is_claim_there: bool, is_trained: bool) -> Recogniser:
    claim: list[AgentCard] = [parse_card(CLAIM.read_text("utf-8"), CLAIM.name)] if is_claim_there else []
    return Recogniser([*CARDS, *claim], shipped_background(), SEARCH, router() if is_trained else None)


def agent(text: str, *, is_claim_there: bool = False, is_trained: bool = True) -> str:
    best = team(is_claim_there=is_claim_there, is_trained=is_trained).match(text, False)[0]
    return best.label.partition("/")[0]


def test_words_that_only_the_history_knows_are_routed_by_it() -> None:
    assert agent("KTR number for this", is_trained=False) != "return_management"
    assert agent("KTR number for this") == "return_management"


@pytest.mark.parametrize(
    "text",
    [
        "subscribe me to your newsletter",
        "I'd like to get your newsletter",
        "sign me up for the newsletter please",
        "notify me when it is back in stock",
    ],
)
def test_an_agent_without_history_keeps_what_its_card_says(text: str) -> None:
    assert "lead_generation" not in router().header.agents
    assert agent(text) == agent(text, is_trained=False) == "lead_generation"


def test_an_agent_that_is_added_later_is_routed_to_by_its_examples() -> None:
    card = parse_card(CLAIM.read_text("utf-8"), CLAIM.name)
    texts = [text for skill in card.skills for text in skill.examples]
    before = [text for text in texts if agent(text, is_claim_there=True, is_trained=False) == "warranty_claim"]
    lost = [text for text in before if agent(text, is_claim_there=True) != "warranty_claim"]
    assert len(before) >= 0.8 * len(texts)
    assert lost == []


def test_a_person_who_is_asked_for_is_got_whatever_the_history_says() -> None:
    texts = ["let me talk to a human", "I want to speak to your manager", "can I talk to a real person"]
    stubborn = fit([labelled(text, "general_support") for text in (*texts, *HISTORY["general_support"])])
    known = Recogniser(CARDS, shipped_background(), SEARCH, stubborn)
    assert {known.match(text, False)[0].label.partition("/")[0] for text in texts} == {"human_transfer"}


def test_a_history_says_nothing_of_small_talk() -> None:
    greeted = fit([labelled(text, "return_management") for text in ("hello", "hello there", "thanks", "bye")])
    known = Recogniser(CARDS, shipped_background(), SEARCH, greeted)
    for text in ("hello there!", "thanks"):
        assert known.match(text, False)[0].label == recogniser().match(text, False)[0].label


def test_a_text_without_a_known_word_is_scored() -> None:
    scores = {"order_management": 0.5, "lead_generation": 0.1}
    found = router().adjusted(replace(recogniser().by_cards("zzz"), scores=scores))
    assert found["lead_generation"] == 0.1
    assert found.keys() == scores.keys()


def test_what_is_saved_is_read_again_as_it_was(tmp_path: Path) -> None:
    router().save(tmp_path / "router")
    again = load_trained(tmp_path / "router")
    assert again.header == router().header
    for text in ("KTR number for this", "where is my stuff"):
        known = recogniser().by_cards(text)
        assert again.adjusted(known) == router().adjusted(known)


def test_it_says_how_many_texts_it_learned_from() -> None:
    header = router().header
    assert dict(zip(header.agents, header.texts, strict=True)) == {one: len(texts) for one, texts in HISTORY.items()}


def test_nothing_is_learned_from_nothing() -> None:
    with pytest.raises(InvalidInput, match="nothing to learn from"):
        fit([])


def saved(path: Path, **changed: object) -> Path:
    """Save a router with some of its arrays changed."""
    router().save(path)
    with np.load(path) as arrays:
        known = dict(arrays)
    with path.open("wb") as file:
        np.savez(file, **{**known, **changed})  # pyright: ignore[reportArgumentType]
    return path


def test_a_file_of_another_version_is_told_with_its_remedy(tmp_path: Path) -> None:
    header = router().header.model_dump_json()
    for told, message in (
        (header.replace('"version":2', '"version":1'), "of another version: train it anew"),
        (header.replace(router().header.reading, "other"), "reads texts differently: train it anew"),
        ("[]", "of another version: train it anew"),
        ("{", "is no router: train it anew"),
    ):
        path = saved(tmp_path / "router", header=np.frombuffer(told.encode(), np.uint8))
        with pytest.raises(InvalidInput, match=message):
            load_trained(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": np.zeros((2, 2), np.float32)},
        {"idf": np.zeros(3, np.float32)},
        {"weights": np.array("no numbers")},
        {"grams": np.zeros(0, np.uint8)},
    ],
)
def test_a_damaged_file_is_told_with_its_remedy(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="train it anew"):
        load_trained(saved(tmp_path / "router", **changed))


def test_a_file_that_cannot_be_read_is_told_with_its_remedy(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            load_trained(path)
    for content in (b"", b"hello", b"PK\x03\x04 and no more"):
        (tmp_path / "text").write_bytes(content)
        with pytest.raises(InvalidInput, match="is no router: train it anew"):
            load_trained(tmp_path / "text")


def test_pickled_objects_are_not_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no router"):
        load_trained(saved(tmp_path / "router", grams=np.array([{"a": 1}], dtype=object)))


def test_sparse_rows_are_solved_like_the_whole_system() -> None:
    generator = np.random.default_rng(7)
    dense = generator.normal(size=(30, 12)).astype(np.float32) * (generator.random((30, 12)) < 0.4)
    dense[:, 0] = 1  # no row without a value
    wanted = generator.normal(size=(30, 11)).astype(np.float32)
    penalty = generator.uniform(0.2, 1.0, 30).astype(np.float32)
    places = [np.flatnonzero(row).astype(np.int32) for row in dense]
    rows = SparseRows([(at, row[at].astype(np.float32)) for at, row in zip(places, dense, strict=True)], 12)
    exact = dense.T @ np.linalg.solve(dense @ dense.T + np.diag(penalty), wanted)
    assert np.allclose(ridge(rows, wanted, penalty), exact, atol=2e-3)
