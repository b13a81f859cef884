"""A backup: whole, of one moment, its owner's alone, whatever others do meanwhile."""

import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest
from broken_off import back_up
from commands import run_command
from dying import outcome
from installations import installation, marks
from sqlalchemy import text

from shopfloor.backups.archive import opened_archive
from shopfloor.backups.making import make_backup
from shopfloor.backups.restoring import restore_backup
from shopfloor.config import Config
from shopfloor.database.engine import Database
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import StorageError

CLOCK = SystemClock()


@pytest.fixture
def config(tmp_path: Path, migrated: Path) -> Config:
    return installation(tmp_path / "data", migrated, "mine")


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "shop.backup"


def make(config: Config, to: Path, *, is_forced: bool = False) -> list[str]:
    """Write a backup, and return what was told of it."""
    told: list[str] = []
    make_backup(config, to, CLOCK, is_forced=is_forced, tell=told.append)
    return told


def fill(config: Config, megabytes: int) -> None:
    database = Database.sqlite(config.database)
    row = text("INSERT INTO versions (kind, version, data, is_shipped, made_at) VALUES ('x', :version, :data, 0, 0)")
    for number in range(megabytes):
        values = {"version": number, "data": f'"{"x" * 1_000_000}"'}
        database.run(lambda session, values=values: session.execute(row, values), True)
    database.close()


def test_a_backup_holds_database_and_secret_but_no_locks(config: Config, to: Path) -> None:
    (config.data / "models.yaml").write_text("fast: []\n")
    make(config, to)
    with tarfile.open(to) as archive:
        assert archive.getnames() == ["manifest.json", "shopfloor.sqlite3", "secret", "models.yaml"]
        assert {member.mode for member in archive} == {0o600}
    assert to.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in to.parent.iterdir()) == ["data", "shop.backup"]


def test_a_backup_tells_how_far_it_has_come(config: Config, to: Path) -> None:
    fill(config, 9)
    told = make(config, to)
    copied = [line for line in told if line.startswith("Copying the database... ")]
    assert len(copied) >= 3
    assert copied[-1].endswith(" 100%")
    assert told[-2:] == ["Writing shop.backup... 100%", "Checking shop.backup..."]


def test_a_file_that_is_there_is_not_written_over_unless_that_is_said(config: Config, to: Path) -> None:
    to.write_text("precious")
    refused = run_command("backup", str(to), "--data", str(config.data))
    assert refused.returncode == 2
    assert "there already: name another file, or say --force" in refused.stderr
    assert to.read_text() == "precious"
    done = run_command("backup", str(to), "--data", str(config.data), "--force")
    assert done.returncode == 0, done.stderr
    assert "schema 00" in done.stderr
    assert to.stat().st_mode & 0o777 == 0o600
    with opened_archive(to) as archive:
        archive.check()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("", "is a folder: name a file in it"),
        ("nowhere/shop.backup", "there is no folder"),
        ("data/shopfloor.sqlite3", "belongs to the installation itself"),
        ("data/secret", "belongs to the installation itself"),
    ],
)
def test_a_place_that_cannot_be_is_told_with_the_remedy(config: Config, tmp_path: Path, name: str, remedy: str) -> None:
    refused = run_command("backup", str(tmp_path / name), "--force", "--data", str(config.data))
    assert refused.returncode == 2
    assert remedy in refused.stderr
    assert marks(config.data) == ("mine", "mine")


def test_where_no_installation_is_none_is_made(tmp_path: Path) -> None:
    refused = run_command("backup", str(tmp_path / "a"), "--data", str(tmp_path / "none"))
    assert "there is no installation in" in refused.stderr
    assert not (tmp_path / "none").exists()


def test_a_damaged_database_makes_no_backup(config: Config, to: Path) -> None:
    fill(config, 1)
    with config.database.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 40 * 4096)
    with pytest.raises(StorageError, match="damaged: restore a backup"):
        make(config, to)
    assert sorted(path.name for path in to.parent.iterdir()) == ["data"]


def test_two_that_write_the_same_file_at_once_do_not_mix(config: Config, to: Path) -> None:
    fill(config, 5)
    waits, goes_on = threading.Event(), threading.Event()

    def tell(_text: str) -> None:
        waits.set()
        goes_on.wait(30)

    first = threading.Thread(
        target=make_backup, args=(config, to, CLOCK), kwargs={"is_forced": False, "tell": tell}, daemon=True
    )
    first.start()
    assert waits.wait(30)
    refused = run_command("backup", str(to), "--data", str(config.data))
    goes_on.set()
    first.join(30)
    assert "another process writes" in refused.stderr
    with opened_archive(to) as archive:
        archive.check()


def test_backups_under_load_are_of_one_moment_and_hold_what_was_confirmed(config: Config, to: Path) -> None:
    fill(config, 12)
    command = [sys.executable, str(Path(__file__).parent / "writing_pairs.py"), str(config.database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        confirmed = 0
        lines = iter(writer.stdout.readline, "")
        for number in range(3):
            wanted = confirmed + 20
            while confirmed < wanted:
                confirmed = int(next(lines))
            steps: list[str] = []
            make_backup(config, to, CLOCK, is_forced=True, tell=steps.append)
            other = Config(data=to.parent / f"other{number}")
            restore_backup(other, to, CLOCK, lambda _text: None)
            left, right = _pairs(other)
            assert left == right
            assert len(left) >= confirmed
            assert left == set(range(len(left)))
        writer.kill()
        confirmed = max([confirmed, *(int(line) for line in lines if line.endswith("\n"))])
    assert confirmed > 60, "nothing was written meanwhile"


def _pairs(config: Config) -> tuple[set[int], set[int]]:
    database = Database.sqlite(config.database)
    names = database.run(lambda session: list(session.scalars(text("SELECT stream FROM journal_streams"))), False)
    database.close()
    sides = {side: {int(n.partition("/")[2]) for n in names if n.startswith(side)} for side in ("left", "right")}
    return sides["left"], sides["right"]


def test_a_crash_of_a_backup_leaves_the_old_one_or_a_whole_new_one(config: Config, to: Path) -> None:
    make(config, to)
    before = to.read_bytes()
    renewed = 0
    for number in range(1, 200):
        ended = outcome(back_up, config.data, to, number)
        with opened_archive(to) as archive:
            archive.check()
        renewed += to.read_bytes() != before
        if ended == 0:
            break
        assert ended == -9
    else:
        raise AssertionError("it never came to its end")
    assert number > 8
    assert renewed
    make(config, to, is_forced=True)
    assert sorted(path.name for path in to.parent.iterdir()) == ["data", "shop.backup"]
    assert marks(config.data) == ("mine", "mine")
