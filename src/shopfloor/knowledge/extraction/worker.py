"""The process that reads pages: they come in on its standard input, what is in them goes out on the other.

It is run as a script: as a part of the package it would bring all of the product along, which takes seconds. A page is
a line of JSON with `name`, `declared` and `size`, and its bytes; an answer is a line with its size, and JSON with what
was `found`, why it was `refused`, or that this process `is_spent`: it has no memory left, and is to be ended.
"""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

SHOPFLOOR = Path(__file__).parents[2]


def serve(pages: BinaryIO, answers: BinaryIO) -> None:
    """Read pages until there are no more."""
    package = ModuleType(SHOPFLOOR.name)
    package.__path__ = [str(SHOPFLOOR)]
    sys.modules[SHOPFLOOR.name] = package  # found from now on, without what its own module brings
    reading = import_module("shopfloor.knowledge.extraction.reading")
    raw_of = import_module("shopfloor.knowledge.extraction.contract").Raw
    refused = import_module("shopfloor.kernel.errors").InvalidInput
    reading.limit_memory()
    while line := pages.readline():
        asked = json.loads(line)
        content = pages.read(asked["size"])
        try:
            raw = raw_of(content=content, name=asked["name"], declared=asked["declared"])
            answer = {"found": asdict(reading.read_page(raw))}
        except refused as error:
            answer = {"refused": str(error)}
        except MemoryError:
            answer = {"is_spent": True}
        told = json.dumps(answer).encode()
        answers.write(b"%d\n%b" % (len(told), told))
        answers.flush()


if __name__ == "__main__":
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer
    serve(stdin, stdout)
