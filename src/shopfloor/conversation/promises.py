"""Whether a model says that something was done, or is there, which no tool of its task has told.

A model has the words of thousands of shops at hand: `I have cancelled your order` comes to it easily. It changes
nothing itself, so a sentence in which it says that it did, or will, is never true; one that says so of the shop, or of
goods that they are there, needs a tool's answer or a page with such a word. Playbooks say only what tools answered, and
are not asked.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from pydantic import JsonValue

from shopfloor.kernel.canonical import canonical_json

DOING: dict[str, tuple[str, str]] = {
    "cancellation": (
        r"cancell?ed|cancel|storniert|stornieren|cancelad[oa]|cancelar|annul[ée]e?|annuler",
        r"cancel|storn|annul",
    ),
    "refund": (
        r"refunded|refund|reimbursed|credited|erstattet|erstatten|reembolsad[oa]|reembolsar|rembours[ée]e?|rembourser",
        r"refund|reimburs|credit|erstatt|reembols|rembours",
    ),
    "change": (
        (
            r"changed|updated|amended|replaced|exchanged|ge[äa]ndert|(?:um|ein)getauscht|cambiad[oa]|actualizad[oa]|modifi[ée]e?|"
            r"[ée]chang[ée]e?"
        ),
        r"chang|updat|amend|replac|exchang|änder|tausch|cambi|actualiz|modifi|échang",
    ),
    "return": (
        r"registered|booked in|arranged|angemeldet|registrad[oa]|enregistr[ée]e?",
        r"regist|booked|arrang|return|angemeldet|retour|devol",
    ),
    "sending": (
        r"e-?mailed|(?:re-?)?sent|dispatched|forwarded|geschickt|gesendet|versandt|(?:re)?enviad[oa]|(?:r?)envoy[ée]e?",
        r"mail|sent|send|ship|dispatch|forward|deliver|transit|schick|versand|envi|envoy",
    ),
    "subscription": (
        (
            r"subscribed|unsubscribed|signed up|added|removed|abonniert|angemeldet|hinzugefügt|suscrit[oa]|añadid[oa]|"
            r"inscrit[ea]?|ajout[ée]e?"
        ),
        r"subscri|signed|added|add_|remov|cart|abonn|hinzu|suscri|añad|inscri|ajout",
    ),
    "ticket": (
        r"escalated|opened a ticket|created a ticket|informed|weitergeleitet|escalad[oa]|transmi[st]e?",
        r"ticket|escalat|weiter|escalad|transmi",
    ),
}
"""Of each kind of action, the words that say that it was done, and what a tool's answer about it holds."""
OWN = (
    r"i(?:'ve|'ll| have| will| just| now| already)+",
    r"i(?=\s+(?:\w+ed|(?:re-?)?sent)\b)",
    r"we(?:'ve| have)(?: just| now| already)*",
    r"(?:ich (?:habe|werde)|wir haben)\b[^.!?]{0,60}?",
    r"(?:he|hemos|voy a)",
    r"(?:j'ai|nous avons|je vais)(?: bien)?",
)
"""How sentences begin that say that the team did something, or that somebody of it will."""
PASSIVE = (
    r"(?:has|have|was|were|is|are) (?:just |now |already |successfully )*(?:been )?",
    r"(?:wurde|wurden|ist|sind)\b[^.!?]{0,60}?",
    r"(?:ha sido|han sido|fue|fueron)",
    r"(?:a été|ont été)",
    r"we(?:'ll| will)?",
    r"wir werden\b[^.!?]{0,60}?",
    r"vamos a",
    r"nous allons",
)
"""How sentences begin that say that something was done, or what the shop does."""
STOCK = re.compile(
    r"\b(?:in stock|out of stock|sold out|available|unavailable|auf lager|ausverkauft|lieferbar|en stock|agotad[oa]s?|"
    r"disponibles?|épuisée?s?)\b",
    re.IGNORECASE,
)
TELLS_STOCK = re.compile(r"stock|available|sold_out|availability|disponib|lager", re.IGNORECASE)
NEGATED = re.compile(r"\b(?:not|n't|never|cannot|no|nicht|kein\w*|ne|pas|unable)\b", re.IGNORECASE)
ASKED = re.compile(r"\?\s*$")


def unkept(sentence: str, outputs: Sequence[JsonValue]) -> tuple[str, ...]:
    """Return what a sentence says was done, or is there, that no tool and no page tells; nothing of a question."""
    if ASKED.search(sentence):
        return ()
    own, passive = _patterns() if _doing().search(sentence) else ({}, {})
    is_negated = NEGATED.search(sentence) is not None
    claims = [] if is_negated else [kind for kind, pattern in own.items() if pattern.search(sentence)]
    said = [] if is_negated else [kind for kind, pattern in passive.items() if pattern.search(sentence)]
    is_about_stock = STOCK.search(sentence) is not None
    if not claims and not said and not is_about_stock:
        return ()
    told = " ".join(text for output in outputs for text in _texts(output)).lower()
    claims += [kind for kind in said if not re.search(DOING[kind][1], told)]
    named = " ".join(canonical_json(output) for output in outputs)
    claims += ["stock"] if is_about_stock and not TELLS_STOCK.search(named) else []
    return tuple(dict.fromkeys(claims))


def _texts(value: JsonValue) -> Iterator[str]:
    """Return the texts in a tool's answer, without the names of its fields: `can_be_cancelled` tells nothing.

    Of what `is_done` says that it is not, only how it stands is told: `Cancel order #1` may wait for a colleague.
    """
    match value:
        case str():
            yield value
        case {"is_done": False}:
            yield from _texts(value.get("status"))
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
        case _:
            return


@lru_cache(maxsize=1)
def _doing() -> re.Pattern[str]:
    """Return what finds the words of any action: most sentences have none, and the patterns with them take longer.

    They may end a longer word, as in `zurückerstattet`.
    """
    return re.compile(rf"(?:{'|'.join(words for words, _ in DOING.values())})\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[str, re.Pattern[str]], dict[str, re.Pattern[str]]]:
    def saying(begins: Sequence[str]) -> dict[str, re.Pattern[str]]:
        begun = "|".join(begins)
        return {
            kind: re.compile(rf"\b(?:{begun})\s*(?:[\w'-]+\s+){{0,3}}?(?:{words})\b", re.IGNORECASE)
            for kind, (words, _) in DOING.items()
        }

    return saying(OWN), saying(PASSIVE)
