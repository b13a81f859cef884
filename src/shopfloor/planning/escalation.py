"""When a message goes to a person whatever else it says: rules that can be read, one by one.

Each rule names the scenario of the shop's settings that it stands for. A rule is a row of wordings; most ask for two
things near each other, such as a wish to speak and somebody to speak with. The shop's own phrases come before them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from re import Pattern

from shopfloor.language.text import normalise

ASKED_FOR, DOUBLE_CHARGE, LEGAL_OR_SAFETY = "asked_for", "double_charge", "legal_or_safety"
SCENARIOS = (ASKED_FOR, DOUBLE_CHARGE, LEGAL_OR_SAFETY)
"""The scenarios, as the shipped settings name them."""
NEAR = 6
"""Words that may stand between two things that belong together."""

PEOPLE = (
    r"humans?|persons?|people|agents?|representatives?|reps?|operators?|supervisors?|managers?|some ?one|some "
    r"?body|any ?one|"
    r"any ?body|advis[eo]rs?|staff|executives?|specialists?|employees?|colleagues?|consultants?|assistants?|your boss|"
    r"receptions?|workers?|your (?:\w+ )?team|customer (?:service|support|care|assistance)|live chat|support team"
)
SUPERIORS = (
    r"human(?: being)?|real person|live (?:agent|person|chat)|agent|representative|operator|supervisor|manager|"
    r"real human|"
    r"human agent|actual person|customer service rep\w*|superior"
)
TALKING = (
    r"talk(?:ing)?|speak(?:ing)?|chat(?:ting)?|connect(?:ed)?|transfer(?:red)?|forward(?:ed)?|put me|(?:talk|"
    r"speak) directly|get (?:me )?through|reach|contact|"
    r"hand me over|escalate|get in touch|be in contact|pass (?:me|it|this) on|communicate"
)
WANTING = r"want|need|get|give|bring|let me have|is there|where is|have|ask for|assistance from|call"
MONEY = r"charges?|payments?|transactions?|debits?|purchases?|withdrawals?|amounts?|bill|credit card"
TAKEN = (
    r"charged|billed|debited|deducted|took|taken|paid|pay|payments?|charges?|transactions?|went (?:out|"
    r"through|off)|made"
)
TWICE = (
    r"twice|many times|again|doubled|two times|2 times|2x|double|doubly|duplicated?|multiple times|several "
    r"times|more than once|second time"
)
NOT_MINE = (
    r"(?:do|did|does|can|could)(?: not|n'?t) (?:\w+ )?(?:recogni[sz]e|remember|recall|make|authori[sz]e|approve|"
    r"create|submit|purchase)|"
    r"(?:was|is|were|are|am|'m)(?: not|n'?t) (?:me|mine|made by me|done by me|by me|authori[sz]ed|recogni[sz]ing|"
    r"familiar|responsible)|"
    r"never (?:\w+ )?(?:made|authori[sz]ed|approved|submitted|seen before)|not (?:recogni[sz]e|familiar with)|"
    r"unrecogni[sz]able|without my (?:permission|consent|knowledge|approval)|no idea (?:what|where|who)"
)
STRANGE = (
    r"unknown|unusual|false|bogus|shady|random|unrecogni[sz]ed|unauthori[sz]ed|strange|suspicious|"
    r"fraudulent|unfamiliar|weird|unexplained|mysterious|odd"
)
ASKING_HOW = (
    r"\b(?:what|which|opening|business|working|office|support|service) (?:hours|times|timings)\b|\bwhat time\b|"
    r"\bhours (?:can|could|do|are|is|may)\b|"
    r"\b(?:phone|telephone|contact|care|support|service|helpline|toll free) (?:number|no)s?\b|\bnumber t+o\b"
)
"""Asking when or by what number people can be reached, which is no wish to be passed on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Wordings for one reason."""

    name: str
    scenario: str
    pattern: Pattern[str]
    unless: Pattern[str] | None = None
    """What a text must not hold, for then it only asks about the matter."""


def near(one: str, other: str, *, within: int = NEAR) -> str:
    """Return a pattern for two things in this order with at most so many words between them."""
    return rf"\b(?:{one})\b(?:[\s,]+[\w'’]+){{0,{within}}}?[\s,]+(?:{other})\b"


def rule(name: str, scenario: str, *wordings: str, unless: str | None = None) -> Rule:
    """Return a rule of some wordings; a text that holds what `unless` describes does not fall under it."""
    pattern = re.compile("|".join(f"(?:{wording})" for wording in wordings))
    return Rule(name, scenario, pattern, re.compile(unless) if unless else None)


RULES = (
    rule(
        "lawyers and courts",
        LEGAL_OR_SAFETY,
        r"\b(?:my|our|a|the) (?:lawyer|attorney|solicitor)s?\b",
        r"\b(?:lawsuit|legal (?:action|steps|notice|proceedings|advice|recourse)|small claims|ombudsman|trading "
        r"standards)\b",
        r"\b(?:sue|suing) (?:you|your|this|the (?:company|shop|store))\b|\b(?:will|going to|gonna) sue\b",
        r"\b(?:go|going|take (?:you|this|it|u)|see you|meet) (?:guys )?(?:all )?(?:to|in) (?:\w+ )?court\b|"
        r"\bconsumer (?:court|forum|protection|rights)",
        r"\b(?:call|contact|inform|go to|going to|report (?:\w+ )?to|tell) the (?:police|cops|authorities)\b|"
        r"\bpress charges\b|\bpolice (?:report|complaint|case)",
    ),
    rule(
        "fraud and misuse",
        LEGAL_OR_SAFETY,
        r"\b(?:fraud\w*|scam\w*|phishing|swindl\w+|identity theft)\b",
        near(
            r"account|card|profile|login|details|identity|name",
            r"hacked|stolen|hijacked|misused|compromised|"
            r"cloned",
        ),
        near(r"hacked|stole|stolen|cloned|compromised", r"account|card|money|identity|details"),
        near(
            r"some ?(?:one|body)(?: else)?|another person|a stranger",
            r"used|using|uses|ordered|accessed|logged|"
            r"bought",
            within=3,
        )
        + near(r"", r"my|with|from", within=4).removeprefix(r"\b(?:)\b"),
    ),
    rule(
        "payments that the customer did not make",
        LEGAL_OR_SAFETY,
        near(STRANGE, rf"{MONEY}|activit(?:y|ies)|use", within=3),
        near(MONEY, NOT_MINE, within=14),
        near(MONEY, r"(?:do|did)(?: not|n'?t) (?:\w+ )?(?:do|know)", within=14),
        near(NOT_MINE, MONEY, within=4),
        near(MONEY, STRANGE, within=5),
        near(MONEY, r"not mine|isn'?t mine|not me|some ?(?:one|body) else", within=8),
    ),
    rule(
        "injuries and dangers",
        LEGAL_OR_SAFETY,
        r"\b(?:allergic reaction|food poisoning|caught fire|exploded|electric shock|burn(?:ed|t) (?:my|me|his|"
        r"her)|choked|injur(?:y|ed|ies)|hospital|bleeding)\b",
        r"\b(?:i|he|she|we|they|son|daughter|child|baby|kid|wife|husband|mother|father) (?:got|was|were|been) "
        r"(?:\w+ly )?(?:hurt|injured|burn(?:ed|t)|poisoned|electrocuted)\b",
        near(r"hurt|poisoned|injured", r"my|me|myself|son|daughter|child|baby|kid", within=1),
        near(r"got|gave|having|developed|from|have", r"rash|hives|burns|sick from|vomiting", within=3),
    ),
    rule(
        "charged more than once",
        DOUBLE_CHARGE,
        near(TAKEN, TWICE, within=9),
        near(
            r"double|doubled|duplicated?|second|two|2|extra|multiple|repeated|more than one",
            r"charges?|"
            r"payments?|transactions?|debits?|charged|billed|deductions?|billing",
            within=2,
        ),
        near(r"twice|two times|2 times|double", TAKEN, within=3),
        near(r"two|2|multiple|several|more than one", rf"of the same (?:{MONEY})", within=2),
        near(
            r"same (?:payment|transaction|charge|purchase|order|amount|item|thing)",
            r"twice|two|double|again|"
            r"times",
            within=9,
        ),
    ),
    rule(
        "a person asked for",
        ASKED_FOR,
        near(TALKING, PEOPLE),
        near(WANTING, SUPERIORS, within=4) + r"(?!'s)",
        r"^(?:an? |the )?(?:real |live )?(?:human|agent|operator|person|representative|manager|supervisor)(?: "
        r"please| now| pls)?\W*$",
        r"\b(?:real|actual|live|human) (?:person|human|agent|being|support|help|assistance|operator)\b(?! or)",
        r"\b(?:call|phone|ring|text) me(?: back| now| please| on| at)?\b|\bcall ?back\b",
        r"\b(?:customer (?:service|care|support)|help ?desk) (?:agent|representative|rep|executive|person|staff|"
        r"operator)s?\b",
        r"\b(?:stop|no more|enough of|tired of|sick of|done with)\b[\w' ]{0,30}\b(?:bot|robot|machine|automatic "
        r"answers?|automated)\b",
        r"\b(?:with|to) (?:a |this )?(?:bot|robot|machine)\b|\byou are useless\b",
        r"\b(?:useless|stupid|dumb) (?:bot|robot|machine|chatbot)\b|\b(?:bot|chatbot) is (?:useless|stupid)",
        unless=ASKING_HOW,
    ),
    rule(
        "complaints",
        ASKED_FOR,
        near(
            r"file|make|lodge|submit|register|raise|place|put in|write|have|send|log|presenting|making|filing|"
            r"lodging|report",
            r"complaints?|(?<!warranty )(?<!guarantee )claims?|reclamations?|"
            r"grievances?",
            within=5,
        ),
        r"\bcomplain(?:ing|t against)?\b(?! about the weather)|^complaints?\b",
        r"\byour (?:customer )?(?:service|support|company|staff) is (?:\w+ )?(?:pathetic|terrible|awful|horrible|"
        r"bad|worst|useless|a joke)\b",
        r"\b(?:consumer|customer) (?:complaint|claim|reclamation)s?\b",
        r"\b(?:worst|terrible|horrible|pathetic|awful|disgusting|poor|rude|bad) (?:customer )?(?:service|support|"
        r"staff|employee|company|experience)\b",
    ),
)
"""In the order in which they are asked; the first that holds says which scenario it is."""


@lru_cache(maxsize=4_096)
def escalation(text: str) -> Rule | None:
    """Return the first rule that a text falls under, or None."""
    plain = normalise(text).replace("-", " ")
    return next((rule for rule in RULES if _holds(rule, plain)), None)


def _holds(rule: Rule, plain: str) -> bool:
    return rule.pattern.search(plain) is not None and not (rule.unless and rule.unless.search(plain))
