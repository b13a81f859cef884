"""Reads a feed row by row, however long it is: what cannot be read is a problem of its row, and the next is read."""

import codecs
import csv
import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Literal, cast

from pydantic import Field, ValidationError

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.fields import fields_of
from shopfloor.shop.feeds import google
from shopfloor.shop.feeds.parts import Problem, ProductPart, Row, VariantPart

Format = Literal["csv", "tsv", "jsonl"]
ENDINGS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".txt": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
MOST_CHARS = 1_000_000
"""How much of one line is read at once, so that a file without any line is not held whole."""
SHOWN = 3
"""What is told to be wrong with one row."""
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Line(ProductPart):
    """A product as a line of JSON."""

    variants: tuple[VariantPart, ...] = Field(min_length=1)


class Feed:
    """A file that is open."""

    def __init__(self, path: Path, raw: IO[bytes], text: Iterator[str], how: Format, now: datetime) -> None:
        """Take the file, its lines, and when it is read: a sale price may hold for a time."""
        self.size = path.stat().st_size
        """In bytes."""
        self.unused: tuple[str, ...] = ()
        """The columns that nothing is taken from, once the first row is read."""
        self._path = path
        self._raw = raw
        self._text = text
        self._how = how
        self._now = now

    def read_bytes(self) -> int:
        """Return how much of it is read."""
        return self._raw.tell()

    def rows(self) -> Iterator[Row | Problem]:
        """Read it, once.

        Raises:
            InvalidInput: it has no column `id`, or is not of the encoding that it says.
        """
        try:
            yield from self._lines() if self._how == "jsonl" else self._table()
        except UnicodeError as error:
            raise InvalidInput(f"{self._path} is not written in the encoding that it says: save it as UTF-8") from error

    def _lines(self) -> Iterator[Row | Problem]:
        for number, text in enumerate(self._text, 1):
            if text.strip():
                yield _line(number, text)

    def _table(self) -> Iterator[Row | Problem]:
        reader = csv.reader(self._text, delimiter="\t" if self._how == "tsv" else ",", strict=True)
        try:
            names = [google.column(name) for name in next(reader, list[str]())]
        except csv.Error as error:
            raise InvalidInput(f"the first line of {self._path} has no names of columns: {error}") from error
        if "id" not in names:
            divided = "; it seems to be divided by semicolons: save it with commas" if ";" in "".join(names) else ""
            remedy = divided or ": name it, or say what it is by --format"
            raise InvalidInput(f"{self._path} has no column id in its first line{remedy}")
        self.unused = tuple(dict.fromkeys(name for name in names if name and name not in google.USED))
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                lines = f"lines {number} to {reader.line_num}" if reader.line_num > number else "it"
                yield Problem(number, "", f'{lines} cannot be read ({error}): close each " and write " within as ""')
                continue
            if cells is None:
                return
            if any(cells):
                yield self._row(number, names, cells)

    def _row(self, number: int, names: list[str], cells: list[str]) -> Row | Problem:
        if len(cells) != len(names):
            return Problem(number, "", f"it has {len(cells)} cells, where the first line names {len(names)} columns")
        named: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=True):
            is_more = name in named and named[name] and name == "product_detail"
            named[name] = f"{named[name]},{cell}" if is_more else named.get(name) or cell
        if why := unreadable("".join(cells)):
            return Problem(number, "", why)
        product, sku = google.names_of(named)
        try:
            part, variant = google.read(named, self._now)
        except (InvalidInput, ValueError) as error:
            return Problem(number, sku, told(error), [(product, sku)] if sku else ())
        return Row(number, part, [variant])


@contextmanager
def opened(path: Path, how: Format | None, encoding: str | None, now: datetime) -> Generator[Feed]:
    """Open a feed; its name says how it is written where `how` does not, and UTF-8 is taken for its encoding.

    Raises:
        InvalidInput: it cannot be opened, or nobody says how it is written.
    """
    form = how or ENDINGS.get(path.suffix.lower())
    if form is None:
        raise InvalidInput(f"{path} may be anything: say by --format whether it is csv, tsv or jsonl")
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    with raw:
        begins = raw.read(2)
        raw.seek(0)
        name = encoding or MARKS.get(begins, "utf-8-sig")
        try:
            # What is not of the encoding comes as half characters, which no text has, and so is told by its row.
            errors = "strict" if name.lower().replace("-", "").startswith("utf16") else "surrogateescape"
            text = TextIOWrapper(raw, name, errors, newline="")
        except LookupError as error:
            raise InvalidInput(f"{encoding} is no encoding that is known: name one like utf-8 or cp1252") from error
        yield Feed(path, raw, iter(partial(text.readline, MOST_CHARS), ""), form, now)


def unreadable(text: str) -> str:
    """Say why a text is none; empty where it is one."""
    if "\0" in text:
        return "it holds a character without a meaning (NUL)"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it is not written in the encoding of the file: save the file as UTF-8, or name its own by --encoding"
    return ""


def told(error: Exception) -> str:
    """Say what is wrong with a row."""
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(": ".join(part for part in one if part) for one in fields_of(error, Line)[:SHOWN])


def _line(number: int, text: str) -> Row | Problem:
    if why := unreadable(text):
        return Problem(number, "", why)
    try:
        line = Line.model_validate_json(text)
    except ValidationError as error:
        id_, names = _named(text)
        return Problem(number, id_, told(error), names)
    said = {name: getattr(line, name) for name in line.model_fields_set - {"variants"}}
    return Row(number, ProductPart.model_construct(line.model_fields_set - {"variants"}, **said), line.variants)


def _named(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return what a line that cannot be used is about, as far as that can be told."""
    try:
        found = cast("dict[str, list[dict[str, str]]]", json.loads(text))
        id_ = str(found["id"])
        return id_, [(id_, str(variant["sku"])) for variant in found["variants"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "", []
