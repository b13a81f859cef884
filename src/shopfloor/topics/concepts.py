"""What customers call the matters of a shop, in English. Data, and the one function that reads it.

A matter's words count as one for the planner, beside being themselves: `call off` is matched by examples with `cancel`.
"""

import re
from collections.abc import Mapping
from typing import cast

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.english import COUNTRIES, RELATIONS, STOP_WORDS, word_set
from shopfloor.language.text import stem, stems, words

SHORT_FORMS = {
    "u": "you", "r": "are", "ur": "your", "pls": "please", "plz": "please", "plzz": "please", "wheres": "where is",
    "where's": "where is", "whats": "what is", "what's": "what is", "wats": "what is", "wat": "what", "hows": "how is",
    "how's": "how is", "whos": "who is", "who's": "who is", "when's": "when is", "whens": "when is",
    "theres": "there is", "there's": "there is", "it's": "it is", "im": "i am", "i'm": "i am", "ive": "i have",
    "i've": "i have", "id like": "i would like", "i'd": "i would", "i'll": "i will", "ill": "i will",
    "dont": "do not", "don't": "do not", "doesnt": "does not", "doesn't": "does not", "didnt": "did not",
    "didn't": "did not", "cant": "can not", "can't": "can not", "cannot": "can not", "wont": "will not",
    "won't": "will not", "isnt": "is not", "isn't": "is not", "hasnt": "has not", "hasn't": "has not",
    "havent": "have not", "haven't": "have not", "wanna": "want to", "gonna": "going to", "gotta": "got to",
    "gimme": "give me", "lemme": "let me", "smth": "something", "sth": "something", "msg": "message",
    "tmrw": "tomorrow", "thru": "through", "e mail": "email", "2 times": "two times", "2x": "two times", "do you "
        "offer": "do you have", "do you even offer": "do you have", "you guys offer": "you have",
}  # fmt: skip
"""Short forms, written out."""

FRAME = re.compile(
    r"\b(?:(?:i )?(?:need|want|wanna|require|would like|could use|am looking for|'d like|am searching for|looking "
    r"for) "
    r"(?:some |any |your |to get |get |to have )?"
    r"(?:help|assistance|support|info|information|details|advice)(?: to)? ?(?:with|on|about|for|to|regarding|in|"
    r"of|checking|seeing)?"
    r"|(?:can|could|would|will|acn) (?:you|u|ya|i|someone|anyone|somebody) (?:please |kindly )?"
    r"(?:help|assist|tell|inform|explain|advise|show|let)(?: me| us)?(?: know| how| out| find out)?"
    r"(?: with| about| on| to)?"
    r"|help me (?:with|to|out with)?|(?:please )?(?:tell|explain to|inform|let) me (?:know )?(?:about |how |if )?"
    r"|(?:i )?(?:would like|want|wanna|need|wish|wanted|like|try|am trying|was trying|have) to "
    r"(?:know|ask|find out|see|check|enquire|learn|inform)(?: about| if| how| of)?"
    r"|what do i (?:have|need) to do to(?: check| see| find)?|how to do it|how do i do (?:it|that)|can i get "
    r"(?:some |any )?help"
    r"|(?:i )?(?:do not|don't|dont|cannot|can't) know (?:how|what|where)(?: to| i can| i could| i have to do to| "
    r"i need to do to)?"
    r"(?: do to)?(?: check| see| find)?"
    r"|i (?:have|got|had) (?:a|some|one|another) (?:question|questions|problem|problems|issue|issues|trouble) "
    r"(?:with|about|on|regarding)|(?:i am|i'm|im) (?:wondering|asking|writing|contacting you)(?: about| if| because)?"
    r"|do you know(?: if| when| where)?|is it possible (?:to|for me to)|any (?:idea|chance)(?: of| when| where)?"
    r"|please|kindly|hello|hi|hey|sir|madam|thanks|thank you)(?!\w)",
    re.IGNORECASE,
)
"""What is said around a request without being one."""
LOOKING_UP = re.compile(
    r"^(?:(?:to|i|could|can|may|how|with|for) )*"
    r"(?:check(?:ing)?|see(?:ing)?|list(?:ing)?|know|ask|(?:notify|inform|report)(?:ing)? (?:of|about))\b(?: "
    r"(?:out|about))?(?= \w+ \w+)"
)
"""How a wish to look something up begins, which says nothing of what."""
EMPTY = word_set(
    """see find found help not here still yet show seem seems look check possible advise tell know else way figure
    happen happened happening think thought mean going said say ask now really actually too sure also wondering
    please ok done try like"""
)
"""Words that mean nothing without what was said before them: `I can not see it`, `is that possible`."""
POINTING = frozenset({"it", "that", "those", "them", "there", "this", "these"})


def _read() -> tuple[dict[str, set[str]], dict[str, str], frozenset[str], frozenset[str]]:
    """Return the matters of each stem, what phrases are written as, the shop's single words, and the world's matters.

    A phrase is written without blanks, so that it counts as one word.
    """
    listed = cast(Mapping[str, Mapping[str, str]], read_shipped("shopfloor.topics", "matters.yaml"))
    groups = {**listed["shop"], **listed["world"], "relation": " ".join(RELATIONS.values())}
    groups["abroad"] = (
        f"abroad overseas international "
        f"{' '.join(name for name in COUNTRIES if name.isalpha() and len(name) > len('us'))}"
    )
    stems_of: dict[str, set[str]] = {}
    joined: dict[str, str] = {}
    every: set[str] = set()
    for matter, text in groups.items():
        single, *phrases = text.split(",")
        if matter in listed["shop"]:
            every.update(single.split())
        for phrase in map(str.strip, phrases):
            joined[phrase] = phrase.replace(" ", "")
        for word in (*single.split(), *(phrase.replace(" ", "") for phrase in phrases)):
            stems_of.setdefault(stem(word), set()).add(matter)
    return stems_of, joined, frozenset(every), frozenset(listed["world"])


_MATTERS, _PHRASES, _WORDS, _WORLD = _read()
SHORT_FORM, PHRASE = (
    re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, forms), key=len, reverse=True)) + r")\b")
    for forms in (SHORT_FORMS, _PHRASES)
)


def plain(text: str) -> str:
    """Write a normalised text's phrases and short forms out, and leave out what is said around the request."""
    written = PHRASE.sub(lambda match: _PHRASES[match[0]], SHORT_FORM.sub(lambda match: SHORT_FORMS[match[0]], text))
    bare = LOOKING_UP.sub("", FRAME.sub(" ", written).strip())
    return bare if any(word not in STOP_WORDS for word in words(bare)) else written


def matter_words() -> frozenset[str]:
    """Return all single words that stand for a matter of a shop."""
    return _WORDS


def is_worldly(text: str) -> bool:
    """Whether a normalised text names a matter of the world outside the shop and none of a shop's."""
    named = [matters(word) for word in stems(plain(text))]
    return any(one and one <= _WORLD for one in named)


def names_unknown(text: str) -> bool:
    """Whether a normalised text has a word that stands for no matter, as the name of goods does."""
    content = [word for word in words(plain(text)) if word not in STOP_WORDS and word not in EMPTY]
    return any(not matters(stem(word)) for word in content)


def is_frame(text: str) -> bool:
    """Whether a normalised text only says that it asks: `I need help`, `how do I do it`."""
    written = SHORT_FORM.sub(lambda match: SHORT_FORMS[match[0]], text)
    bare = words(FRAME.sub(" ", written))
    is_shorter = len(bare) < len(words(written))
    is_pointing = is_shorter or len(bare) > 1
    return is_pointing and all(word in STOP_WORDS or word in EMPTY for word in bare)


def matters_of(text: str) -> frozenset[str]:
    """Return the matters that a text names."""
    return frozenset(matter for word in stems(text) for matter in matters(word))


def leans(said: str, text: str) -> bool:
    """Whether what was said needs an earlier text to be understood: it points at it, or changes a matter of it."""
    named = matters_of(text)
    content = [word for word in stems(said) if word not in STOP_WORDS]
    if content and all("abroad" in matters(word) for word in content):  # a country alone: `what about Germany`
        return True
    is_changing = any(named & matters(word) and word not in stems(text) for word in stems(said))
    return is_changing or bool(POINTING.intersection(words(said)))


def without_matters(text: str, said: str) -> str:
    """Leave out of a text the words for matters that what was said since names anew: `to Canada`, then `to Germany`."""
    named = matters_of(said)
    return " ".join(word for word in text.split() if not any(named & matters(one) for one in stems(word)))


def matters(word_stem: str) -> frozenset[str]:
    """Return the matters that a word, given by its stem, stands for."""
    return frozenset(_MATTERS.get(word_stem, ()))
