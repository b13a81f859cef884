"""Glossing: a message in another language word for word in English, for the readers of this floor and the planner.

A gloss is for reading by code and never shown. What is not known stays: names, numbers, addresses, product names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from shopfloor.language.languages import Language
from shopfloor.language.lexicon import END, NUMBER, WHOLE, Lexicon, key, lexicon
from shopfloor.language.meanings import Meanings

CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’.-]{0,40}"
OF = r"(?:(?:de|del|de la|de las|de los|du|des|la|le|les|l['’]|d['’]|y|am|an der|zum|zur|im) ?)"
NAMES = rf"[^\W\d_][\w'’.-]{{0,40}}(?: {OF}?{CAPITAL}){{0,3}}"
PLACE = (
    rf"(?<!\w)(?:{CAPITAL} ){{0,2}}\w{{0,30}}"
    r"(?i:stra(?:ß|ss)e|str\.|(?<=\w\w)(?:weg|platz|allee|gasse|damm|ufer)) ?\d+\w?(?:,? \d{5} [^\W\d_]+)?"
    rf"|(?:Am|Im|An der|Auf der|Zum|Zur) {CAPITAL} \d+\w?"
    rf"|(?:{CAPITAL} ){{1,2}}(?:Weg|Platz|Allee|Gasse|Damm|Ufer|Ring) \d+\w?"
    r"|\d+\w?,? (?:bis,? |ter,? )?(?i:rue|avenue|av\.|boulevard|bd|chemin|place|allée|quai|impasse|route) "
    rf"{OF}{{0,2}}{NAMES}(?:,? \d{{5}} [^\W\d_]+)?"
    rf"|(?i:calle|avenida|avda\.?|av\.|plaza|paseo|carrer|c/) ?{OF}{{0,2}}{NAMES},? (?:n[º°.]? ?)?\d+"
    r"(?:,? \d{5} [^\W\d_]+)?"
    rf"|\b\d{{5}} {CAPITAL}(?: {OF}?{CAPITAL}){{0,2}}"
)
"""Streets with their numbers, and postal codes with their towns, as German, French and Spanish write them."""
KEPT = r"(?<!\S)[^\s@]{1,64}@[^\s@]{1,255}|(?:https?://|www\.)\S{1,2000}|(?<![\w#])(?P<number>#?(?:[A-Za-z]{1,4}-)?\w*\d\w*(?:[.,:/-]\w*\d\w*)*)"
"""What is never changed besides postal addresses: e-mail addresses, links, and whatever holds a digit."""
JOINED = frozenset({"", ",", ":", "-"})
"""What may stand between two words of a phrase."""
LOOKS_BACK = 16
"""Words between a verb and what belongs to it."""
LONGEST_CLAUSE = 60
"""Words."""
BREAK = re.compile(r"[.,;:!?\n()…¿¡]")
SENTENCE_END = re.compile(r"[.!?\n…¿¡]")


@dataclass(slots=True)
class _Token:
    """A word or number of a message."""

    gap: str
    """What stands before it."""
    text: str
    key: str
    """`@` for a number, empty for what else is kept."""
    english: str | None = None
    """None for what stays as it is."""
    is_alone: bool = False
    """It is part of no phrase."""
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Where the words that it stands for were written."""


@dataclass(frozen=True, slots=True)
class GlossedWord:
    """A word, or words that mean one thing, with where its English stands."""

    start: int
    end: int
    """Of its English in the gloss; they are the same where it has none of its own."""
    written: str
    """As the customer wrote it."""
    place: int
    """Where that begins in the customer's text."""
    is_known: bool
    """Whether it is a word of the language that the data have; others stay as they are."""


@dataclass(frozen=True, slots=True)
class Glossed:
    """A text in another language beside its gloss."""

    english: str
    words: tuple[GlossedWord, ...]
    """In the order of their English."""


def joined(texts: Sequence[Glossed]) -> Glossed:
    """Return texts as one, joined by line breaks."""
    english: list[str] = []
    words: list[GlossedWord] = []
    start = place = 0
    for text in texts:
        words += [
            GlossedWord(w.start + start, w.end + start, w.written, w.place + place, w.is_known) for w in text.words
        ]
        english.append(text.english)
        start += len(text.english) + 1
        place = max((word.place + len(word.written) for word in words), default=0) + 1
    return Glossed("\n".join(english), tuple(words))


def glossed(text: str, language: Language) -> Glossed:
    """Return a text's gloss with what each of its words was in the text; one in English has no such words."""
    return Glossed(text, ()) if language == "en" else _glosser(language).glossed(text)


def gloss(text: str, language: Language) -> str:
    """Return a text with the words of the shop's matters in English; one in English is itself.

    Numbers, e-mail addresses, links, postal addresses and unknown words stay as they are.
    """
    return glossed(text, language).english


@lru_cache(maxsize=4)
def _glosser(language: Language) -> "_Glosser":
    return _Glosser(lexicon(language))


class _Glosser:
    """Glosses one language."""

    def __init__(self, words: Lexicon) -> None:
        """Take the language's words."""
        data = words.data
        self._words = words
        self._meanings = Meanings(words)
        self._joins = _keys(data.clause)
        self._wanting = _keys(data.wanting)
        self._modals = _keys(data.modals)
        self._perfect = _keys(data.perfect)
        self._pronouns = _keys(data.pronouns)
        self._adverbs = _keys(data.adverbs)
        self._negations = _keys(data.negations)
        self._polite = _keys(data.polite)
        self._infinitives = _keys(data.infinitives)
        self._infinitives |= {f"{verb}{ending}" for verb in self._infinitives for ending in data.attached}
        self._purpose = _keys(data.purpose)
        self._objects = {key(word): english for word, english in data.objects.items()}
        self._participles = _keys(data.participles)
        elided = rf"(?:{'|'.join(data.elided.split())})['’](?=[^\W\d_])" if data.elided else r"(?!)"
        self._pattern = re.compile(
            rf"(?P<place>{PLACE})|(?P<kept>{KEPT})|(?P<elided>(?i:\b{elided}))|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
        )

    def glossed(self, text: str) -> Glossed:
        """Return a text's gloss with its words."""
        tokens, tail = self._tokens(text)
        ordered = [token for clause in self._clauses(tokens) for token in self._ordered(self._with_objects(clause))]
        return _written(text, self._phrased(ordered), tail)

    def _tokens(self, text: str) -> tuple[list[_Token], str]:
        """Return the words and numbers, and what stands behind the last."""
        tokens: list[_Token] = []
        end = 0
        for match in self._pattern.finditer(text):
            gap = text[end : match.start()]
            end = match.end()
            if match["place"]:
                # The reader of addresses takes the words before a street for a part of its name.
                is_after_words = gap == " " and bool(tokens) and tokens[-1].key not in {"", NUMBER}
                tokens.append(_Token(": " if is_after_words else gap, match[0], "", spans=[match.span()]))
                continue
            if match["kept"]:
                tokens.append(_Token(gap, match[0], NUMBER if match["number"] else "", spans=[match.span()]))
                continue
            if gap == "-" and tokens and tokens[-1].key == NUMBER:
                tokens.append(_Token(gap, match[0], "", spans=[match.span()]))
                continue
            word = match[0].lower().replace("’", "'")
            is_inside = bool(tokens) and not SENTENCE_END.search(gap)
            capital = self._words.capitals.get(match[0]) if is_inside else None
            token = _Token(gap, match[0], self._meanings.key(word), spans=[match.span()])
            token.english = capital or self._meanings.english(word)
            tokens.append(token)
        if not text.isupper():
            self._keep_names(tokens)
        return tokens, text[end:]

    def _keep_names(self, tokens: Sequence[_Token]) -> None:
        """Leave words with capitals that stand together as they are where half are not known: a product's name."""
        run: list[_Token] = []
        unknown = 0
        for token in (*tokens, None):
            is_known = token is not None and (not token.key or self._meanings.is_listed(token.text.lower()))
            is_start = token is not None and (not run and (SENTENCE_END.search(token.gap) or token is tokens[0]))
            if token and token.text[0].isupper() and token.gap in {"", " ", "-"} and not (is_start and is_known):
                run.append(token)
                unknown += not is_known
                continue
            if len(run) > 1 and unknown * 2 >= len(run):
                for one in run:
                    one.english, one.key, one.is_alone = None, "", True
            run, unknown = [], 0

    def _clauses(self, tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
        """Yield the parts between stops and conjunctions."""
        start = 0
        for place, token in enumerate(tokens):
            is_new = BREAK.search(token.gap) or token.key in self._joins or place - start >= LONGEST_CLAUSE
            if is_new and place > start:
                yield list(tokens[start:place])
                start = place
        if start < len(tokens):
            yield list(tokens[start:])

    def _with_objects(self, clause: list[_Token]) -> list[_Token]:
        """Put a pronoun that stands before an infinitive behind it, and `to` before one that is wanted or a purpose."""
        for place in range(len(clause) - 1):
            token, following = clause[place], clause[place + 1]
            is_object = token.key in self._objects and following.key in self._infinitives
            if is_object:
                following.gap, token.gap = token.gap, " "
                token.english = self._objects[token.key]
                clause[place], clause[place + 1] = following, token
        for token, following in pairwise(clause):
            if following.key in self._infinitives and token.key in self._purpose:
                token.english = "to"
            elif following.key in self._infinitives and token.key in self._wanting:
                following.english = f"to {following.english}"
        return clause

    def _ordered(self, clause: list[_Token]) -> list[_Token]:
        """Fetch what belongs to a verb back from the clause's end."""
        last = next((place for place in reversed(range(len(clause))) if clause[place].key not in self._adverbs), 0)
        ending = clause[last]
        for place in range(max(0, last - LOOKS_BACK), last):
            if english := self._words.apart.get((clause[place].key, ending.key)):
                clause[place].english, clause[place].is_alone = english, True
                clause[place].spans += ending.spans
                return [*clause[:last], *clause[last + 1 :]]
            if clause[place].key in self._infinitives and clause[place + 1].key in self._polite:
                clause[place + 1].english = ""
        is_infinitive, is_participle = ending.key in self._infinitives, ending.key in self._participles
        for place in range(max(0, last - LOOKS_BACK), last):
            opening = clause[place]
            is_perfect = is_participle and opening.key in self._perfect
            if not is_perfect and not (is_infinitive and opening.key in self._modals):
                continue
            opening.is_alone = is_perfect
            if opening.key in self._wanting and not is_perfect:
                ending.english = f"to {ending.english}"
            to = self._behind(clause, place, last)
            return [*clause[:to], ending, *clause[to:last], *clause[last + 1 :]]
        return clause

    def _behind(self, clause: Sequence[_Token], place: int, last: int) -> int:
        """Return where in a clause its main verb stands in English, given where its first verb stands."""
        to = place + 1
        is_asked = place == 0 or clause[place - 1].key not in self._pronouns
        if is_asked and clause[to].key in self._pronouns:
            to += 1
        while to < last and clause[to].key in self._adverbs | self._negations:
            to += 1
        if to + 1 < last and clause[to + 1].key in self._negations:
            to += 2
        return min(to, last)

    def _phrased(self, clause: Sequence[_Token]) -> Iterator[_Token]:
        """Yield a clause with its phrases put into English."""
        place = 0
        while place < len(clause):
            token = clause[place]
            length, english = self._phrase(clause, place)
            if not length:
                yield token
                place += 1
                continue
            if token.english and token.english.startswith("to ") and not english.startswith("to "):
                english = f"to {english}"
            spans = [span for one in clause[place : place + length] for span in one.spans]
            numbers = [one.text for one in clause[place : place + length] if one.key == NUMBER]
            for number in numbers:
                english = english.replace(NUMBER, f"\0{number}", 1)
            yield _Token(token.gap, token.text, token.key, english.replace("\0", ""), spans=spans)
            place += length

    def _phrase(self, clause: Sequence[_Token], start: int) -> tuple[int, str]:
        """Return how many words the longest phrase from a place on has, and its English; none have no length."""
        for phrase, english in self._words.phrases.get(clause[start].key, ()):
            is_last = phrase[-1] in {END, WHOLE}
            length = len(phrase) - is_last
            is_begun = phrase[-1] != WHOLE or start == 0 or BREAK.search(clause[start].gap)
            found = clause[start : start + length]
            is_said = len(found) == length and all(
                one.key == word and not one.is_alone for one, word in zip(found, phrase, strict=False)
            )
            is_one = all(one.gap.strip() in JOINED and (one.key != NUMBER or not one.gap.strip()) for one in found[1:])
            if (
                is_said
                and is_one
                and is_begun
                and (not is_last or self._is_end(clause[start + length : start + length + 1]))
            ):
                return length, english
        return 0, ""

    def _is_end(self, following: Sequence[_Token]) -> bool:
        return not following or bool(BREAK.search(following[0].gap)) or following[0].key in self._joins


def _keys(listed: str) -> frozenset[str]:
    return frozenset(map(key, listed.split()))


def _written(text: str, tokens: Iterator[_Token], tail: str) -> Glossed:
    """Return a text's gloss, given its words in the order of their English, and what stands behind the last."""
    written: list[str] = []
    words: list[GlossedWord] = []
    length = 0
    was_glossed = False
    for token in tokens:
        is_glossed = token.english is not None
        gap = token.gap
        if written and gap in {"", "-"} and (is_glossed or was_glossed):
            gap = " "
        if token.english == "":
            gap = gap.rstrip()
        if written and written[-1].endswith(" a") and (token.english or token.text)[:1] in "aeio":
            written[-1] += "n"
            length += 1
        said = token.text if token.english is None else token.english
        written.append(gap + said)
        length += len(written[-1])
        words += [
            GlossedWord(length - len(said), length, text[start:end], start, is_glossed) for start, end in token.spans
        ]
        was_glossed = is_glossed
    return Glossed("".join(written) + tail, tuple(words))
