"""Which messages need care before the team answers: they steer it, hurt its people, or come from somebody in danger.

Rules that can be read, in English, German, Spanish and French; what a shop's customers write every day is none of it.
A rule that holds is a reason to look, not a proof: no right is given or taken by it. Floor 0.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from shopfloor.language.danger_rules import ABUSE, SELF_HARM
from shopfloor.language.safety_rules import Rule
from shopfloor.language.steering_rules import INJECTION
from shopfloor.language.text import normalise

ALIKE = str.maketrans("аеорсухіѕјԁһοαεικνυ", "aeopcyxisjdhoaeikvu")
"""Letters of other scripts that are read as ours, so that nobody hides a word by them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Screening:
    """What a message was found to hold: of each kind the name of the rule that says so, or None."""

    injection: str | None = None
    """It tries to steer the team: sets its instructions aside, gives it another role, speaks as the system."""
    abuse: str | None = None
    """It insults or threatens the shop's people."""
    self_harm: str | None = None
    """Somebody may want to die or hurt themselves."""

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing was found."""
        return self == CLEAN


CLEAN = Screening()


@lru_cache(maxsize=1_024)
def screen(text: str) -> Screening:
    """Return what a message holds that needs care."""
    plain = _plain(text)
    return Screening(injection=_first(INJECTION, plain), abuse=_first(ABUSE, plain), self_harm=_first(SELF_HARM, plain))


def _first(rules: Iterable[Rule], plain: str) -> str | None:
    return next((rule.name for rule in rules if rule.holds(plain)), None)


def _plain(text: str) -> str:
    """Return a text as the rules are written: lower case, without accents, with blanks for hyphens."""
    plain = normalise(text)
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFD", plain.replace("ß", "ss").translate(ALIKE))
        plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.replace("-", " ").split())
