"""The documents: their links lead somewhere, what they show is what happens, and the glossary is kept in order.

A block of `sh` is run line by line; `python` and `yaml` become files, under the name in their first line; `text` that
begins with a customer's line (`> `) is a conversation that is had again, with the cards of the same document. All of a
document runs in one folder, which is empty at first.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from commands import run_command
from demo_app import begin, demo_app

from shopfloor import App, parse_card
from shopfloor.agents.registry import MemoryRegistry
from shopfloor.cli.output import Output
from shopfloor.kernel.ids import ConversationId

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
GLOSSARY = ROOT / "docs" / "glossary.md"
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)[^)]*\)")
TERM = re.compile(r"^\*\*(?P<term>.+?)\*\*: (?P<text>.+)$", re.MULTILINE)
SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
SIGNED_IN = re.compile(r"Signed in as .+ \((?P<email>\S+)\)\.\n")
KNOWN = re.compile(r"\b(?P<kind>conv|act)_[0-9a-z]{12,}")
"""Ids of conversations and actions: those that a document shows stand for those that its commands made."""

a_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    language: str
    text: str

    @property
    def name(self) -> str:
        """Return the file's name, which stands in a comment in its first line."""
        return self.text.splitlines()[0].removeprefix("# ")

    @property
    def is_conversation(self) -> bool:
        return self.language == "text" and bool(re.match(r"> |Signed in as", self.text))


def blocks(path: Path) -> list[Block]:
    return [Block(language=m["language"], text=m["text"]) for m in BLOCK.finditer(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", [*DOCS, *sorted((ROOT / "src").rglob("*.md"))], ids=lambda path: path.stem)
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(BLOCK.sub("", path.read_text("utf-8")))]
    assert [t for t in targets if "://" not in t and not (path.parent / t).exists()] == []


@a_document
def test_every_block_of_code_is_of_a_kind_that_is_run(path: Path) -> None:
    others = [block for block in blocks(path) if block.language not in {"sh", "python", "yaml"}]
    assert [block.text for block in others if not block.is_conversation and path.name != "ARCHITECTURE.md"] == []


@a_document
def test_commands_run_as_they_stand(path: Path, tmp_path: Path) -> None:
    known: dict[str, str] = {}
    for block in blocks(path):
        if block.language in {"yaml", "python"}:
            (tmp_path / block.name).write_text(block.text, "utf-8")
        for line in block.text.splitlines() if block.language == "sh" else ():
            known |= _run(_with(known, line), tmp_path)


@a_document
def test_every_script_is_run_by_a_command(path: Path) -> None:
    commands = [line for block in blocks(path) if block.language == "sh" for line in block.text.splitlines()]
    scripts = [block.name for block in blocks(path) if block.language == "python"]
    assert [name for name in scripts if not any(f".venv/bin/python {name}" in line for line in commands)] == []


def _with(known: dict[str, str], line: str) -> str:
    """Return a command with the ids that were made, in place of those that are shown."""
    return KNOWN.sub(lambda found: known.get(found["kind"], found[0]), line)


def _run(line: str, folder: Path) -> dict[str, str]:
    """Run a command and return the conversation and the action that it tells of last, by the kinds of their ids."""
    program, *rest = shlex.split(line, comments=True)
    if program == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return {}
    assert program.startswith(".venv/bin/"), f"{line}: not a command that the reader has"
    beside = Path(sys.executable).parent / Path(program).name
    rest = [part.replace(".venv/bin/", f"{beside.parent}/") for part in rest]
    environment = {name: value for name, value in os.environ.items() if name != "SHOPFLOOR_DATA"}
    if program == ".venv/bin/shopfloor":
        done = run_command(*rest, environment=environment, folder=folder)
    else:
        done = subprocess.run(
            [beside, *rest],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return {found["kind"]: found[0] for found in KNOWN.finditer(done.stdout + done.stderr)}


@pytest.mark.anyio
@a_document
async def test_conversations_go_as_they_are_written(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [block.text for block in blocks(path) if block.language == "yaml"]
    cards = [parse_card(text, path.name) for text in files if "\nskills:" in text]
    for block in blocks(path):
        if block.is_conversation:
            app = await demo_app()
            assert isinstance(app.registry, MemoryRegistry)
            for card in cards:
                await app.registry.put(card)
            await _talk(app, block.text, capsys)


async def _talk(app: App, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    signed_in = SIGNED_IN.match(text)
    conversation = await begin(app, signed_in["email"] if signed_in else None)
    for part in re.split(r"^> ", text, flags=re.MULTILINE)[1:]:
        message, _, shown = part.partition("\n")
        assert await _shown(app, conversation, message, capsys) == shown.strip()


async def _shown(app: App, conversation: ConversationId, message: str, capsys: pytest.CaptureFixture[str]) -> str:
    output = Output(as_json=False)
    await app.chat.post(conversation, message)
    await app.chat.answer(conversation, output.hear)
    return capsys.readouterr().out.strip()


def test_the_glossary_has_each_term_once_and_in_order() -> None:
    terms = [match["term"].casefold() for match in TERM.finditer(GLOSSARY.read_text("utf-8"))]
    assert terms == sorted(set(terms))


def test_the_glossary_says_everything_in_two_sentences_at_most() -> None:
    text = GLOSSARY.read_text("utf-8")
    defined = {match["term"]: len(SENTENCE_END.findall(match["text"])) for match in TERM.finditer(text)}
    assert {term: count for term, count in defined.items() if count not in {1, 2}} == {}
    assert len(defined) == text.count("\n**"), "a line that begins like a term is none"
