"""What customers call the matters of a shop, in English. Data, and the one function that reads it.

A matter's words count as one for the planner, beside being themselves: `call off` is matched by examples with `cancel`.
"""

import re

from shopfloor.language.english import COUNTRIES, RELATIONS
from shopfloor.language.text import stem

MATTERS = (
    "order orders ordered ordering purchase purchases purchased bought item items",
    "parcel package packages shipment shipments delivery deliveries consignment courier box pkg stuff goods carrier",
    "send sent sending ship ships shipping shipped deliver delivers delivered delivering dispatch dispatched post mail "
    "mailed forward redirect reroute",
    "arrive arrives arrived arriving came show turned land landed reach eta here",
    "where track tracking trace locate status progress whereabouts",
    "late delay delayed delays overdue slow stuck waiting wait still",
    "cancel cancels cancelled canceled cancelling canceling cancellation annul annulment undo revoke void abort withdraw "
    "scrap calloff stop",
    "change changes changed changing edit modify update correct amend alter adjust fix",
    "address adress addresses street postcode zip house apartment",
    "wrong incorrect mistake mistaken mistyped typo error",
    "refund refunds refunded refunding reimburse reimbursed reimbursement repay repaid moneyback compensation rebate",
    "return returns returned returning sendback exchange exchanges exchanging swap replace replacement",
    "pay pays paid paying payment payments paypal visa mastercard klarna installments instalments",
    "invoice invoices receipt receipts bill bills",
    "charge charged charges debited billed deducted took",
    "twice double duplicate doubled",
    "person human humans agent agents representative rep manager supervisor operator staff somebody someone advisor "
    "adviser employee colleague assistant people live",
    "talk speak chat contact call phone ring reach connect transfer touch",
    "complaint complain complaints claim reclamation grievance",
    "fraud fraudulent scam unauthorized unauthorised stolen hacked unrecognised unrecognized",
    "lawyer sue court legal attorney lawsuit",
    "account accounts profile login logon signin username",
    "password passwords pin passcode passwort",
    "register registration signup enrol enroll join",
    "newsletter newsletters subscription subscribe unsubscribe mailing mailings",
    "price prices cost costs expensive much",
    "offer offers discount discounts sale sales deal deals coupon coupons promo promotion promotions voucher vouchers "
    "reduced reduction promocode bargain bargains clearance",
    "recommend recommendation suggest suggestion advise advice",
    "looking searching want need search seeking after",
    "compare comparison difference differences differ differs better versus vs",
    "stock available availability instock left restock",
    "material fabric made",
    "wash washing clean cleaning launder laundry dryer iron machine care tumble",
    "warranty guarantee guaranteed warranties",
    "hours open opening close closing closed",
    "store stores shop shops showroom branch outlet branches",
    "gift gifts present presents birthday christmas",
    "broken broke damaged defective faulty torn ripped cracked damage defect",
    "missing lost disappeared vanished gone",
    "day days week weeks month months",
    "size sizes sizing fit fits",
    "review reviews rating ratings stars",
    "cheap cheaper cheapest affordable",
    "thanks thank thx ty cheers",
    "hi hello hey hiya howdy",
    " ".join(word for words in RELATIONS.values() for word in words.split()),
    " ".join(name for name in COUNTRIES if name.isalpha() and len(name) > len("us")) + " abroad overseas",
)
"""Words for one matter, a group to a line; a word may stand for several."""
PHRASES = {
    "call off": "calloff", "call it off": "calloff", "called off": "calloff", "get rid of": "calloff",
    "money back": "moneyback", "paid back": "moneyback", "pay back": "moneyback", "pay me back": "moneyback",
    "my money": "moneyback", "the money": "moneyback",
    "send back": "sendback", "sent back": "sendback", "sending back": "sendback", "send it back": "sendback",
    "sent it back": "sendback", "send them back": "sendback", "give back": "sendback", "take back": "sendback",
    "bring back": "sendback", "send something back": "sendback",
    "in touch": "contact", "two times": "twice", "2 times": "twice", "2x": "twice",
    "log in": "login", "log into": "login", "sign in": "signin", "sign up": "signup", "log on": "logon",
    "in stock": "instock", "promo code": "promocode", "discount code": "promocode", "coupon code": "promocode",
    "zip code": "zip", "post code": "postcode", "postal code": "postcode",
    "how much": "price", "real person": "person", "live agent": "person", "customer service": "contact",
    "customer support": "contact", "looking for": "looking", "searching for": "searching", "u": "you", "r": "are",
    "ur": "your", "pls": "please", "plz": "please", "wheres": "where is", "where's": "where is", "whats": "what is",
    "what's": "what is", "hows": "how is", "how's": "how is", "whos": "who is", "who's": "who is", "when's": "when is",
    "whens": "when is", "theres": "there is", "there's": "there is", "it's": "it is", "im": "i am", "i'm": "i am",
    "ive": "i have", "i've": "i have", "id like": "i would like", "i'd": "i would", "i'll": "i will", "dont": "do not",
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
    r"|i (?:would like|want|need|wish|wanted|like) to (?:know|ask|find out|see|check|inquire|enquire)(?: about| if| how)?"
    r"|(?:i )?(?:do not|don't|dont|cannot|can't) know (?:how|what|where)(?: to| i can| i could)?(?: do to)?"
    r"|i (?:have|got|had) (?:a|some|one|another) (?:question|questions|problem|problems|issue|issues|trouble) "
    r"(?:with|about|on|regarding)|(?:i am|i'm|im) (?:wondering|asking|writing|contacting you)(?: about| if| because)?"
    r"|do you know(?: if| when| where)?|is it possible (?:to|for me to)|any (?:idea|chance)(?: of| you can| when| where)?"
    r"|please|kindly|hello|hi|hey|sir|madam|thanks|thank you)(?!\w)",
    re.IGNORECASE,
)
"""What is said around a request without being one."""
PHRASE = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, PHRASES), key=len, reverse=True)) + r")\b")
_MATTERS: dict[str, set[str]] = {}
for _group in MATTERS:
    for _word in _group.split():
        _MATTERS.setdefault(stem(_word), set()).add(_group.split()[0])


def plain(text: str) -> str:
    """Write a normalised text's phrases and short forms out, and leave out what is said around the request."""
    written = PHRASE.sub(lambda match: PHRASES[match[0]], text)
    bare = FRAME.sub(" ", written)
    return bare if bare.strip(" ?!.,") else written


def matters(word_stem: str) -> frozenset[str]:
    """Return the matters that a word, given by its stem, stands for."""
    return frozenset(_MATTERS.get(word_stem, ()))
