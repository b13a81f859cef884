"""The layout of the code: its floors, its sizes, its names, and what no file of the repository may hold."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "shopfloor"
MADE = {".git", ".hypothesis", ".import_linter_cache", ".peers", ".pytest_cache", ".ruff_cache", ".venv"} | {
    "__pycache__",
    "build",
    "data",
    "dist",
}
"""Folders that hold nothing of ours."""
MAX_MODULE = 500
MAX_FUNCTION = 60
NAMELESS = {"utils", "helpers", "common", "manager"}
ELSEWHERE = re.compile(
    "|".join(
        [
            *(f"(?<![\\w.]){os.sep}{folder}{os.sep}" for folder in ("work", "root", "home", "Users")),
            *(f"\\b{host}\\b" for host in ("pypi" + r"\.org", "python" + "hosted", "npm" + "js", "index" + "-url")),
        ]
    )
)
"""Paths of one machine, and hosts of registries."""


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - MADE)
        yield from (Path(folder) / name for name in sorted(names))


def test_arrows_point_down_and_nothing_goes_in_a_circle() -> None:
    pytest.importorskip("importlinter", reason="import-linter comes with `make check`")
    # In a process of its own: it switches off the loggers of this one.
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    linted = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert linted.returncode == 0, linted.stdout


def test_the_drawing_shows_the_floors_that_are_checked() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("```")[1]
    drawn = re.findall(r"^\d  (.+?)  ", drawing, re.MULTILINE)
    floors = next(c["layers"] for c in project()["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    assert [floor.strip() for floor in drawn] == floors


def test_every_dependency_has_a_reason() -> None:
    stated = project()["project"]
    wanted = [*stated["dependencies"], *(one for extra in stated["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in wanted}
    reasons = set(re.findall(r"`([\w-]+)`", (ROOT / "ARCHITECTURE.md").read_text("utf-8")))
    assert names - reasons == set()


def test_no_module_is_longer_than_one_can_read() -> None:
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > MAX_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.name}: {node.name}"
        for path in modules()
        if path.parent.name != "versions"  # a migration lists tables
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION
    ]
    assert long == []


def test_no_module_is_named_after_nothing() -> None:
    names = {part.removesuffix(".py") for path in modules() for part in path.relative_to(SOURCE).parts}
    assert names & NAMELESS == set()


def test_no_file_names_a_machine_or_a_registry() -> None:
    texts = ((path, path.read_text("utf-8", errors="replace")) for path in files())
    found = {str(path.relative_to(ROOT)): match[0] for path, text in texts if (match := ELSEWHERE.search(text))}
    assert found == {}
