"""What somebody reads whose language the team does not: a notice in their own, where it can be told, and in English."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.text import words

LETTER = 2
"""What one letter that only a language has counts, in everyday words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A notice with what its language is told by."""

    notice: str
    words: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    script: re.Pattern[str] | None = None


def notice_in(text: str) -> str:
    """Return the notice for somebody who wrote a text: two lines, or the English one alone."""
    english, notices = _notices()
    said = words(text)
    best = max(notices, key=lambda notice: _score(notice, text.lower(), said))
    return f"{best.notice}\n{english}" if _score(best, text.lower(), said) > 0 else english


def _score(notice: Notice, text: str, said: list[str]) -> float:
    letters = sum(letter in notice.letters for letter in text)
    script = len(notice.script.findall(text)) / len(text) if notice.script and text else 0.0
    return sum(word in notice.words for word in said) + LETTER * letters + script


@cache
def _notices() -> tuple[str, tuple[Notice, ...]]:
    data = cast("dict[str, Any]", read_shipped("shopfloor.conversation", "notices.yaml"))
    notices = tuple(
        Notice(
            notice=str(one["notice"]),
            words=frozenset(map(str, one.get("words", ()))),
            letters=frozenset(one.get("letters", "")),
            script=re.compile(f"[{one['script']}]") if "script" in one else None,
        )
        for one in data["languages"].values()
    )
    return str(data["english"]).strip(), notices
