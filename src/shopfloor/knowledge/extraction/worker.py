"""The process that reads PDF and DOCX: files come in on its standard input, what is in them goes out on the other.

It is run as a script: as a part of the package it would bring all of the product along, which takes seconds. A file is
a line of JSON with `kind`, `name` and `size`, and its bytes; an answer is a line with its size, and JSON with what was
`found`, why it was `refused`, or that this process `is_spent`: it has no memory left, and is to be ended.
"""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

SHOPFLOOR = Path(__file__).parents[2]


def serve(files: BinaryIO, answers: BinaryIO) -> None:
    """Read files until there are no more."""
    package = ModuleType(SHOPFLOOR.name)
    package.__path__ = [str(SHOPFLOOR)]
    sys.modules[SHOPFLOOR.name] = package  # found from now on, without what its own module brings
    reading = import_module("shopfloor.knowledge.extraction.packed")
    refused = import_module("shopfloor.kernel.errors").InvalidInput
    reading.limit_memory()
    while line := files.readline():
        asked = json.loads(line)
        content = files.read(asked["size"])
        try:
            answer = {"found": asdict(reading.read_packed(content, asked["name"], asked["kind"]))}
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
