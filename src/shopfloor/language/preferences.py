"""What customers say of themselves: the size they wear, what they like, and what they want left out.

Only sentences that plainly tell of oneself count: `I'm a size 9` does, `do you have it in size 9` does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shopfloor.language.attributes import ANY, FOR_WHOM, NOT_MORE, colour_families, sizes, wearer
from shopfloor.language.english import word_set
from shopfloor.language.text import normalise, sentences, words

Kind = Literal["size", "likes", "avoids", "fit", "wearer", "vegan"]

HABIT = r"(?:(?:usually|normally|always|mostly|only|generally|typically|really|also|just|now|still|actually) )*"
LEAD = (
    r"^(?:(?:hi|hello|hey|ok|okay|oh|so|well|no|sorry|actually|btw|by the way|also|and|but|please|fyi|"
    r"(?:please )?(?:(?:can|could) you )?(?:remember|note|save|keep in mind|don't forget|take down|write down)"
    r"(?: that| this| for (?:the )?(?:next time|future|later))?)[,:! ]+)*"
)
"""What may stand before it."""
I_AM = r"(?:i'm|i am|im)"
SIZED = rf"(?P<size>\d\d ?x ?\d\d|{ANY}){NOT_MORE}(?! of\b)(?P<width> (?:extra )?wide| narrow)?"
WORN = (
    r"(?:shoe|feet|foot|sneaker|boot|clothes|clothing|shirt|t-shirt|tee|top|hoodie|sweater|jacket|coat|dress|trousers?"
    r"|pants?|jeans?|shorts|skirt|bottoms?)s?"
)
OWN_SIZES = (
    re.compile(rf"{LEAD}{I_AM} {HABIT}(?:a |an |in )?(?:us )?size:? {SIZED}"),
    re.compile(rf"{LEAD}{I_AM} {HABIT}(?:an? ){SIZED}(?=$|[.!,;]| (?:in|for) )"),
    re.compile(rf"{LEAD}i {HABIT}(?:wear|take|am wearing)(?: an?)?(?: (?:us )?size| in)? ?{SIZED}"),
    re.compile(rf"{LEAD}i {HABIT}(?:wear|take)(?: an?)? (?:{WORN}) size ?{SIZED}"),
    re.compile(rf"{LEAD}my (?:us |usual |normal )?(?:{WORN} )?sizes?(?: (?:in|for) (?:{WORN}))? ?(?:is|are|=|:) ?"
               rf"(?:now |an? |size )*{SIZED}"),
    re.compile(rf"{LEAD}my (?:us |usual |normal )?(?:{WORN} )?size {SIZED}"),
    re.compile(rf"{LEAD}(?:an? |size )*{SIZED} (?:(?:usually|always) )?fits me(?: best| well| perfectly)?(?=$|[.!,])"),
)  # fmt: skip
FURTHER = re.compile(rf"(?:,| and| but|;)+ (?:(?:an?|size|in|my|i|wear|take|is|for) |(?:{WORN}) )*(?:size )?{SIZED}")
"""One more size in the same sentence: `9 in shoes and M in shirts`."""

LIKED = re.compile(
    rf"{LEAD}(?:i {HABIT}(?:like|love|prefer|adore|wear)(?: to wear| wearing)?"
    r"|my favou?rite (?:colou?rs?|brands?) (?:is|are)"
    rf"|{I_AM} (?:really )?into) (?P<rest>[^.!?]+)"
)
AVOIDED = re.compile(
    rf"{LEAD}(?:i {HABIT}(?:don't|dont|do not|never|can't|cant|cannot|can not) {HABIT}"
    rf"(?:like|wear|buy|stand|tolerate|touch|do)(?: any(?:thing)?(?: (?:made )?(?:of|with|in|from))?| to wear)?"
    rf"|i {HABIT}(?:hate|avoid|dislike)(?: wearing)?"
    rf"|(?:{I_AM}|my skin is) {HABIT}(?:allergic|sensitive) to"
    r"|i (?:have|get) an? (?:\w+ )?(?:allergy|rash) (?:to|from|of)"
    rf"|never show me(?: anything (?:in|with|of))?|please no|no more) (?P<rest>[^.!?]+)"
)
ALLERGY = re.compile(rf"{LEAD}i (?:have|got) an? (?P<rest>[a-z]+) (?:allergy|intolerance)")
FREE = re.compile(rf"{LEAD}i (?:only|always) (?:buy|wear|want|take) (?P<rest>[a-z]+)[- ]free\b")
VEGAN = re.compile(
    rf"{LEAD}(?:{I_AM} {HABIT}(?:an? )?vegan(?=$|[.!,; ])|i (?:only|always) (?:buy|wear|want|take|shop for) vegan\b"
    r"|i (?:don't|do not|never) (?:buy|wear|want) (?:any )?animal (?:products|materials))"
)
FIT = re.compile(
    rf"{LEAD}(?:i {HABIT}(?:like|love|prefer|wear|take)|my fit is) (?:an? |the |my clothes |things |it )*"
    r"(?P<fit>slim|skinny|tight|regular|normal|straight|loose|relaxed|baggy|oversized|wide)"
    r"(?:[- ]fit(?:ting)?s?| cuts?)"
)
FEET = re.compile(rf"{LEAD}(?:i have|i've got|my feet are) (?:\w+ )?(?P<fit>wide|narrow)(?: feet)?(?=$|[.!,])")
FITS = {"skinny": "slim", "tight": "slim", "normal": "regular", "straight": "regular", "relaxed": "loose",
        "baggy": "loose", "oversized": "loose"}  # fmt: skip
FOR_ME = re.compile(
    rf"{LEAD}i {HABIT}(?:wear|buy|shop(?: for)?|look for|take) (?P<whose>(?:wo)?men'?s|ladies'?) "
    r"(?:clothes|clothing|shoes|sizes|things|fashion|wear|stuff)(?=$|[.!,])"
)
FOR_ANOTHER = re.compile(
    r"\b(?:gifts?|presents?|birthday|christmas|xmas|anniversary|baby shower)\b"
    r"|\bfor (?:him|her|them|someone|somebody|a friend|friends|another|others)\b"
)
AROUND = word_set(
    """and or the a an any in of to at all very much most best too colour colours color colors coloured colored things
    thing clothes clothing stuff shoes everything wear wearing made with materials material fabrics products really lot
    a lot please for me on me neither either nor ever anything its it's skin"""
)
"""Words that may stand beside what is liked or not without changing what is meant."""
ANEW = re.compile(
    r"(?:,|;| and| but| or| so)+ (?=(?:also |then )?(?:i|i'm|im|i've|my|do|does|have|can|could|would|is|are|what|which|"
    r"show|find|got|any)\b)"
)
"""Where one says another thing of oneself, or asks something: `I'm allergic to wool and I like green`."""
POINTING = word_set("one ones it that this these those them you u your yours us he she they")
"""Words that say something of one thing, not of what one likes."""
MOST_NAMED = 5
"""Words beyond which a sentence tells a story."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One thing that a customer says of themselves."""

    kind: Kind
    value: str = ""
    """A size or fit as a shop writes it, a colour, a material, a wearer; empty for `vegan`."""
    about: str = ""
    """Of a size, the words around it, which may say what it is the size of."""


def is_for_another(text: str) -> bool:
    """Whether what is looked for is meant for somebody else than the customer."""
    plain = normalise(text)
    return bool(FOR_ANOTHER.search(plain) or FOR_WHOM.search(plain))


def statements(text: str) -> tuple[Statement, ...]:
    """Return what a text says of its writer, in its order."""
    pieces = (part for piece in sentences(text) for part in ANEW.split(normalise(piece)))
    found = (statement for piece in pieces for statement in _statements(piece))
    return tuple(dict.fromkeys(found))


def _statements(sentence: str) -> Iterator[Statement]:
    if sentence.endswith("?"):
        return
    yield from _own_sizes(sentence)
    for pattern in (FIT, FEET):
        if match := pattern.match(sentence):
            yield Statement(kind="fit", value=FITS.get(match["fit"], match["fit"]))
    if match := FOR_ME.match(sentence):
        whose = wearer(match["whose"])
        yield Statement(kind="wearer", value=whose or "unisex")
    if VEGAN.match(sentence):
        yield Statement(kind="vegan")
    for pattern in (AVOIDED, ALLERGY, FREE):
        if match := pattern.match(sentence):
            yield from (Statement(kind="avoids", value=word) for word in _named(match["rest"]))
    if match := LIKED.match(sentence):
        yield from (Statement(kind="likes", value=word) for word in _named(match["rest"]))


def _own_sizes(sentence: str) -> Iterator[Statement]:
    match = next((match for pattern in OWN_SIZES if (match := pattern.match(sentence))), None)
    if match is None:
        return
    matches = [match]
    while more := FURTHER.search(sentence, matches[-1].end("size")):
        matches.append(more)
    for place, one in enumerate(matches):
        start = 0 if place == 0 else matches[place - 1].end("size")
        until = matches[place + 1].start() if place + 1 < len(matches) else len(sentence)
        written = sizes(f"size {one['size']}")
        if written:
            yield Statement(kind="size", value=written[0] + (one["width"] or ""), about=sentence[start:until])


def _named(rest: str) -> Iterator[str]:
    """Yield the words of what is liked or not, if nothing else is said: `green`, but not `the green one`."""
    said = [word for word in words(rest) if word not in AROUND]
    if len(said) <= MOST_NAMED and not POINTING & set(said):
        for word in said:
            yield from colour_families(word, is_colour=True) or (word,)
