"""The rows of CSV files, each a passage with the names of its columns."""

import csv
import io

from shopfloor.kernel.errors import InvalidInput
from shopfloor.knowledge.extraction.contract import Extracted
from shopfloor.knowledge.extraction.markdown import titled

MOST_ROWS = 20_000
LONGEST_HEADING = 120
DELIMITERS = ",;\t|"


def read_csv(text: str, name: str) -> Extracted:
    """Read a file whose first row names its columns; what stands first in a row is its heading.

    Raises:
        InvalidInput: it is no table, or too long a one.
    """
    sample = text[:8_192]
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(sample, DELIMITERS)
    except csv.Error:
        dialect = "excel"
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), dialect) if any(map(str.strip, row))]
    except csv.Error as error:
        raise InvalidInput(f"it is no table: {error}") from error
    if len(rows) < 2:
        raise InvalidInput("it has no rows below the names of its columns")
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"it has {len(rows):,} rows, more than {MOST_ROWS:,}: divide it")
    names, *rest = rows
    return Extracted(title=titled(name), text="\n\n".join(_row(names, row) for row in rest))


def _row(names: list[str], row: list[str]) -> str:
    cells = [" ".join(cell.split()) for cell in row]
    filled = [(" ".join(name.split()), cell) for name, cell in zip(names, cells, strict=False) if cell]
    head, rest = filled[0], filled[1:]
    is_short = len(head[1]) <= LONGEST_HEADING
    lines = [f"- {name}: {cell}" if name else f"- {cell}" for name, cell in (rest if is_short and rest else filled)]
    return "\n".join([f"## {head[1][:LONGEST_HEADING]}", "", *lines])
