"""Recognising skills in a message that is in another language: by the cards' examples in it, beside its gloss.

The same kind of model as for English, over the words as the customer wrote them: stems, the matters that they stand
for, neighbours, and letters inside words, which find misspelt words and parts of long ones. A card without examples
in the language is matched by the gloss alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from shopfloor.agents.card import AgentCard
from shopfloor.language.gloss import Glossed, glossed
from shopfloor.language.languages import Language
from shopfloor.language.lexicon import spelt
from shopfloor.language.text import words
from shopfloor.planning.beginnings import begins_anew
from shopfloor.planning.escalation_languages import escalation_in
from shopfloor.planning.masking import PLACEHOLDERS
from shopfloor.planning.matcher import Match
from shopfloor.planning.recognition import NOT_OURS, Recogniser
from shopfloor.planning.vocabulary import vocabulary
from shopfloor.planning.written import NAMED, WrittenWord, written_words
from shopfloor.topics.ridge import Floats, SparseRows, ridge

BY_GLOSS = 0.25
"""How much of a score is what the gloss says; the rest is what the words themselves say."""
RIDGE, BALANCE = 0.5, 0.3
"""As for English."""
MATTER, WORD, PAIR, STOP_WORD, LETTERS = 1.5, 1.0, 0.5, 0.15, 0.3
"""What a matter counts, a word, a pair of neighbours, a word that says nothing, and letters inside a word."""
IDLE_PAIR, NEIGHBOURS, TOGETHER = 0.1, 0.5, 0.5
"""What a pair of words that say nothing counts, a pair with a matter in it, and two matters anywhere in a text."""
GRAMS = (3, 4, 5)
"""Letters in a gram."""
FEW = 3
"""One in so many words that mean something else in English is no more than chance."""
UNKNOWN = 1.0
"""How much a word that no example has counts towards a text's length, beside what the rarest word counts."""


class LanguageMatcher:
    """A model fitted to the cards' examples in one language."""

    def __init__(
        self, language: Language, cards: Sequence[AgentCard], not_ours: Sequence[str], is_kind: Callable[[str], bool]
    ) -> None:
        """Fit to the cards' examples, and to what is no shop's business."""
        self._vocabulary = vocabulary(language)
        self._is_kind = is_kind
        examples = _examples(language, cards, not_ours)
        self._labels = {label: column for column, label in enumerate(sorted(examples))}
        read = [
            (self._labels[label], self._features(self.read(glossed(_with_placeholders(text), language))))
            for label, texts in examples.items()
            for text in texts
        ]
        found = [(column, features) for column, features in read if features]
        counts = Counter(gram for _, features in found for gram in features)
        grams = sorted(counts)
        self._columns = {gram: column for column, gram in enumerate(grams)}
        self._idf = np.log((1 + len(found)) / (1 + np.array([counts[gram] for gram in grams]))) + 1
        wanted: Floats = np.zeros((len(found), len(self._labels)), dtype=np.float32)
        for row, (column, _) in enumerate(found):
            wanted[row, column] = 1
        sizes = wanted.sum(axis=0)[[column for column, _ in found]]
        self._rarest = float(self._idf.max())
        rows = SparseRows([self._vector(features) for _, features in found], len(grams))
        self._weights = ridge(rows, wanted, (RIDGE * (sizes / sizes.mean()) ** BALANCE).astype(np.float32))

    def read(self, message: Glossed, product_words: frozenset[str] = frozenset()) -> Sequence[WrittenWord]:
        """Return a message's words as they are matched."""
        return written_words(message, self._vocabulary, self._is_kind, product_words)

    def beside(
        self, said: Sequence[WrittenWord], labels: Sequence[str], scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the scores of a text's words together with those of its gloss, in the order of `labels`."""
        columns, values = self._vector(self._features(said))
        own = values @ self._weights[columns]
        return np.array(
            [
                BY_GLOSS * score + (1 - BY_GLOSS) * own[self._labels[label]] if label in self._labels else score
                for label, score in zip(labels, scores.tolist(), strict=True)
            ]
        )

    def _vector(self, features: Mapping[str, float]) -> tuple[NDArray[np.int32], Floats]:
        """Return the columns that a text has, with values of length 1 together."""
        known = [(self._columns[gram], weight) for gram, weight in features.items() if gram in self._columns]
        columns = np.array([column for column, _ in known], dtype=np.int32)
        values = self._idf[columns] * np.array([weight for _, weight in known])
        unknown = sum(1 for gram, weight in features.items() if weight == WORD and gram not in self._columns)
        norm = float(np.sqrt((values**2).sum() + unknown * (UNKNOWN * self._rarest) ** 2)) or 1.0
        return columns, (values / norm).astype(np.float32)

    def _features(self, said: Sequence[WrittenWord]) -> dict[str, float]:
        """Return what a text is matched by, with weights."""
        found: dict[str, float] = {}
        stems = [word.text if word.text in NAMED else self._vocabulary.stem(word.text) for word in said]
        idle = [self._vocabulary.is_stop_word(word.text) for word in said]
        named = [tuple(f"={matter}" for matter in sorted(word.matters)) for word in said]
        beginning = ("^", (), True)
        for (one, ones, is_idle), (two, twos, is_next_idle) in pairwise(
            (beginning, *zip(stems, named, idle, strict=True))
        ):
            found.update(dict.fromkeys((f"{x} {y}" for x in (one, *ones) for y in (two, *twos)), NEIGHBOURS))
            found[f"{one} {two}"] = IDLE_PAIR if is_idle and is_next_idle else PAIR
        together = sorted({matter for of in named for matter in of})
        found.update(dict.fromkeys((f"{one}&{two}" for one, two in combinations(together, 2)), TOGETHER))
        found.update(dict.fromkeys(together, MATTER))
        for word, stem, is_idle in zip(said, stems, idle, strict=True):
            found[stem] = STOP_WORD if is_idle else WORD
            if not is_idle and word.text not in NAMED:
                found.update(dict.fromkeys(_letters(word.text), LETTERS))
        return found


class InLanguage:
    """Recognises skills in one message, given its words beside their English; a part of it is given in English."""

    is_strict = True

    def __init__(self, language: Language, known: Recogniser, matcher: LanguageMatcher, message: Glossed) -> None:
        """Take the language, what recognises skills in English and in it, and the message."""
        self._known = known
        self._matcher = matcher
        self.english = message.english
        self._language: Language = language
        self._words = matcher.read(message, known.product_words(message.english))
        self._plain = [
            (word, spelt(one))
            for word in sorted(message.words, key=lambda word: word.place)
            for one in words(word.written.replace("’", "'").replace("'", " "))
        ]
        self.match: Callable[[str, bool], Sequence[Match]] = lru_cache(maxsize=1_024)(self._match)
        """Return all skills for a text, the best first; the flag says whether products were shown before."""

    def _match(self, text: str, has_products: bool) -> Sequence[Match]:
        part = self._part(text)
        said = [word for word in self._words if part.start <= word.start and word.end <= part.stop]
        if not said:
            return self._known.match(text, has_products)
        return self._known.judged(
            text,
            has_products=has_products,
            beside=lambda labels, scores: self._matcher.beside(said, labels, scores),
            taker=self.taker(text),
        )

    def taker(self, text: str) -> str | None:
        """Return the skill that passes a text on to a person because a rule says so, or None."""
        said = self._said(self._part(text))
        return self._known.taker(text) or self._known.taking(escalation_in(self._language, said))

    def begins_anew(self, text: str) -> bool:
        """Whether a text begins like a new question, wish or order."""
        said = self._said(self._part(text))
        return self._known.begins_anew(text) or begins_anew(said, self._language)

    def is_fragment(self, text: str) -> bool:
        """Whether a text only names something, so that it asks for nothing by itself."""
        return self._known.is_fragment(text)

    def is_dependent(self, text: str) -> bool:
        """Whether a text means nothing by itself."""
        return self._known.is_dependent(text)

    def _part(self, text: str) -> range:
        """Return where a text stands in the gloss; nothing where it is no part of it."""
        start = self.english.find(text)
        return range(start, start + len(text)) if start >= 0 else range(0)

    def _said(self, part: range) -> str:
        """Return the words that a part of the gloss stands for, as they were written but for accents and marks."""
        return " ".join(plain for word, plain in self._plain if part.start <= word.start and word.end <= part.stop)


def is_english(message: Glossed, known: Recogniser) -> bool:
    """Whether a message is rather in English, though it was taken for another language: `please call mi`."""
    english = sum(1 for word in message.words if not word.is_known and known.is_everyday(word.written.lower()))
    foreign = sum(
        1
        for word in message.words
        if word.is_known and message.english[word.start : word.end].lower() != word.written.lower()
    )
    return (english > 0 and english >= foreign) or 0 < foreign * FEW <= len(message.words)


def _examples(language: Language, cards: Sequence[AgentCard], not_ours: Sequence[str]) -> Mapping[str, Sequence[str]]:
    examples = {
        f"{card.id}/{skill}": texts
        for card in cards
        for name, translation in card.languages.items()
        if name == language
        for skill, texts in translation.examples.items()
        if texts and card.skill(skill)
    }
    return {**examples, NOT_OURS: not_ours}


def _with_placeholders(example: str) -> str:
    for placeholder, word in PLACEHOLDERS.items():
        example = example.replace(placeholder, word)
    return example


@lru_cache(maxsize=16_384)
def _letters(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(
        f"_{padded[start : start + length]}" for length in GRAMS for start in range(max(1, len(padded) - length + 1))
    )
