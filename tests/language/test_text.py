import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.language.text import normalise, sentences, stems, words


@given(st.text())
def test_what_is_normal_stays_as_it_is(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_normalising_straightens_quotes_and_keeps_signs_and_digits() -> None:
    assert normalise("  Where’s  MY\u00a0order #123 — “Red” ") == 'where\'s my order #123 - "red"'


def test_words_keep_order_signs_decimals_and_apostrophes() -> None:
    assert words("Don't ship #123: T-shirt, size 9.5!") == ["don't", "ship", "#123", "t", "shirt", "size", "9.5"]


def test_stems_leave_stop_words_out_unless_asked() -> None:
    assert stems("Where are the returned packages") == ["return", "packag"]
    assert stems("the returned", keep_stop_words=True) == ["the", "return"]


@given(st.text(alphabet='ab .!?\n1e"-'))
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@given(st.text(alphabet='aB .!?\n1g"-'), st.integers(0, 40))
def test_all_but_the_last_sentence_of_a_stream_so_far_are_final(text: str, length: int) -> None:
    so_far = sentences(text[:length])[:-1]
    assert sentences(text)[: len(so_far)] == so_far


@pytest.mark.parametrize(
    "text",
    [
        "It costs $89.00 today",
        "Bring shoes, e.g. sneakers, to the U.S. store",
        "Size 9.5 fits",
        "1. Unpack the parcel",
        "Order No. 5 is late",
        "It arrives at 9 a.m. tomorrow",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


def test_sentences_end_at_marks_and_line_breaks() -> None:
    assert sentences("Yes. No! Why?\n- one, e.g.\n- two") == ["Yes. ", "No! ", "Why?\n", "- one, e.g.\n", "- two"]
