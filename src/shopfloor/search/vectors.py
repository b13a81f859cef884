"""What words mean, by the vectors of the package `wordllama` (extra `vectors`): a text's is the mean of its pieces'.

The package's own way to load them asks a hub on the network first; its wheel holds the two files that are needed, and
only these are read. Their maker gives them under the MIT licence and says that they were made from the input vectors of
Llama 2 70B and Phi 3 medium; who wants nothing to do with Llama's licence leaves the extra out.
"""

from functools import lru_cache
from importlib import import_module, resources
from importlib.util import find_spec
from typing import Any

import numpy as np

from shopfloor.search.rows import Floats

WEIGHTS, PIECES = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
LONGEST = 1_000
"""Characters of a text that are read."""


class WordVectors:
    """An `Embedder` of texts in English, and passably of others."""

    def __init__(self, table: Floats, tokenizer: Any) -> None:
        """Take a vector for each piece of a word, and what divides a text into pieces."""
        self._table = table
        self._tokenizer = tokenizer

    @property
    def dimensions(self) -> int:
        """Return how many numbers a vector has."""
        return int(self._table.shape[1])

    def vector(self, text: str) -> Floats:
        """Return a text's vector, of shape (dimensions,) and length 1, or 0 where it has no word."""
        pieces = self._tokenizer.encode(text[:LONGEST], add_special_tokens=False).ids
        if not pieces:
            return np.zeros(self.dimensions, np.float32)
        mean: Floats = self._table[pieces].mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))


@lru_cache(maxsize=1)
def load_vectors() -> WordVectors | None:
    """Return the process's vectors, or None where the extra is not installed; reads 18 MB, so not in an event loop."""
    if find_spec("wordllama") is None:
        return None
    files = resources.files("wordllama")
    tokenizer = import_module("tokenizers").Tokenizer.from_str((files / PIECES).read_text("utf-8"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    table = next(iter(import_module("safetensors.numpy").load((files / WEIGHTS).read_bytes()).values()))
    return WordVectors(np.asarray(table, np.float32), tokenizer)
