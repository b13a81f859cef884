from shopfloor.search.bm25 import Bm25


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    index = Bm25({"text": 1.0})
    for name, text in {"a": "red shoe", "b": "blue shoe", "c": "green shoe"}.items():
        index.add(name, {"text": text.split()})
    scores = index.scores(["red", "shoe"])
    assert max(scores, key=lambda name: scores[name]) == "a"
    assert scores["b"] == scores["c"]
    assert index.idf("red") > index.idf("shoe")


def test_a_word_in_a_weightier_field_counts_more() -> None:
    index = Bm25({"title": 3.0, "text": 1.0})
    index.add("titled", {"title": ["boot"], "text": ["warm"]})
    index.add("told", {"title": ["warm"], "text": ["boot"]})
    assert index.scores(["boot"])["titled"] > index.scores(["boot"])["told"]


def test_words_that_no_document_holds_find_none() -> None:
    index = Bm25({"text": 1.0})
    assert index.scores(["anything"]) == {}
    index.add("a", {"text": ["red"]})
    assert index.scores(["blue"]) == {}
