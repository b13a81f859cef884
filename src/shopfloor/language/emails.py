"""E-mail addresses as customers type them: whether one can be written to, and whether it was mistyped.

Only the address itself is looked at; no name server is asked, since that would tell others whom the shop talks to.
"""

from dataclasses import dataclass
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import OSA

from shopfloor.language.english import word_set

Problem = Literal["invalid", "disposable", "typo"]

COMMON = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "live.com", "aol.com", "protonmail.com",
    "gmx.com", "gmx.net", "gmx.de", "web.de", "yahoo.co.uk", "hotmail.co.uk", "btinternet.com", "comcast.net",
    "verizon.net", "mail.com", "msn.com", "googlemail.com", "fastmail.com",
)  # fmt: skip
"""Where most people have their mail."""
SIMILAR = frozenset({"ymail.com", "email.com", "rocketmail.com", "gmx.at", "gmx.ch", "gmx.us", "aim.com", "me.com"})
"""Real ones that look like a slip of the keyboard."""
DISPOSABLE = word_set(
    """10minutemail.com 10minutemail.net 33mail.com burnermail.io discard.email dispostable.com emailondeck.com
    fakeinbox.com getairmail.com getnada.com guerrillamail.biz guerrillamail.com guerrillamail.net guerrillamail.org
    inboxkitten.com mail-temp.com mailcatch.com maildrop.cc mailinator.com mailinator.net mailnesia.com mailsac.com
    mintemail.com moakt.com mohmal.com mytemp.email nada.email sharklasers.com spam4.me spamgourmet.com temp-mail.io
    temp-mail.org tempail.com tempmail.com tempmailo.com tempr.email throwawaymail.com trash-mail.com trashmail.com
    yopmail.com yopmail.net"""
)
"""Addresses there are gone before anything that is sent later arrives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailCheck:
    """What was found out about an address."""

    address: str
    """In its normal form; as it was typed where it is none."""
    problem: Problem | None = None
    suggestion: str | None = None
    """What was probably meant, for a `typo`."""


def check_email(text: str) -> EmailCheck:
    """Look at an address that somebody typed."""
    try:
        known = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        return EmailCheck(address=text.strip(), problem="invalid")
    address, domain = known.normalized, known.ascii_domain.lower()
    if any(domain == one or domain.endswith(f".{one}") for one in DISPOSABLE):
        return EmailCheck(address=address, problem="disposable")
    meant = _meant(domain)
    if meant:
        return EmailCheck(address=address, problem="typo", suggestion=f"{known.local_part}@{meant}")
    return EmailCheck(address=address)


def _meant(domain: str) -> str | None:
    """Return the one common domain that a domain is a single slip away from, or None."""
    if domain in COMMON or domain in SIMILAR:
        return None
    near = [common for common in COMMON if OSA.distance(domain, common, score_cutoff=1) <= 1]
    return near[0] if near else None
