"""`shopfloor knowledge` and `shopfloor eval knowledge`: what they take, find, correct and tell."""

import json
from pathlib import Path

import pytest
from commands import at_the_shop


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop") / "data"


def done(*args: str, data: Path) -> str:
    ended = at_the_shop("knowledge", *args, data=data)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_folder_is_taken_with_a_report_of_what_is_broken_and_found(data: Path, tmp_path: Path) -> None:
    (tmp_path / "tents.md").write_text("# Tents\n\n## Do you rent out tents?\n\nFor $25 a night.", "utf-8")
    (tmp_path / "faq.csv").write_text("question,answer\nAre dogs allowed?,They are.\n", "utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
    with (tmp_path / "huge.pdf").open("wb") as file:
        file.truncate(500_000_000)
    report = json.loads(done("add", str(tmp_path), "--as", "Ada", "--json", data=data))
    assert (report["pages"], report["new"]) == (2, 2)
    assert {one["place"]: one["why"].split(":")[0] for one in report["skipped"]} == {
        "broken.pdf": "the PDF is broken",
        "huge.pdf": "it has 500 MB, more than 50",
        "photo.jpg": "it is none of the kinds that can be read",
    }
    found = json.loads(done("search", "are dogs allowed", "--json", data=data))
    assert found["answerable"] is True
    [best, *_] = found["passages"]
    assert (best["heading"], best["text"]) == ("Are dogs allowed?", "- answer: They are.")
    assert best["source"] == f"{tmp_path.name}/faq.csv"
    assert {"source", "heading", "score", "text"} <= best.keys()
    again = done("add", str(tmp_path), "--as", "Ada", data=data)
    assert "2 pages (2 unchanged)" in again
    assert "Not taken: 3" in again
    assert str(tmp_path) in done("list", data=data)
    assert "tents.md" in done("show", str(tmp_path), data=data)
    done("remove", str(tmp_path), "--as", "Ada", data=data)
    assert str(tmp_path) not in done("list", data=data)


def test_a_correction_answers_until_it_is_withdrawn(data: Path) -> None:
    made = json.loads(done("correct", "Do you rent out tents?", "Not yet.", "--as", "Ada", "--json", data=data))
    found = json.loads(done("search", "do you rent out the tents", "--json", data=data))
    assert (found["answerable"], found["passages"][0]["text"]) == (True, "Not yet.")
    assert made["id"] in done("corrections", data=data)
    done("withdraw", made["id"], "--as", "Ada", data=data)
    assert done("corrections", data=data) == ""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("add", "ftp://shop.example/"), "begins with http"),
        (("add", "no-such-folder"), "check the path"),
        (("add", "http://127.0.0.1:9/"), "private address"),
        (("remove", "no-such-source"), "knowledge list"),
        (("refresh", "demo"), "come with the program"),
        (("search", " "), "the question is empty"),
        (("withdraw", "cor_1"), "knowledge corrections"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_remedy(data: Path, args: tuple[str, ...], told: str) -> None:
    refused = at_the_shop("knowledge", *args, data=data)
    assert refused.returncode in {1, 2}
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_questions_with_known_answers_are_measured(data: Path, tmp_path: Path) -> None:
    asked = [
        {"question": "how much does shipping cost", "answers": [{"page": "shipping-costs"}]},
        {"question": "how do I wash wool", "answers": [{"page": "wool-care", "heading": "no such heading"}]},
        {"question": "who won the world cup", "answers": []},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, asked)), "utf-8")
    measured = at_the_shop("eval", "knowledge", "--questions", str(file), "--json", data=data)
    figures = json.loads(measured.stdout)
    assert (figures["hit_page"], figures["hit_section"], figures["recognised"]) == (1.0, 0.5, 1.0)
    file.write_text('{"question": "x"}', "utf-8")
    refused = at_the_shop("eval", "knowledge", "--questions", str(file), data=data)
    assert refused.returncode == 2
    assert "line 1 is no question" in refused.stderr
