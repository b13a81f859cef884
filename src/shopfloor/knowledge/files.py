"""Pages in files and folders of this machine."""

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from anyio import to_thread

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.contract import Page
from shopfloor.knowledge.extraction.contract import Raw
from shopfloor.knowledge.extraction.extracting import Extractor
from shopfloor.knowledge.extraction.formats import ENDINGS
from shopfloor.knowledge.limits import Tell
from shopfloor.knowledge.report import Place, Report
from shopfloor.knowledge.taking import digest_of, same, steering, taken

MOST_BYTES = 50_000_000
"""Of a file."""
MOST_FILES = 5_000


async def read_files(
    root: Path, before: Mapping[str, Page], report: Report, extractor: Extractor, at: datetime, tell: Tell
) -> list[Page]:
    """Read a file, or all files of a folder, and say in the report what became of each.

    Raises:
        InvalidInput: there is no such file or folder.
    """
    paths, unread = await to_thread.run_sync(_listed, root, report)
    pages: list[Page] = []
    names: set[str] = set()
    for number, path in enumerate(paths):
        name = path.name if path == root else path.relative_to(root).as_posix()
        names.add(name)
        tell(number, len(paths), name)
        try:
            pages.append(await _read(path, name, _id(root, path), before.get(name), report, extractor, at))
        except InvalidInput as error:
            known = before.get(name)
            (report.kept if known else report.skipped).append(Place(place=name, why=str(error)))
            pages += [known] if known else []
    tell(len(paths), len(paths), "")
    for name, page in before.items():
        why = next((why for folder, why in unread.items() if name.startswith(folder)), report.ended)
        if why and name not in names:
            report.kept.append(Place(place=name, why=why))
            pages.append(page)
    return pages


async def _read(
    path: Path, name: str, document_id: str, before: Page | None, report: Report, extractor: Extractor, at: datetime
) -> Page:
    content = await to_thread.run_sync(_content, path)
    if before and before.digest == digest_of(content):
        report.unchanged += 1
        return same(before, at)
    raw = Raw(content=content, name=path.name)
    page, withheld = await taken(extractor, raw, document_id=document_id, place=name, at=at)
    if withheld:
        report.withheld.append(Place(place=name, why=steering(withheld)))
    if before:
        report.changed += 1
    else:
        report.new += 1
    return page


def _id(root: Path, path: Path) -> str:
    """Return a name that tells nothing of the machine."""
    return path.name if path == root else f"{root.name}/{path.relative_to(root).as_posix()}"


def _content(path: Path) -> bytes:
    """Return what a file holds, up to the limit; no pipe or device is opened.

    Raises:
        InvalidInput: it cannot be read, or holds too much.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InvalidInput("it is no file")
        if found.st_size > MOST_BYTES:
            raise InvalidInput(f"it has {found.st_size // 1_000_000:,} MB, more than {MOST_BYTES // 1_000_000}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"it cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"it has more than {MOST_BYTES // 1_000_000} MB")
    return content


def _listed(root: Path, report: Report) -> tuple[list[Path], dict[str, str]]:
    """Return the files, and why what begins with some paths could not be listed."""
    if not root.exists():
        raise InvalidInput(f"there is no {root} on this machine: check the path")
    if not root.is_dir():
        return [root], {}
    unread: dict[str, str] = {}
    found = list(_within(root, report, unread))
    if len(found) > MOST_FILES:
        report.ended = f"it has more than {MOST_FILES:,} files: add its folders one by one"
    return found[:MOST_FILES], unread


def _within(root: Path, report: Report, unread: dict[str, str]) -> Iterator[Path]:
    """Yield the files of a folder in the order of their names, but no hidden ones and none that lie elsewhere."""

    def pass_over(error: OSError) -> None:
        place = Path(error.filename).relative_to(root).as_posix()
        why = f"the folder cannot be read: {error.strerror}"
        report.skipped.append(Place(place=place, why=why))
        unread["" if place == "." else f"{place}/"] = why

    for folder, folders, names in os.walk(root, onerror=pass_over):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if _is_link(Path(folder, name))]  # nobody goes into them
        for name in sorted([*names, *links]):
            path = Path(folder) / name
            place = path.relative_to(root).as_posix()
            if name.startswith("."):
                continue
            if _is_link(path):
                report.skipped.append(Place(place=place, why="it is a link to elsewhere"))
            elif path.suffix.lower() not in ENDINGS:
                report.skipped.append(Place(place=place, why="it is none of the kinds that can be read"))
            else:
                yield path


def _is_link(path: Path) -> bool:
    return os.path.islink(path)  # noqa: PTH114  (the other way raises where a path is too long)
