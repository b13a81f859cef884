"""A restore: all of it or nothing, only where nobody is at work, and nothing of what was there is lost."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import anyio
import pytest
from broken_off import restore
from commands import Done, run_command
from dying import outcome
from installations import installation, marks
from server_process import Process, Talk

from shopfloor.backups.in_use import used
from shopfloor.backups.making import make_backup
from shopfloor.config import Config
from shopfloor.database.engine import Database
from shopfloor.kernel.changes import Changed
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import NotFound, StorageError
from shopfloor.shop.sql import sql_shop
from shopfloor.stores import open_model_settings


@pytest.fixture
def backup(tmp_path: Path, migrated: Path) -> Path:
    """The backup of an installation that bears the mark `old`."""
    to = tmp_path / "shop.backup"
    config = installation(tmp_path / "old", migrated, "old")
    make_backup(config, to, SystemClock(), is_forced=False, tell=lambda _text: None)
    shutil.rmtree(config.data)
    return to


@pytest.fixture
def data(tmp_path: Path, migrated: Path) -> Path:
    """An installation that bears the mark `new`."""
    return installation(tmp_path / "data", migrated, "new").data


def restored(backup: Path, data: Path) -> Done:
    return run_command("restore", str(backup), "--data", str(data))


def asides(data: Path) -> list[Path]:
    return sorted(data.glob("before-restore-*"))


def test_what_was_there_is_kept_aside_as_an_installation_of_its_own(backup: Path, data: Path) -> None:
    done = restored(backup, data)
    assert done.returncode == 0, done.stderr
    assert marks(data) == ("old", "old")
    [aside] = asides(data)
    assert str(aside) in done.stderr.replace("\n", "")
    assert marks(aside) == ("new", "new")
    assert restored(backup, data).returncode == 0
    assert len(asides(data)) == 2


def test_what_followed_from_the_old_database_is_not_taken_for_what_follows_from_the_new_one(
    backup: Path, data: Path
) -> None:
    before = changes(data, None)
    assert changes(data, before.mark) == before
    assert restored(backup, data).returncode == 0
    with pytest.raises(NotFound, match="read everything anew"):
        changes(data, before.mark)


def changes(data: Path, mark: str | None) -> Changed:
    """Ask an installation's shop what changed behind a mark."""
    database = Database.sqlite(data / "shopfloor.sqlite3")
    found = anyio.run(sql_shop(database).catalogue.changes, mark)
    database.close()
    return found


def test_an_empty_folder_becomes_the_installation(backup: Path, tmp_path: Path) -> None:
    done = restored(backup, tmp_path / "fresh")
    assert done.returncode == 0, done.stderr
    assert "What was there before" not in done.stderr
    assert marks(tmp_path / "fresh") == ("old", "old")
    assert sorted(path.name for path in (tmp_path / "fresh").iterdir()) == ["locks", "secret", "shopfloor.sqlite3"]
    assert {(tmp_path / "fresh" / name).stat().st_mode & 0o777 for name in ("secret", "shopfloor.sqlite3")} == {0o600}


def test_what_sets_models_up_goes_aside_where_the_backup_has_none(data: Path, backup: Path) -> None:
    (data / "models.yaml").write_text("fast: []\n")
    assert restored(backup, data).returncode == 0
    assert not (data / "models.yaml").exists()
    assert (asides(data)[0] / "models.yaml").exists()


def test_the_log_of_the_old_database_goes_aside_with_it(backup: Path, data: Path) -> None:
    with closing(sqlite3.connect(data / "shopfloor.sqlite3")) as other:
        other.execute("UPDATE journal_streams SET stream = 'newer'")
        other.commit()
        for name in ("shopfloor.sqlite3", "shopfloor.sqlite3-wal"):  # as a process that died leaves them
            shutil.copy(data / name, data.parent / name)
    for name in ("shopfloor.sqlite3", "shopfloor.sqlite3-wal"):
        shutil.copy(data.parent / name, data / name)
    assert restored(backup, data).returncode == 0
    assert marks(data) == ("old", "old")
    assert marks(asides(data)[0]) == ("newer", "new")


def test_while_a_process_uses_the_installation_nothing_is_restored(backup: Path, data: Path) -> None:
    with used(data):
        refused = restored(backup, data)
    assert refused.returncode == 1
    assert "a process uses" in refused.stderr
    assert "end all of them and try again" in refused.stderr
    assert marks(data) == ("new", "new")
    assert restored(backup, data).returncode == 0


@pytest.mark.parametrize("begin", ["", "BEGIN; SELECT * FROM journal_streams", "BEGIN IMMEDIATE"])
def test_while_another_program_has_the_database_open_nothing_is_restored(backup: Path, data: Path, begin: str) -> None:
    program = (
        "import sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA user_version').fetchone()\n"
        "for line in sys.argv[2].split(';'): database.execute(line)\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(data / "shopfloor.sqlite3"), begin]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        refused = restored(backup, data)
        other.kill()
    assert "a process uses" in refused.stderr
    assert marks(data) == ("new", "new")
    assert restored(backup, data).returncode == 0, "a process that was killed still counts"


def test_a_damaged_database_can_be_replaced(backup: Path, data: Path) -> None:
    (data / "shopfloor.sqlite3").write_text("Dear diary, " * 1_000)
    assert restored(backup, data).returncode == 0
    assert marks(data) == ("old", "old")
    assert (asides(data)[0] / "shopfloor.sqlite3").read_text().startswith("Dear diary")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60_000])


def changed(path: Path) -> None:
    content = path.read_bytes()
    place = content.index(b"CREATE TABLE journal_streams")
    path.write_bytes(content[:place] + b"CREATE TABLE journal_Streams" + content[place + 28 :])


def other_secret(path: Path) -> None:
    content = path.read_bytes()
    assert content.count(b"old" + b"." * 29) == 1
    path.write_bytes(content.replace(b"old" + b"." * 29, b"odd" + b"." * 29))


def diary(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_database(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(5_000))


def another_archive(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("holiday.jpg"))


def rewritten(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Write a backup anew with another manifest."""
    with tarfile.open(path) as archive:
        held = [(member, (archive.extractfile(member) or BytesIO()).read()) for member in archive]
    manifest = json.loads(held[0][1])
    change(manifest)
    text = json.dumps(manifest).encode()
    held[0][0].size = len(text)
    with tarfile.open(path, "w") as archive:
        for member, content in [(held[0][0], text), *held[1:]]:
            archive.addfile(member, BytesIO(content))


def of_a_newer_schema(path: Path) -> None:
    rewritten(path, lambda manifest: manifest.update(revision="9999"))


def of_a_newer_format(path: Path) -> None:
    rewritten(path, lambda manifest: manifest.update(format=2, version="7.0"))


def with_a_path_in_it(path: Path) -> None:
    def change(manifest: dict[str, object]) -> None:
        files = manifest["files"]
        assert isinstance(files, dict)
        files["../outside"] = files["secret"]

    rewritten(path, change)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "is damaged"),
        (changed, "is damaged"),
        (other_secret, "is damaged"),
        (diary, "is no backup"),
        (empty, "is no backup"),
        (another_archive, "is no backup"),
        (with_a_path_in_it, "is no backup"),
        (gone, "there is no file"),
        (a_folder, "cannot be read"),
        (a_database, "is a database and no backup"),
        (of_a_newer_schema, "schema 9999 is of a newer version of shopfloor: install that version"),
        (of_a_newer_format, "was written by shopfloor 7.0, which is newer"),
    ],
)
def test_what_cannot_be_restored_is_refused_and_changes_nothing(
    backup: Path, data: Path, harm: Callable[[Path], None], said: str
) -> None:
    harm(backup)
    refused = restored(backup, data)
    assert refused.returncode in {1, 2}
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert marks(data) == ("new", "new")
    assert asides(data) == []
    assert sorted(path.name for path in data.iterdir()) == ["locks", "secret", "shopfloor.sqlite3"]


def test_a_crash_of_a_restore_leaves_all_of_the_old_or_all_of_the_new(
    backup: Path, tmp_path: Path, migrated: Path
) -> None:
    seen, states = set[str](), set[str]()
    for number in range(1, 200):
        data = installation(tmp_path / f"data{number}", migrated, "new").data
        ended = outcome(restore, data, backup, number)
        states.update(path.name for path in data.glob("restore.*"))
        database, secret = marks(data)
        assert database == secret
        seen.add(database)
        kept = [marks(aside) for aside in asides(data)]
        assert kept == ([("new", "new")] if database == "old" else [])
        assert not list(data.glob("restore.*"))
        shutil.rmtree(data)
        if ended == 0:
            break
        assert ended == -9
    else:
        raise AssertionError("it never came to its end")
    assert number > 10
    assert seen == {"old", "new"}
    assert states == {"restore.part", "restore.ready", "restore.moving"}


@pytest.mark.anyio
async def test_a_lost_database_is_not_taken_for_a_first_start(data: Path) -> None:
    (data / "shopfloor.sqlite3").unlink()
    with pytest.raises(StorageError, match="is gone: put it back, or restore a backup"):
        async with open_model_settings(Config(data=data)):
            pass
    assert not (data / "shopfloor.sqlite3").exists()


def test_a_conversation_and_its_secret_come_back_from_a_server_that_was_serving(tmp_path: Path) -> None:
    data, to = tmp_path / "data", tmp_path / "shop.backup"
    server = Process(data).until_ready()
    try:
        talk = Talk(server)
        talk.say("do you have tents?", "a")
        made = run_command("backup", str(to), "--data", str(data))
        assert made.returncode == 0, made.stderr
        kept = talk.transcript()
        talk.say("what are your opening hours?", "b")
        later = talk.transcript()
        assert "a process uses" in restored(to, data).stderr
        assert talk.transcript() == later
        server.end()
    finally:
        server.close()
    assert restored(to, data).returncode == 0
    for folder, transcript in ((data, kept), (asides(data)[0], later)):
        server = Process(folder).until_ready()
        try:
            talk.server = server
            assert talk.transcript() == transcript
            assert "sf_" not in server.said
        finally:
            server.close()
