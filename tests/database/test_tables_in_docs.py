"""Every table is named in the document on what is held of whom, and nothing else is."""

import re
from pathlib import Path

from shopfloor.database.base import Base
from shopfloor.database.revise import import_rows

DOCUMENT = Path(__file__).parents[2] / "docs" / "data.md"


def test_the_document_says_of_every_table_what_it_holds() -> None:
    import_rows()
    text = DOCUMENT.read_text("utf-8")
    rows = text[text.index("| table |") :].split("\n\n", 1)[0].splitlines()[2:]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(Base.metadata.tables)
