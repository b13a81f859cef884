"""Finding the parts of a message that ask for different things.

All places where one part may end are found first; then, over all ways to cut there, the one is taken whose parts are
matched best together (dynamic programming). A cut costs a little, less where people really begin anew.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf

from shopfloor.language.address import parse_address
from shopfloor.language.english import STOP_WORDS
from shopfloor.language.text import sentences, words
from shopfloor.planning.matcher import Match
from shopfloor.topics.concepts import POINTING

MAX_PIECES = 12
"""Beyond that many places to cut, the weaker ones are passed over."""
FURTHER = (
    r"by the way|btw|oh and|and also|also|plus|another thing|one more thing|secondly|besides(?: that)?|anyway"
    r"|apart from that"
)
"""With which people go over to something else."""
NUMBERED = r"\(?\d[.)](?=\s)"
JOINT = re.compile(
    rf"(?P<strong>[;\n]|(?:^|\s){NUMBERED}|,? ?\b(?:{FURTHER})\b,?)"
    r"|(?P<weak>,? ?\b(?:and then|and|then|but|or|so)\b(?! (?:their|its|whose)\b))|,(?! size \w+ is\b)",
    re.IGNORECASE,
)
COSTS = {"sentence": 0.15, "strong": 0.03, "weak": 0.22, "comma": 0.6, "anew": 0.15}
"""What a cut costs, in units of one matched content word's worth; least where a new question or order begins."""
UNCUT = 0.8
"""What a part is worth for each place inside it where a new question or order begins."""
RIVAL = 0.5
"""How much another agent's match takes away: two wishes in one part match two agents half."""
LEAST, WORST = 0.05, -0.1
"""The score from which on a part is worth anything, and what one that matches nothing is worth."""
TOLD = -0.1
"""What a part is worth that asks for nothing by itself and only tells about what another part asks for."""
TELLING = re.compile(
    r"(?:(?:hi|hello|hey)(?: there)?|so|well|anyway|ok|last (?:week|month|year)|yesterday|[ ,.!])*"
    r"(?:i|we|my \w+)(?:'ve|'d| have| had| has| just| only| recently| already| also| once)* (?:ordered|bought|"
    r"purchased|placed|"
    r"made|got|received|returned|requested|asked|checked|contacted|paid|been|keep|see|saw|need help)\b[^?]*$",
    re.IGNORECASE,
)
"""How people begin to tell what happened before they ask for something."""
LOYAL = re.compile(
    r"(?:(?:hi|hello|hey)(?: there)?|so|well|[ ,.!])*(?:i|we)(?:'ve| have) been (?:shopping|buying|ordering|coming|"
    r"an? (?:\w+ )?(?:customer|member))\b",
    re.IGNORECASE,
)
"""How people begin to tell for how long they have been customers."""
POINTED_BELOW = 0.4
"""Below it, a part with a word such as `it` goes with what stands before it."""
DEPENDENT = 8
"""Words at most of a part that may mean nothing without what stands before it."""
SAYING_WHAT = re.compile(r"(?:it|this|that|they|these)(?:'s|'re| is| are| was| were)\b[^?]*$", re.IGNORECASE)
"""How people say what the thing is that they ask about; surely matched, it is a wish all the same: `this is fraud`."""
TELLS = 0.5
"""What is left of the worth of a part that begins so."""
CONTENT = 0.25
"""The power of the number of content words by which a match counts: long parts count more, though not as much more."""
ANEW = re.compile(
    r"(?:\s|,|\band\b|\balso\b|\bthen\b|\bbut\b)*(?:please )?(?:"
    r"(?:(?:how|what|where|when|who)'?s|how|what|where|when|which|who|why|can|could|do|does|did|is|are|will|would|"
    r"have|has|should|may)\b.*"
    r"\b(?:you|i|we|it|there|my|the|your|long|much|many|is|are|to)\b"
    r"|(?:i|we)(?:'?d| would|'?ll| will)? (?:want|need|like|have (?:an?|to))\b|i'?m |i was wondering|"
    r"if (?:i|it|he|she|they|we) "
    r"|(?:cancel|change|show|find|tell|give|send|track|check)\b)",
    re.IGNORECASE,
)
"""How a new question or order begins."""
SURE = 0.45
"""From that score on a part asks for something for certain; below it, beside one that does, it only tells about it."""
STATED, TOLD_BELOW, STATED_STRICTLY = 0.35, 0.6, 0.7
"""Below it, a part that does not begin like a question, a wish or an order only tells something; one like a story."""
POSSIBLE = 0.2
"""What is enough where a part begins like a question or order."""
LOOKS_AHEAD = 200
"""Letters after a joint that tell whether something new begins there: a text of nothing but joints stays quick."""
LEADING = re.compile(
    rf"^(?:[\s,.;:!?-]+|{NUMBERED}|(?:and|then|but|or|so|oh|{FURTHER})\b|(?:ok|okay|well|hmm+|alright|right|wait|"
    rf"sorry|actually)\b(?=[\s,.!]+\w))+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, with how it was matched."""

    text: str
    matches: Sequence[Match]

    @property
    def best(self) -> Match:
        """Return the best match."""
        return self.matches[0]


def is_begun_anew(text: str) -> bool:
    """Whether a text begins like a new question, wish or order."""
    return ANEW.match(text) is not None


def clauses(
    message: str,
    match: Callable[[str], Sequence[Match]],
    is_fragment: Callable[[str], bool] = lambda _text: False,
    begins_anew: Callable[[str], bool] = is_begun_anew,
    *,
    is_strict: bool = False,
) -> list[Clause]:
    """Cut a message into the parts that most likely ask for one thing each.

    Strictly, a sentence is cut only where something begins anew or people go over to something else. A fragment stays
    with what stands before it; a part that only tells something goes to the part after it, or else to the one before.
    """
    pieces, costs = _joined(*_pieces(message, begins_anew), is_fragment)
    if is_strict:
        pieces, costs = _unparted(pieces, costs)
    stated = STATED_STRICTLY if is_strict else STATED
    best: list[tuple[float, list[tuple[Clause, bool]]]] = [(0.0, [])]
    for end in range(1, len(pieces) + 1):
        candidates: list[tuple[float, list[tuple[Clause, bool]]]] = []
        for start in range(end):
            text = LEADING.sub("", "".join(pieces[start:end])).strip()
            value, before = best[start]
            value -= costs[start - 1] if start else 0.0
            if not text:
                candidates.append((value, before))
                continue
            clause = Clause(text, match(text))
            begins_inside = sum(1 for cost in costs[start : end - 1] if cost == COSTS["anew"])
            asked = _worth(clause) * UNCUT**begins_inside
            told = TOLD if start or end < len(pieces) else -inf
            is_pointing = start and len(words(text)) <= DEPENDENT and (is_fragment(text) or _points_back(clause))
            if is_pointing or _tells(clause, begins_anew, stated):
                asked = min(asked, TOLD * 2)
            candidates.append((value + max(asked, told), [*before, (clause, asked >= told)]))
        best.append(max(candidates, key=lambda candidate: candidate[0]))
    return _told_about(best[-1][1])


def _tells(clause: Clause, begins_anew: Callable[[str], bool], stated: float) -> bool:
    """Whether a part only tells something: a remark in brackets, what happened, or nothing that is asked for."""
    text = clause.text.rstrip()
    if text.startswith("(") and text.endswith(")"):
        return True
    asks = text.endswith("?") or begins_anew(text)
    told = 1.0 if SAYING_WHAT.match(text) else TOLD_BELOW if TELLING.match(text) else stated
    least = inf if LOYAL.match(text) else told
    return not asks and clause.best.score < least


def _points_back(clause: Clause) -> bool:
    """Whether a part asks about what was just named and is hardly matched by itself: `and what does it cost`."""
    return clause.best.score < POINTED_BELOW and not POINTING.isdisjoint(words(clause.text))


def _worth(clause: Clause) -> float:
    """Weigh how well a part is matched, and matched by one agent alone, by how much it says."""
    content = sum(1 for word in words(clause.text) if word not in STOP_WORDS) or 0.3
    agent = clause.best.label.partition("/")[0]
    rival = next((match.score for match in clause.matches if match.label.partition("/")[0] != agent), 0.0)
    telling = TELLS if TELLING.match(clause.text) else 1.0
    return telling * content**CONTENT * max(min(clause.best.score, 1.0) - RIVAL * max(rival, 0.0) - LEAST, WORST)


def _told_about(parts: Sequence[tuple[Clause, bool]]) -> list[Clause]:
    """Put parts that only tell something to the part after them that asks, or else to the last before."""
    asking = [place for place, (_, is_asking) in enumerate(parts) if is_asking]
    if not asking:
        return [clause for clause, _ in parts]
    texts = {place: clause.text for place, (clause, _) in enumerate(parts)}
    for place, (_, is_asking) in enumerate(parts):
        if not is_asking:
            home = next((one for one in asking if one > place), asking[-1])
            said = texts.pop(place)
            texts[home] = f"{said} {texts[home]}" if home > place else f"{texts[home]} {said}"
    return [replace(parts[place][0], text=text) for place, text in sorted(texts.items())]


def _joined(pieces: list[str], costs: list[float], is_fragment: Callable[[str], bool]) -> tuple[list[str], list[float]]:
    """Put fragments to the piece before them, and those before the first to the one after: `the first, size 8`."""
    joined, kept = pieces[:1], costs[:1]
    for piece, cost in zip(pieces[1:], costs[1:], strict=True):
        is_apart = kept[-1] == COSTS["sentence"]
        is_begun = len(joined) > 1 or not is_fragment(joined[0])
        if not is_begun or (not is_apart and is_fragment(LEADING.sub("", piece))):
            joined[-1] += piece
            kept[-1] = cost
        else:
            joined.append(piece)
            kept.append(cost)
    return joined, kept


def _unparted(pieces: list[str], costs: list[float]) -> tuple[list[str], list[float]]:
    """Put pieces to the one before them where nothing but a comma or an `and` parts them."""
    joined, kept = pieces[:1], costs[:1]
    for piece, cost in zip(pieces[1:], costs[1:], strict=True):
        if kept[-1] in {COSTS["weak"], COSTS["comma"]}:
            joined[-1] += piece
            kept[-1] = cost
        else:
            joined.append(piece)
            kept.append(cost)
    return joined, kept


def _pieces(message: str, begins_anew: Callable[[str], bool]) -> tuple[list[str], list[float]]:
    """Return the smallest parts, and what a cut behind each costs."""
    pieces: list[str] = []
    costs: list[float] = []
    for sentence in sentences(message):
        start = 0
        address = _address(sentence)
        for joint in JOINT.finditer(sentence):
            if joint.start() > start and joint.start() not in address:
                pieces.append(sentence[start : joint.start()])
                ahead = sentence[joint.end() : joint.end() + LOOKS_AHEAD]
                kind = (
                    "anew"
                    if begins_anew(ahead)
                    else "strong"
                    if joint["strong"]
                    else "weak"
                    if joint["weak"]
                    else "comma"
                )
                costs.append(COSTS[kind])
                start = joint.start()
        pieces.append(sentence[start:])
        costs.append(COSTS["sentence"])
    cuts = sorted(sorted(range(len(pieces) - 1), key=lambda place: costs[place])[: MAX_PIECES - 1])
    bounds = [0, *(cut + 1 for cut in cuts), len(pieces)]
    kept = ["".join(pieces[start:end]) for start, end in pairwise(bounds)]
    return kept, [*(costs[cut] for cut in cuts), costs[-1]] if costs else []


def _address(sentence: str) -> range:
    """Return where a postal address stands in a sentence: its commas part nothing, nor does the one before it."""
    parts = parse_address(sentence)
    if not parts.get("line1"):
        return range(0)
    lower = sentence.lower()
    places = [(lower.find(part.lower()), len(part)) for part in map(str, parts.values())]
    found = [(place, place + length) for place, length in places if place >= 0]
    return range(min(place for place, _ in found) - len(", "), max(end for _, end in found)) if found else range(0)
