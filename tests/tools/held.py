"""Texts held against files. To renew the files after a change that is meant, run the tests with `RENEW_SNAPSHOTS=1`
in the environment and read the difference before it is committed."""

import os
from pathlib import Path


def matches(file: Path, text: str) -> bool:
    """Say whether a file holds a text; with `RENEW_SNAPSHOTS` set it is written first."""
    if os.environ.get("RENEW_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return file.exists() and file.read_text(encoding="utf-8") == text
