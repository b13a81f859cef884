"""Words that mean the same in shops, in English: whoever looks for a `sofa` is shown a couch too."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources

from shopfloor.search.analysis import Analyzer

FILE = "retail_words.txt"
LONGEST = 3
"""Terms of the longest name."""
Terms = tuple[str, ...]


class Synonyms:
    """Names by what else a thing is called."""

    def __init__(self, analyzer: Analyzer) -> None:
        """Read the package's list: the names of one thing to a line."""
        self._others: defaultdict[Terms, list[Terms]] = defaultdict(list)
        for line in _lines():
            names = list(dict.fromkeys(tuple(analyzer.terms(name)) for name in line.split(",")))
            for name in names:
                self._others[name] += [other for other in names if other != name]

    def of(self, terms: Sequence[str]) -> Iterator[tuple[Terms, Terms]]:
        """Yield for each name that stands among terms the same thing's other names."""
        for length in range(LONGEST, 0, -1):
            for start in range(len(terms) - length + 1):
                name = tuple(terms[start : start + length])
                for other in self._others.get(name, ()):
                    yield name, other


@lru_cache(maxsize=1)
def _lines() -> tuple[str, ...]:
    text = (resources.files("shopfloor.search") / "shipped" / FILE).read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
