"""Pages of Markdown, with or without front matter."""

import re
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopfloor.knowledge.extraction.contract import Extracted

FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?P<head>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FIRST_HEADING = re.compile(r"^#[ \t]+(?P<title>\S.*)$|^(?P<underlined>\S.*)\n=+[ \t]*$", re.MULTILINE)


class Head(BaseModel):
    """What the front matter of a page may say; more is passed over."""

    model_config = ConfigDict(extra="ignore")

    title: str | None = None
    topic: str | None = None
    updated: date | None = None
    written: Annotated[date | None, Field(alias="date")] = None
    language: str | None = None
    lang: str | None = None


def read_markdown(text: str, name: str) -> Extracted:
    """Read a page; its title is that of the front matter, its first heading, or its name."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    match = FRONT_MATTER.match(plain)
    head, body = Head(), plain
    if match:
        try:
            read: object = yaml.safe_load(match["head"])
            head, body = Head.model_validate(read or {}), plain[match.end() :]
        except (yaml.YAMLError, ValidationError, RecursionError):
            pass  # what only looks like front matter is text
    heading = FIRST_HEADING.search(body)
    headed = (heading["title"] or heading["underlined"]) if heading else ""
    title = head.title or headed.rstrip("# \t") or titled(name)
    day = head.updated or head.written
    return Extracted(
        title=title.strip(),
        text=body.strip(),
        topic=head.topic or "",
        language=head.language or head.lang,
        updated=day.isoformat() if day else None,
    )


def titled(name: str) -> str:
    """Return a title for what has none, from its name: `care-of_wool.txt` is `care of wool`."""
    stem = PurePosixPath(name.split("?")[0].rstrip("/")).stem
    return re.sub(r"[-_\s]+", " ", stem).strip() or name
