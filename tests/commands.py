"""The command line, run in the test's own process: a process of its own takes seconds to start.

What only a process of its own can show, as its signals, its terminal and its limits, is in `cli/test_cli.py`,
`cli/test_serve.py` and `cli/test_demo_command.py`.
"""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from unittest.mock import patch

[ENTRY_POINT] = entry_points(group="console_scripts", name="shopfloor")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a command did: its exit status, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class Written(io.TextIOWrapper):
    """Takes what a command writes, as a pipe with the oldest of encodings would."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="ascii", newline="")

    def text(self) -> str:
        self.flush()
        return self._bytes.getvalue().decode("utf-8")


def run_command(
    *args: str, typed: str = "", environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Done:
    """Run what the installed `shopfloor` would.

    `typed` is its stdin, which is no terminal; `environment` is all of its variables, and `folder` where it runs:
    without them they are the test's.
    """
    out, err, status = Written(), Written(), 0
    with (
        patch.object(sys, "argv", ["shopfloor", *args]),
        patch.object(sys, "stdin", io.StringIO(typed)),
        nullcontext() if environment is None else patch.dict(os.environ, environment, clear=True),
        nullcontext() if folder is None else chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            ENTRY_POINT.load()()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Done(returncode=status, stdout=out.text(), stderr=err.text())


def environment_of(data: Path) -> dict[str, str]:
    """Return the variables of a program that knows where an installation lies, and no more."""
    return {"PATH": os.defpath, "HOME": str(data.parent), "SHOPFLOOR_DATA": str(data), "LANG": "C"}


def at_the_shop(*args: str, data: Path, typed: str = "", **more: str) -> Done:
    """Run a command of an installation, with nothing in its environment but where that lies, and `more`."""
    return run_command(*args, typed=typed, environment=environment_of(data) | more)
