"""Options that many commands have, and files that they read and write."""

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, cast

import typer
from pydantic import JsonValue

from shopfloor.config import DATA_VARIABLE, MODELS_VARIABLE, Config, default_data
from shopfloor.identity.identity import Staff
from shopfloor.identity.keys import checked_name
from shopfloor.kernel.errors import InvalidInput, StorageError


def _folder(name: str) -> Path:
    """Read the data directory; an empty name, as of a variable that is not set, would be the current folder."""
    if not name.strip():
        raise InvalidInput("--data is empty: name a folder, or `.` for this one, or leave it out")
    return Path(name)


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="PATH",
        parser=_folder,
        help=f"The data directory; ${DATA_VARIABLE} or ./data where it is not given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON only; progress goes to stderr.")]
To = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file; stdout where it is not given.")]
Router = Annotated[
    Path | None,
    typer.Option("--router", help="What `train-router` wrote: the planner uses it beside the cards."),
]
Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        help=f"The file that sets models up; ${MODELS_VARIABLE}, the database, or models.yaml in the data directory.",
    ),
]
As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="NAME", help="Your name, as it is written down; your account's where it is not given."
    ),
]


def config(data: Path | None, router: Path | None = None, models: Path | None = None) -> Config:
    """Return what the operator set."""
    return Config(data=data or default_data(), router=router, models=models)


def staff(name: str | None) -> Staff:
    """Return the person of the staff who runs a command.

    Raises:
        InvalidInput: the name is none, or the account has none.
    """
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # as in a container without accounts
            raise InvalidInput("your account has no name: say who you are with --as NAME") from None
    try:
        return Staff(name=checked_name(name))
    except InvalidInput:
        raise InvalidInput(f"{name!r} is no name: write a line of 1 to 80 characters after --as") from None


def json_object(text: str, what: str) -> dict[str, JsonValue]:
    """Read a JSON object that was typed; `-` is stdin.

    Raises:
        InvalidInput: it is none.
    """
    try:
        value: object = json.loads(read_file(text) if text == "-" else text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f'{what} is no JSON: write it as \'{{"order_number": "123"}}\'') from error
    if not isinstance(value, dict):
        raise InvalidInput(f'{what} is no JSON object: write it as \'{{"order_number": "123"}}\'')
    return cast("dict[str, JsonValue]", value)


def read_file(path: str) -> str:
    """Return a file's text; `-` is stdin.

    Raises:
        InvalidInput: it cannot be read.
    """
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is no text in UTF-8: save it as such") from error


def write_file(path: Path | None, text: str) -> None:
    """Write a text to a file, or to stdout.

    Raises:
        StorageError: it cannot be written.
    """
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
