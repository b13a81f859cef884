"""Parquet files, read with errors that say what is wrong with them: the extra `evals`."""

# pyarrow brings no types, and makes most of its functions when it is imported.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shopfloor.kernel.errors import InvalidInput


def read_table(path: str, needed: Collection[str], *, has_only: bool = False) -> Any:
    """Return a file as a table of pyarrow's: its columns that are needed, or all of them unless `has_only`.

    Raises:
        InvalidInput: naming the file and what is wrong with it.
    """
    try:
        with Path(path).open("rb") as opened:
            file = pq.ParquetFile(opened)
            names = list(file.schema_arrow.names)
            if missing := [name for name in needed if name not in names]:
                raise InvalidInput(f"{path} lacks the columns {', '.join(missing)}: it has {', '.join(names)}")
            return file.read(columns=list(needed) if has_only else None)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} is no Parquet file that can be read: {error}") from error
