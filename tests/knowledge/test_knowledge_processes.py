"""Knowledge over several processes: a kill leaves what there was, and all follow what one changes."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.database.engine import Database
from shopfloor.knowledge.base import KnowledgeBase
from shopfloor.knowledge.contract import Correction
from shopfloor.knowledge.stores import SqlKnowledge

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).parent / "adding_killed.py"
QUESTION = "do you rent out tents"


async def answer(base: KnowledgeBase) -> str:
    return (await base.retrieve(QUESTION, limit=1)).passages[0].text


async def until_answered(base: KnowledgeBase, text: str) -> None:
    with anyio.fail_after(30):
        while await answer(base) != text:  # noqa: ASYNC110  (another task makes the index)
            await anyio.sleep(0.02)


async def test_a_kill_while_pages_are_stored_leaves_those_there_were(tmp_path: Path) -> None:
    folder, data = tmp_path / "pages", tmp_path / "data"
    folder.mkdir()
    (folder / "tents.md").write_text("# Tents\n\n## Do you rent out tents?\n\nTents are rented out for $25.", "utf-8")
    async with open_app(Config(data=data)) as app:
        await app.knowledge.sources.add(str(folder), staff="Ada")
    (folder / "tents.md").write_text("# Tents\n\n## Do you rent out tents?\n\nNot any more.", "utf-8")
    killed = await anyio.run_process([sys.executable, str(PROGRAM), str(data), str(folder), "1"], check=False)
    assert killed.returncode == -signal.SIGKILL
    async with open_app(Config(data=data)) as app:
        [best] = (await app.knowledge.base.retrieve(QUESTION, limit=1)).passages
        assert best.text == "Tents are rented out for $25."
        report = await app.knowledge.sources.add(str(folder), staff="Ada")
        assert (report.changed, report.new) == (1, 0)
        [best] = (await app.knowledge.base.retrieve(QUESTION, limit=1)).passages
        assert best.text == "Not any more."


async def test_another_process_follows_pages_and_corrections(tmp_path: Path) -> None:
    folder, data = tmp_path / "pages", tmp_path / "data"
    folder.mkdir()
    (folder / "tents.txt").write_text("Do you rent out tents? Tents are rented out for $25 a night.", "utf-8")
    async with open_app(Config(data=data)) as one, open_app(Config(data=data)) as other:
        base = other.knowledge.base
        assert "rented out" not in (await base.retrieve(QUESTION, limit=1)).passages[0].text
        await one.knowledge.sources.add(str(folder), staff="Ada")
        base.look_again()  # half a second later, without the wait
        assert "rented out" in (await base.retrieve(QUESTION, limit=1)).passages[0].text
        made = await one.knowledge.corrections.add(QUESTION, "Only in summer.", staff="Ada")
        base.look_again()
        found = await base.retrieve("Do you rent out tents?", limit=2)
        assert (found.is_answerable, found.passages[0].text) == (True, "Only in summer.")
        assert (found.passages[0].source, found.passages[0].document_id) == ("staff", f"correction/{made.id}")
        whole = await base.read_document(found.passages[0].document_id)
        assert whole
        assert whole.text == "Only in summer."
        await one.knowledge.corrections.remove(made.id, staff="Ada")
        await one.knowledge.sources.remove(str(folder), staff="Ada")
        base.look_again()
        assert "rented out" not in (await base.retrieve(QUESTION, limit=1)).passages[0].text


async def test_what_others_change_is_followed_in_the_background(tmp_path: Path) -> None:
    folder, data = tmp_path / "pages", tmp_path / "data"
    folder.mkdir()
    (folder / "tents.md").write_text("# Tents\n\n## Do you rent out tents?\n\nFor $25 a night.", "utf-8")
    async with open_app(Config(data=data)) as one, open_app(Config(data=data)) as other:
        base = other.knowledge.base
        async with anyio.create_task_group() as group:
            group.start_soon(base.run)
            await one.knowledge.sources.add(str(folder), staff="Ada")
            await until_answered(base, "For $25 a night.")
            await one.knowledge.corrections.add(QUESTION, "Only in summer.", staff="Ada")
            await until_answered(base, "Only in summer.")
            await other.knowledge.corrections.add(QUESTION, "In winter too.", staff="Ada")
            assert await answer(base) == "In winter too.", "what is corrected here holds at once"
            group.cancel_scope.cancel()


async def test_an_index_outlives_its_database_and_follows_it_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_app(Config(data=tmp_path)) as app:
        await app.knowledge.corrections.add(QUESTION, "Only in summer.", staff="Ada")
    path, away = tmp_path / "shopfloor.sqlite3", tmp_path / "away.sqlite3"
    database = await to_thread.run_sync(Database.sqlite, path)
    knowledge = SqlKnowledge(database)
    base = KnowledgeBase(knowledge, home="US", fresh_s=0.01)
    async with anyio.create_task_group() as group:
        group.start_soon(base.run)
        await until_answered(base, "Only in summer.")
        path.rename(away)
        await to_thread.run_sync(database.close)
        with anyio.fail_after(30):
            while "the knowledge stays as it was" not in caplog.text:  # noqa: ASYNC110  (another task logs it)
                await anyio.sleep(0.02)
        assert await answer(base) == "Only in summer."
        away.rename(path)
        made = Correction(id="cor_2", question=QUESTION, answer="Never.", made_at=datetime.now(UTC), made_by="Ada")
        await knowledge.correct(made)
        await until_answered(base, "Never.")
        group.cancel_scope.cancel()
    await to_thread.run_sync(database.close)


async def test_the_demo_shops_pages_are_a_source_and_stay_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_app(Config(data=data)) as app:
        [demo] = await app.knowledge.sources.knowledge.sources()
        assert (demo.name, demo.kind, demo.documents) == ("demo", "demo", 73)
        await app.knowledge.sources.remove("demo", staff="Ada")
    async with open_app(Config(data=data)) as app:
        assert await app.knowledge.sources.knowledge.sources() == []
        assert (await app.knowledge.base.retrieve("how much is shipping")).passages == ()
