import pytest

from shopfloor.language.answers import is_angry, is_goodbye, is_greeting, is_no, is_stop, is_thanks, is_yes


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes please",
        "yep go ahead",
        "ok do it",
        "yes, cancel it",
        "sure, thanks",
        "YESSS!",
        "please do",
        "go ahead and cancel it",
        "Yes, that's right, thank you!",
        "👍",
    ],
)
def test_an_affirmation_is_a_yes(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    [
        "yes but in blue",
        "yes if it's free",
        "yes?",
        "yes, in blue",
        "yes, send it to 15 Market St",
        "yes, order 123",
        "yes and no",
        "not yes",
        "yes actually no",
        "sure, when will it arrive",
        "ok wait",
        "yes later",
        "yes, the other one",
        "thanks",
        "no problem",
        "no, I want the blue one",
        "no cancel it",
        "cancel it",
        "I would like to cancel my order",
        "",
    ],
)
def test_anything_added_makes_an_answer_neither_yes_nor_no(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "Nope!",
        "no thanks",
        "not now",
        "please don't",
        "no, don't cancel it",
        "no, keep it",
        "never mind",
        "ok, no",
    ],
)
def test_a_refusal_is_a_no(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


def test_a_yes_may_repeat_only_what_was_asked() -> None:
    assert is_yes("yes, cancel order 123", "Shall I cancel order #123?")
    assert not is_yes("yes, cancel 123", "Shall I cancel orders #123 and #124?")
    assert not is_yes("yes, cancel it", "Shall I change the address of order #123?")


def test_only_stop_itself_is_a_stop() -> None:
    assert is_stop("Stop!")
    assert is_stop("please stop")
    assert not is_stop("cancel that")
    assert not is_stop("stop the order")


def test_small_talk_is_known_only_where_it_is_all_there_is() -> None:
    assert is_greeting("Hi there, how are you?")
    assert not is_greeting("hi, where is my order")
    assert is_thanks("great, thank you so much!")
    assert not is_thanks("thanks but where is it")
    assert is_goodbye("no, that's all, thanks")
    assert not is_goodbye("bye, and cancel my order")


@pytest.mark.parametrize("text", ["this is ridiculous", "WHERE IS MY ORDER", "worst service ever", "I'm fed up"])
def test_anger_is_heard(text: str) -> None:
    assert is_angry(text)


@pytest.mark.parametrize("text", ["where is my order", "XL RED", "OK THANKS", "this is a bit late"])
def test_plain_words_are_not_anger(text: str) -> None:
    assert not is_angry(text)
