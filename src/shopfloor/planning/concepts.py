"""What customers call the matters of a shop, in English. Data, and the one function that reads it.

A matter's words count as one for the planner, beside being themselves: `call off` is matched by examples with `cancel`.
"""

import re

from shopfloor.language.english import COUNTRIES, RELATIONS, STOP_WORDS
from shopfloor.language.text import stem, stems, words

MATTERS = (
    "order purchase bought item",
    "parcel package shipment delivery consignment courier box pkg stuff goods carrier",
    "send sent ship deliver dispatch post mail forward redirect reroute",
    "arrive came show turned land reach eta here",
    "where track trace locate status progress whereabouts",
    "late delay overdue slow stuck waiting still",
    "cancel annul undo revoke void abort withdraw scrap calloff stop",
    "change edit modify update correct amend alter adjust fix",
    "address adress street postcode zip house apartment",
    "wrong incorrect mistake mistaken mistyped typo error",
    "refund reimburse repay repaid moneyback compensation rebate",
    "return sendback exchange swap replace",
    "transaction charge payment debit",
    "recognise recognize unknown strange unfamiliar",
    "pay paid payment paypal visa mastercard klarna installments",
    "invoice receipt bill",
    "charge debited billed deducted took",
    "twice double duplicate",
    "person human agent representative rep manager supervisor operator staff somebody someone advisor adviser employee",
    "talk speak chat contact call phone ring reach connect transfer touch",
    "complaint complain claim reclamation grievance",
    "fraud fraudulent scam unauthorized unauthorised stolen hacked unrecognised unrecognized",
    "lawyer legal attorney lawsuit",
    "account profile login logon signin username",
    "password pin passcode passwort",
    "register registration signup enrol join",
    "newsletter subscription subscribe unsubscribe mailing",
    "price cost expensive much",
    "offer discount sale deal coupon promo promotion voucher reduced reduction promocode bargain clearance",
    "recommend suggest advise advice",
    "looking searching want need seeking after",
    "compare comparison difference better versus vs",
    "stock available instock left restock",
    "material fabric made",
    "wash clean launder laundry dryer iron machine care tumble",
    "warranty guarantee",
    "hours open close",
    "store shop showroom branch outlet",
    "gift present birthday christmas",
    "broken broke damaged defective faulty torn ripped cracked",
    "missing lost disappeared vanished gone",
    "day week month",
    "size fit",
    "review rating stars",
    "cheap cheaper cheapest affordable",
    "thanks thx ty cheers",
    "hi hello hey hiya howdy",
    " ".join(RELATIONS.values()),
    f"abroad overseas {' '.join(name for name in COUNTRIES if name.isalpha() and len(name) > len('us'))}",
)
"""Words for one matter, a group to a line; a word may stand for several."""
PHRASES = {
    "call off": "calloff", "call it off": "calloff", "called off": "calloff", "get rid of": "calloff",
    "money back": "moneyback", "paid back": "moneyback", "pay back": "moneyback", "pay me back": "moneyback",
    "my money": "moneyback", "the money": "moneyback",
    "send back": "sendback", "sent back": "sendback", "sending back": "sendback", "send it back": "sendback",
    "sent it back": "sendback", "send them back": "sendback", "give back": "sendback", "take back": "sendback",
    "bring back": "sendback", "send something back": "sendback",
    "in touch": "contact", "e mail": "email", "two times": "twice", "2 times": "twice", "2x": "twice",
    "log in": "login", "log into": "login", "sign in": "signin", "sign up": "signup", "log on": "logon",
    "in stock": "instock", "promo code": "promocode", "discount code": "promocode", "coupon code": "promocode",
    "zip code": "zip", "post code": "postcode", "postal code": "postcode",
    "how much": "price", "real person": "person", "live agent": "person", "customer service": "contact",
    "customer support": "contact", "looking for": "looking", "searching for": "searching", "u": "you", "r": "are",
    "ur": "your", "pls": "please", "plz": "please", "wheres": "where is", "where's": "where is", "whats": "what is",
    "what's": "what is", "hows": "how is", "how's": "how is", "whos": "who is", "who's": "who is", "when's": "when is",
    "whens": "when is", "theres": "there is", "there's": "there is", "it's": "it is", "im": "i am", "i'm": "i am",
    "ive": "i have", "i've": "i have", "id like": "i would like", "i'd": "i would", "i'll": "i will",
    "ill": "i will", "dont": "do not",
    "don't": "do not", "doesnt": "does not", "doesn't": "does not", "didnt": "did not", "didn't": "did not",
    "cant": "can not", "can't": "can not", "cannot": "can not", "wont": "will not", "won't": "will not",
    "isnt": "is not", "isn't": "is not", "hasnt": "has not", "hasn't": "has not", "havent": "have not",
    "haven't": "have not", "wanna": "want to", "gonna": "going to", "gotta": "got to", "gimme": "give me",
    "lemme": "let me", "smth": "something", "sth": "something", "msg": "message", "tmrw": "tomorrow",
    "delivary": "delivery", "recieve": "receive", "recieved": "received", "thru": "through",
}  # fmt: skip
"""Phrases that stand for a word, and short forms of several."""

FRAME = re.compile(
    r"\b(?:(?:i )?(?:need|want|require|would like|could use|am looking for|'d like) (?:some |any |your |to get |get )?"
    r"(?:help|assistance|support|info|information|details|advice) ?(?:with|on|about|for|to|regarding|in|of)?"
    r"|(?:can|could|would|will) (?:you|u|i|someone|anyone|somebody) (?:please |kindly )?"
    r"(?:help|assist|tell|inform|explain|advise|show|let)(?: me| us)?(?: know| how| out| find out)?"
    r"(?: with| about| on| to)?"
    r"|help me (?:with|to|out with)?|(?:please )?(?:tell|explain to|inform|let) me (?:know )?(?:about |how |if )?"
    r"|i (?:would like|want|need|wish|wanted|like) to (?:know|ask|find out|see|check|enquire)(?: about| if| how)?"
    r"|(?:i )?(?:do not|don't|dont|cannot|can't) know (?:how|what|where)(?: to| i can| i could)?(?: do to)?"
    r"|i (?:have|got|had) (?:a|some|one|another) (?:question|questions|problem|problems|issue|issues|trouble) "
    r"(?:with|about|on|regarding)|(?:i am|i'm|im) (?:wondering|asking|writing|contacting you)(?: about| if| because)?"
    r"|do you know(?: if| when| where)?|is it possible (?:to|for me to)|any (?:idea|chance)(?: of| when| where)?"
    r"|please|kindly|hello|hi|hey|sir|madam|thanks|thank you)(?!\w)",
    re.IGNORECASE,
)
"""What is said around a request without being one."""
POINTING = frozenset({"it", "that", "those", "them", "there", "this", "these"})
PHRASE = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, PHRASES), key=len, reverse=True)) + r")\b")
_MATTERS: dict[str, set[str]] = {}
for _group in MATTERS:
    for _word in _group.split():
        _MATTERS.setdefault(stem(_word), set()).add(_group.split()[0])


def plain(text: str) -> str:
    """Write a normalised text's phrases and short forms out, and leave out what is said around the request."""
    written = PHRASE.sub(lambda match: PHRASES[match[0]], text)
    bare = FRAME.sub(" ", written)
    return bare if any(word not in STOP_WORDS for word in words(bare)) else written


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
