"""Knowledge over several processes: a kill leaves what there was, and all follow what one changes."""

import signal
import sys
from pathlib import Path

import anyio
import pytest

from shopfloor.app import open_app
from shopfloor.config import Config

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).parent / "adding_killed.py"
QUESTION = "do you rent out tents"


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
        base.forget()  # half a second later, without the wait
        assert "rented out" in (await base.retrieve(QUESTION, limit=1)).passages[0].text
        made = await one.knowledge.corrections.add(QUESTION, "Only in summer.", staff="Ada")
        base.forget()
        found = await base.retrieve("Do you rent out tents?", limit=2)
        assert (found.is_answerable, found.passages[0].text) == (True, "Only in summer.")
        assert (found.passages[0].source, found.passages[0].document_id) == ("staff", f"correction/{made.id}")
        whole = await base.read_document(found.passages[0].document_id)
        assert whole
        assert whole.text == "Only in summer."
        await one.knowledge.corrections.remove(made.id, staff="Ada")
        await one.knowledge.sources.remove(str(folder), staff="Ada")
        base.forget()
        assert "rented out" not in (await base.retrieve(QUESTION, limit=1)).passages[0].text


async def test_the_demo_shops_pages_are_a_source_and_stay_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_app(Config(data=data)) as app:
        [demo] = await app.knowledge.sources.knowledge.sources()
        assert (demo.name, demo.kind, demo.documents) == ("demo", "demo", 73)
        await app.knowledge.sources.remove("demo", staff="Ada")
    async with open_app(Config(data=data)) as app:
        assert await app.knowledge.sources.knowledge.sources() == []
        assert (await app.knowledge.base.retrieve("how much is shipping")).passages == ()
