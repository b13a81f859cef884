"""The audit log on the command line, and what is held of customers."""

import csv
import io
import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from commands import at_the_shop as shopfloor

MAYA, JONAS = "maya.lindqvist@example.com", "jonas.weber@example.org"
CUT = """
    UPDATE journal_streams SET last_seq = ?1, head = (
        SELECT chain FROM journal_events WHERE journal_events.stream = journal_streams.stream AND seq = ?1
    )
"""
"""Let every stream end at an event."""


def done(*args: str, data: Path, status: int = 0) -> str:
    ran = shopfloor(*args, data=data)
    assert ran.returncode == status, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout


def rows(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which Maya and Jonas have written."""
    data = tmp_path_factory.mktemp("audit") / "data"
    done("chat", "--customer", MAYA, "-m", "cancel order 141", data=data)
    done("chat", "--customer", JONAS, "-m", "where is order 150?", data=data)
    return data


@pytest.fixture
def data(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test that changes it."""
    copy = tmp_path / "data"
    copy.mkdir()
    (copy / "secret").write_bytes((filled / "secret").read_bytes())
    with (
        closing(sqlite3.connect(filled / "shopfloor.sqlite3")) as source,
        closing(sqlite3.connect(copy / "shopfloor.sqlite3")) as target,
    ):
        source.backup(target)
    return copy


def tamper(data: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(data / "shopfloor.sqlite3")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(statement, values)
        connection.commit()


def stream_of(data: Path, customer: str) -> str:
    (stream,) = {row["stream"] for row in rows(done("audit", "show", "--customer", customer, "--json", data=data))}
    return stream


def conversation_of(data: Path, customer: str) -> str:
    return stream_of(data, customer).removeprefix("conversation/")


# Shown


def test_events_are_shown_the_newest_last(filled: Path) -> None:
    shown = done("audit", "show", "--limit", "5", data=filled).splitlines()
    assert len(shown) == 5
    assert "REPLY" in shown[-1]
    assert MAYA not in done("audit", "show", "--limit", "500", data=filled)


def test_verdicts_are_found_by_kind_rule_and_customer(filled: Path) -> None:
    (verdict,) = rows(done("audit", "show", "--kind", "cancel_order", "--rule", "consent.yes", "--json", data=filled))
    assert (verdict["type"], verdict["header"]["state"], verdict["header"]["agent"]) == (
        "ACTION",
        "proposed",
        "order_management",
    )
    assert "personal" not in verdict
    assert done("audit", "show", "--kind", "cancel_order", "--customer", JONAS, data=filled) == ""
    (same,) = rows(done("audit", "show", "--type", "action", "--customer", MAYA, "--json", data=filled))
    assert same == verdict
    assert done("audit", "show", "--until", "2020-01-01", data=filled) == ""
    assert len(rows(done("audit", "show", "--since", "1h", "--type", "ACTION", "--json", data=filled))) == 1


def test_what_is_personal_is_shown_only_where_it_is_asked_for(filled: Path) -> None:
    conversation = conversation_of(filled, MAYA)
    assert "cancel order 141" not in done("audit", "show", "--conversation", conversation, data=filled)
    assert "content: cancel order 141" in done(
        "audit", "show", "--conversation", conversation, "--personal", data=filled
    )


def test_what_was_erased_is_marked(data: Path) -> None:
    conversation = conversation_of(data, MAYA)
    done("erase", conversation, data=data)
    shown = done("audit", "show", "--conversation", conversation, "--type", "MESSAGE", "--personal", data=data)
    assert all("(personal part erased)" in line for line in shown.splitlines())
    assert "cancel order 141" not in shown


@pytest.mark.parametrize(
    ("args", "remedy"),
    [
        (["show", "--type", "NONSENSE"], "there is no type of events NONSENSE: there are ACTION, "),
        (["show", "--since", "soon"], "'soon' is no time"),
        (["show", "--stream", "a", "--conversation", "b"], "name the same thing"),
        (["export", "--format", "xml"], "there is no format xml"),
        (["export", "--conversation", "conv_none"], "there is no stream conversation/conv_none"),
        (["verify", "--conversation", "conv_none"], "there is no stream conversation/conv_none"),
        (["verify", "--file", "no-such-file"], "no-such-file cannot be read"),
        (["verify", "--file", "x", "--stream", "y"], "--file is checked as a whole"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_status_2(filled: Path, args: list[str], remedy: str) -> None:
    ran = shopfloor("audit", *args, data=filled)
    assert ran.returncode == 2
    assert remedy in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


# Exported and checked


def test_what_is_exported_verifies_by_itself_and_is_closed_to_others(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    ran = shopfloor("audit", "export", "-o", str(file), "--personal", data=filled)
    assert ran.returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    exported = rows(file.read_text("utf-8"))
    assert f"Exported {len(exported)} events to {file}." in ran.stderr
    assert "cancel order 141" in "".join(str(row["personal"]) for row in exported)
    assert "2 of 2 streams are whole" in done("audit", "verify", "--file", str(file), data=filled)
    exported[3]["header"] = exported[3]["header"].replace("{", "{ ", 1)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in exported), "utf-8")
    told = done("audit", "verify", "--file", str(file), data=filled, status=1)
    assert f"{exported[3]['stream']}: event {exported[3]['seq']} was changed" in told
    assert list(tmp_path.iterdir()) == [file], "nothing half written is left"


def test_a_table_has_its_columns_and_one_customers_streams_alone(filled: Path) -> None:
    table = list(csv.DictReader(io.StringIO(done("audit", "export", "--format", "csv", data=filled))))
    assert list(table[0])[:5] == ["at", "stream", "seq", "type", "agent"]
    theirs = rows(done("audit", "export", "--customer", JONAS, data=filled))
    assert {row["stream"] for row in theirs} == {f"conversation/{conversation_of(filled, JONAS)}"}
    assert 0 < len(theirs) < len(table)


def test_an_export_that_breaks_leaves_what_was_there(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("earlier", "utf-8")
    assert shopfloor("audit", "export", "--conversation", "none", "-o", str(file), data=filled).returncode == 2
    assert file.read_text("utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [file]
    nowhere = shopfloor("audit", "export", "-o", str(tmp_path / "no" / "where"), data=filled)
    assert nowhere.returncode == 1
    assert "cannot be written" in nowhere.stderr


def test_each_stream_that_is_broken_is_named_with_its_first_event(data: Path) -> None:
    ran = shopfloor("audit", "verify", data=data)
    assert ran.returncode == 0
    assert "2 of 2 streams are whole" in ran.stdout
    assert "audit heads" in ran.stderr, "it says what it cannot show"
    maya, jonas = stream_of(data, MAYA), stream_of(data, JONAS)
    tamper(data, "UPDATE journal_events SET header = replace(header, 'cli', 'web') WHERE stream = ?", maya)
    tamper(data, "DELETE FROM journal_events WHERE stream = ? AND seq = 3", jonas)
    told = done("audit", "verify", data=data, status=1)
    assert f"{maya}: event 1 was changed or slipped in" in told
    assert f"{jonas}: event 3 was removed" in told
    assert "0 of 2 streams are whole" in told
    found = json.loads(done("audit", "verify", "--stream", jonas, "--json", data=data, status=1))
    assert found["broken"] == [{"stream": jonas, "seq": 3, "problem": "was removed"}]


def test_an_action_of_which_the_record_was_changed_is_named(data: Path) -> None:
    assert "1 of 1 actions stand in their record as the events tell." in done("audit", "verify", data=data)
    maya = stream_of(data, MAYA)
    for change, value in (("UPDATE actions SET amount_minor = ?", 1), ("UPDATE actions SET state = ?", "executed")):
        tamper(data, change, value)
        told = done("audit", "verify", data=data, status=1)
        assert re.search(rf"differs +act_\w{{12}}: is not as the events tell \({maya}\)", told)
        assert "2 of 2 streams are whole" in told
        assert "0 of 1 actions" in told
    tamper(data, "DELETE FROM action_resources")
    tamper(data, "DELETE FROM actions")
    found = json.loads(done("audit", "verify", "--stream", maya, "--json", data=data, status=1))
    assert (found["broken"], found["actions"]) == ([], 0)
    [one] = found["differing"]
    assert (one["stream"], one["problem"]) == (
        maya,
        "is not in the record of actions, though events tell of it",
    )


def test_heads_that_were_kept_show_what_chains_cannot(data: Path, tmp_path: Path) -> None:
    heads = tmp_path / "heads.json"
    heads.write_text(done("audit", "heads", data=data), "utf-8")
    maya, jonas = stream_of(data, MAYA), stream_of(data, JONAS)
    last = json.loads(heads.read_text("utf-8"))["heads"][maya]["seq"]
    assert "2 of 2" in done("audit", "verify", "--against", str(heads), data=data)
    tamper(data, "DELETE FROM journal_events WHERE stream = ?", jonas)
    tamper(data, "DELETE FROM journal_streams WHERE stream = ?", jonas)
    tamper(data, "DELETE FROM journal_events WHERE stream = ? AND seq = ?", maya, last)
    tamper(data, CUT, last - 1)
    assert "1 of 1 streams are whole" in done("audit", "verify", data=data)
    told = done("audit", "verify", "--against", str(heads), data=data, status=1)
    assert f"{maya}: event {last} is gone, and so is all behind it" in told
    assert f"{jonas}: event " in told
    assert "is gone, and so is its whole stream" in told


def test_events_of_a_stream_whose_own_row_is_gone_are_found(data: Path) -> None:
    jonas = stream_of(data, JONAS)
    tamper(data, "DELETE FROM journal_streams WHERE stream = ?", jonas)
    assert f"{jonas}: event" in done("audit", "verify", data=data, status=1)


# A customer's data


def test_a_customers_data_is_written_to_a_file_of_ones_own(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "maya.json"
    done("customers", "export", MAYA, "-o", str(file), data=filled)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = json.loads(file.read_text("utf-8"))
    assert (held["format"], held["customer"]["email"]) == ("shopfloor-customer/1", MAYA)
    assert "cancel order 141" in str(held["conversations"])
    assert JONAS not in file.read_text("utf-8")
    nobody = shopfloor("customers", "export", "nobody@example.com", "-o", str(tmp_path / "x"), data=filled)
    assert nobody.returncode == 2
    assert "nothing is held of such a customer" in nobody.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_an_erasure_is_not_done_unasked_and_says_what_stays(data: Path) -> None:
    asked = shopfloor("customers", "erase", MAYA, data=data)
    assert asked.returncode == 2
    assert "say --yes" in asked.stderr
    assert "cancel order 141" in done("audit", "show", "--customer", MAYA, "--personal", data=data)
    told = done("customers", "erase", MAYA, "--yes", data=data)
    assert "1 conversations" in told
    assert "they belong to the shop system" in told
    assert "cancel order 141" not in done("audit", "show", "--personal", "--limit", "500", data=data)
    assert "order 150" in done("audit", "show", "--customer", JONAS, "--personal", data=data)
    again = json.loads(done("customers", "erase", MAYA, "--yes", "--json", data=data))
    assert again["is_whole"]
    assert set(again["erased"].values()) == {0}
    assert "are whole" in done("audit", "verify", data=data)
    on_disk = b"".join(file.read_bytes() for file in data.glob("shopfloor.sqlite3*"))
    assert b"cancel order 141" not in on_disk


def test_what_is_old_is_erased_by_the_settings_and_told_before(data: Path) -> None:
    assert "Everything is kept" in done("audit", "retain", data=data)
    done("settings", "set", "retention.conversations_days=30", data=data)
    tamper(data, "UPDATE journal_events SET at = at - 86400000000 * 100")
    trial = json.loads(done("audit", "retain", "--dry-run", "--json", data=data))
    assert [(one["kind"], one["count"]) for one in trial] == [("conversations", 2)]
    assert "cancel order 141" in done("audit", "show", "--personal", "--limit", "500", data=data)
    assert "2 conversations that rest since" in done("audit", "retain", data=data)
    assert "cancel order 141" not in done("audit", "show", "--personal", "--limit", "500", data=data)
    (told,) = rows(done("audit", "show", "--type", "RETENTION", "--json", data=data))
    assert (told["header"]["kind"], told["header"]["count"]) == ("conversations", 2)
    refused = shopfloor("settings", "set", "retention.outreaches_days=1", data=data)
    assert refused.returncode == 2
    assert "retention.outreaches_days" in refused.stderr
