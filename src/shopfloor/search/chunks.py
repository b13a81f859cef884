"""Dividing a page of Markdown into passages: by its headings, then by paragraphs, lists and tables kept whole."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from shopfloor.language.text import sentences

LONGEST = 1_600
"""Letters of a passage up to which a section is not divided."""
WANTED = 1_000
"""Letters that the passages of a longer one have about."""
HEADING = re.compile(r"(?P<level>#{1,6})[ \t]+(?P<text>.+?)[ \t]*#*[ \t]*$")
UNDERLINE = re.compile(r"=+[ \t]*$")
FENCE = re.compile(r"[ ]{0,3}(?P<mark>```+|~~~+)")
TABLE_RULE = re.compile(r"\|?[ :|-]*-[ :|-]*$")
BETWEEN = " › "
"""Stands between a heading and those that it is under."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """A part of a page under one heading."""

    heading: str
    """With those that it is under; the page's title for what stands before the first."""
    text: str


def chunks(title: str, text: str) -> list[Chunk]:
    """Divide a page's text; the order is that of the page, and nothing but headings is lost."""
    found: list[Chunk] = []
    for path, lines in _sections(text):
        # A page often begins with its title once more.
        named = [part for place, part in enumerate(path) if place or part != title]
        heading = BETWEEN.join(named) or title
        found += [Chunk(heading=heading, text=part) for part in _parts(lines)]
    return found


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the lines under each heading, with the path to it."""
    path: list[tuple[int, str]] = []
    held: list[str] = []
    fence = ""
    for line in text.splitlines():
        if mark := FENCE.match(line):
            is_end = bool(fence) and line.strip().startswith(fence)
            fence = "" if is_end else fence or mark["mark"]
        heading = None if fence else HEADING.match(line)
        is_underlined = not fence and len(held) > 0 and bool(held[-1].strip()) and bool(UNDERLINE.match(line))
        if not heading and not is_underlined:
            held.append(line)
            continue
        level, words = (len(heading["level"]), heading["text"]) if heading else (1, held.pop().strip())
        yield tuple(one for _, one in path), held
        path = [*takewhile(lambda one, level=level: one[0] < level, path), (level, words)]
        held = []
    yield tuple(one for _, one in path), held


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """Yield the passages of a section."""
    whole = "\n".join(lines).strip()
    if len(whole) <= LONGEST:
        if whole:
            yield whole
        return
    yield from _joined(part for block in _blocks(lines) for part in _pieces(block))


def _joined(parts: Iterable[str]) -> Iterator[str]:
    """Put parts together up to the length that is wanted; what introduces the next one stays with it."""
    held: list[str] = []
    for part in parts:
        is_full = sum(map(len, held)) + len(part) > WANTED
        if held and is_full:
            introduction = [held.pop()] if held[-1].endswith(":") and len(held) > 1 else []
            yield "\n\n".join(held)
            held = introduction
        held.append(part)
    if held:
        yield "\n\n".join(held)


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    """Yield what empty lines divide; those inside a fence divide nothing."""
    held: list[str] = []
    fence = ""
    for line in lines:
        if mark := FENCE.match(line):
            fence = "" if fence and line.strip().startswith(fence) else fence or mark["mark"]
        if line.strip() or fence:
            held.append(line)
        elif held:
            yield "\n".join(held)
            held = []
    if held:
        yield "\n".join(held)


def _pieces(block: str) -> Iterator[str]:
    """Yield a block, or the pieces of one that is too long: a table's each with its head, other text by sentences."""
    if len(block) <= LONGEST:
        yield block
        return
    lines = block.splitlines()
    head = lines[:2] if len(lines) > 2 and TABLE_RULE.match(lines[1].strip()) else []
    between = "\n" if len(lines) > 2 else ""
    rest = lines[len(head) :] if between else sentences(block)
    held: list[str] = []
    for one in (piece for line in rest for piece in _cut(line)):
        if held and sum(map(len, held)) + len(one) > WANTED:
            yield between.join([*head, *held]).strip()
            held = []
        held.append(one)
    yield between.join([*head, *held]).strip()


def _cut(line: str) -> Iterator[str]:
    """Yield a line in pieces that are not too long, whatever it is made of."""
    for start in range(0, len(line), LONGEST):
        yield line[start : start + LONGEST]
