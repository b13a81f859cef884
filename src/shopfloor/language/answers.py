"""What an answer amounts to: yes, no, stop, and the small talk around a matter.

`is_yes` decides whether something is done to a customer's order, so it is strict: what it does not know is no yes. A
message for which neither `is_yes` nor `is_no` holds is read as a new message.
"""

import re

from shopfloor.language.english import (
    ACTIONS,
    ANGER,
    ANGRY_PHRASES,
    GOODBYE_PHRASES,
    GOODBYE_REST,
    GOODBYES,
    GREETING_PHRASES,
    GREETING_STARTS,
    GREETINGS,
    KEEPING,
    NEGATIONS,
    NO,
    NO_PHRASES,
    NO_REST,
    POLITE,
    RESTATING,
    STOPS,
    THANKS,
    THANKS_REST,
    YES,
    YES_PHRASES,
)
from shopfloor.language.entities import order_numbers
from shopfloor.language.text import normalise, stem

TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[👍✅👌👎❌]")
STRETCHED = re.compile(r"([a-z])\1{2,}")
ORDER_REFERENCE = re.compile(r"(?:\b(?:order|number|no\.?) ?)?#?{}\b")
SHOUTED_LETTERS = 12
SHOUTED_WORDS = 3
"""Letters and words that a message all in capitals needs before it counts as shouted."""


def is_yes(text: str, asked: str = "") -> bool:
    """Tell whether a message is a yes and nothing else: `yes please`, `ok do it`, `yes, cancel it`.

    It may be polite and may repeat the question. Where `asked` gives the question, only the question's own verbs may be
    repeated, and order numbers if they are just those of the question; without it no number may be.
    """
    tokens = _answer(text, asked)
    rest = _after(tokens, YES, YES_PHRASES, POLITE)
    return tokens == ["please"] or (rest is not None and _is_restating(rest, asked))


def is_no(text: str, asked: str = "") -> bool:
    """Tell whether a message is a no and nothing else: `no thanks`, `not now`, `no, don't cancel it`."""
    tokens = _answer(text, asked)
    rest = _after(tokens, NO, NO_PHRASES, (POLITE - YES) | {"ok", "okay"})
    if rest is None or YES.intersection(rest) - {"fine"}:
        return False
    kept = [word for word in rest if word not in NO_REST]
    # "No, cancel it" may mean either, unlike "no, don't cancel it" and "no, keep it".
    is_clear = bool(NEGATIONS.intersection(tokens)) or not (ACTIONS - KEEPING).intersection(kept)
    return is_clear and _is_restating(kept, asked)


def is_stop(text: str) -> bool:
    """Tell whether a message asks to stop talking; `cancel that` and `stop the order` ask for something else."""
    return " ".join(word for word in _tokens(text) if word not in POLITE) in STOPS


def is_greeting(text: str) -> bool:
    """Tell whether a message is a greeting and nothing else."""
    tokens = _tokens(text)
    is_start = bool(tokens) and (tokens[0] in GREETING_STARTS or " ".join(tokens).startswith(GREETING_PHRASES))
    return is_start and GREETINGS.issuperset(tokens)


def is_thanks(text: str) -> bool:
    """Tell whether a message is thanks and nothing else."""
    tokens = _tokens(text)
    return bool(THANKS.intersection(tokens)) and (THANKS | THANKS_REST).issuperset(tokens)


def is_goodbye(text: str) -> bool:
    """Tell whether a message ends the conversation and does nothing else."""
    tokens = _tokens(text)
    written = " ".join(tokens)
    for phrase in sorted(GOODBYE_PHRASES, key=len, reverse=True):
        written = re.sub(rf"\b{re.escape(phrase)}\b", "bye", written)
    return bool(GOODBYES.intersection(written.split())) and (GOODBYES | GOODBYE_REST).issuperset(written.split())


def is_angry(text: str) -> bool:
    """Tell whether a message insults, shouts or despairs of the shop."""
    tokens = _tokens(text)
    written = f" {' '.join(tokens)} "
    if ANGER.intersection(tokens) or any(f" {phrase} " in written for phrase in ANGRY_PHRASES):
        return True
    letters = [letter for letter in text if letter.isalpha()]
    return min(len(letters) / SHOUTED_LETTERS, len(tokens) / SHOUTED_WORDS) >= 1 and all(map(str.isupper, letters))


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(STRETCHED.sub(r"\1", normalise(text)))


def _answer(text: str, asked: str) -> list[str]:
    """Return an answer's words, without the order numbers it rightly repeats; none where it is a question."""
    plain = normalise(text)
    numbers = order_numbers(plain)
    if numbers and set(numbers) == set(order_numbers(asked)):
        for number in numbers:
            plain = re.sub(ORDER_REFERENCE.pattern.format(re.escape(number.lower())), " ", plain)
    return [] if "?" in plain else _tokens(plain)


def _after(
    tokens: list[str], openers: frozenset[str], phrases: tuple[str, ...], polite: frozenset[str]
) -> list[str] | None:
    """Return the words behind an answer's opening, or None where nothing opens it."""
    for start, word in enumerate(tokens):
        written = " ".join(tokens[start:])
        lengths = [len(phrase.split()) for phrase in phrases if f"{written} ".startswith(f"{phrase} ")]
        if length := max(lengths, default=1 if word in openers else 0):
            return tokens[start + length :]
        if word not in polite:
            return None
    return None


def _is_restating(rest: list[str], asked: str) -> bool:
    """Tell whether words add nothing to a question."""
    asked_stems = {stem(word) for word in _tokens(asked)}
    return all(
        word in YES
        or word in POLITE
        or word in RESTATING
        or (word in ACTIONS and (not asked or stem(word) in asked_stems))
        for word in rest
    )
