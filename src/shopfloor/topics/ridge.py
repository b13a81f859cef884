"""Ridge regression over sparse rows, for many labels at once.

The dual form (Saunders, Gammerman, Vovk 1998) is solved by conjugate gradients (Hestenes, Stiefel 1952), which take the
rows only by products with them: memory grows with what stands in the rows, not with their number's square.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROUNDS = 100
"""At most; as a rule 30 are enough."""
PRECISE = 1e-4
"""Of the squared residual, when they end: scores are then right to 0.001."""
WIDE = 16
"""Labels that are multiplied at a time, so that products stay small."""

Floats = NDArray[np.float32]
Sparse = tuple[NDArray[np.int32], Floats]
"""Columns, in ascending order, with their values."""


class SparseRows:
    """A matrix that is sparse, stored by rows and by columns, but for some dense columns at its end."""

    def __init__(self, rows: Sequence[Sparse], width: int, dense: Floats | None = None) -> None:
        """Take each row's columns, each once and at least one, with their values, and how many columns there are.

        `dense` are further columns, of shape (rows, columns).
        """
        sizes = [len(columns) for columns, _ in rows]
        self._columns = np.concatenate([columns for columns, _ in rows])
        self._values = np.concatenate([values for _, values in rows])[:, None]
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        order = np.argsort(self._columns, kind="stable")
        self._rows = np.repeat(np.arange(len(rows), dtype=np.int32), sizes)[order]
        self._turned = self._values[order]
        self._used, self._begins = np.unique(self._columns[order], return_index=True)
        self._width = width
        self._dense: Floats = np.zeros((len(rows), 0), dtype=np.float32) if dense is None else dense

    def times(self, weights: Floats) -> Floats:
        """Return the matrix times weights of shape (columns, labels)."""
        sparse = np.add.reduceat(weights[self._columns] * self._values, self._starts, axis=0)
        return sparse + self._dense @ weights[self._width :]

    def turned_times(self, wanted: Floats) -> Floats:
        """Return the transposed matrix times values of shape (rows, labels)."""
        product = np.zeros((self._width + self._dense.shape[1], wanted.shape[1]), dtype=np.float32)
        product[self._used] = np.add.reduceat(wanted[self._rows] * self._turned, self._begins, axis=0)
        product[self._width :] = self._dense.T @ wanted
        return product


def ridge(rows: SparseRows, wanted: Floats, penalty: float | Floats) -> Floats:
    """Return weights of shape (columns, labels) for wanted values of shape (rows, labels).

    `penalty` is one for all rows, or one for each of them: a greater one holds a row's say back.
    """
    each = np.broadcast_to(np.asarray(penalty, dtype=np.float32), wanted.shape[:1])[:, None]
    parts = [_solved(rows, wanted[:, start : start + WIDE], each) for start in range(0, wanted.shape[1], WIDE)]
    return np.concatenate(parts, axis=1)


def _solved(rows: SparseRows, wanted: Floats, penalty: Floats) -> Floats:
    shares = np.zeros_like(wanted)
    left, direction = wanted.copy(), wanted.copy()
    size = (left**2).sum(axis=0)
    for _ in range(ROUNDS):
        if float(size.max()) < PRECISE:
            break
        image = rows.times(rows.turned_times(direction)) + penalty * direction
        step = size / np.maximum((direction * image).sum(axis=0), 1e-20)
        shares += step * direction
        left -= step * image
        smaller = (left**2).sum(axis=0)
        direction = left + direction * (smaller / np.maximum(size, 1e-20))
        size = smaller
    return rows.turned_times(shares)
