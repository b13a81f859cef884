"""Secrets and payment data taken out of a text, before a model or a log sees it. Floor 0.

What is taken out leaves a word in brackets for what it was; all else stays as it was written. Masking a masked text
changes nothing. Where digits alone cannot tell, check digits do, so that order numbers, tracking ids and phone numbers
stay: a customer needs those answered.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from re import Match, Pattern

from shopfloor.language.english import word_set

CARD, SECURITY_CODE, IBAN, KEY, PASSWORD, PIN = (
    "[card number]",
    "[security code]",
    "[IBAN]",
    "[key]",
    "[password]",
    "[PIN]",
)
MASKS = (CARD, SECURITY_CODE, IBAN, KEY, PASSWORD, PIN)
"""What stands in a masked text."""
MASK = f"(?:{'|'.join(map(re.escape, MASKS))})"

DIGITS = re.compile(r"\d+(?:[ \t\u00a0\u2007\u202f.‐‑‒–—-]{1,3}\d+)*")
GROUP = re.compile(r"\d+")
SHORTEST_CARD = 13
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""The digits' sums of twice a digit."""
ISSUERS = (
    (2200, 2204, (19, 18, 17, 16)),
    (2221, 2720, (16,)),
    (3000, 3059, (19, 18, 17, 16, 15, 14)),
    (3095, 3095, (19, 18, 17, 16, 15, 14)),
    (3400, 3499, (15,)),
    (3528, 3589, (19, 18, 17, 16)),
    (3600, 3699, (19, 18, 17, 16, 15, 14)),
    (3700, 3799, (15,)),
    (3800, 3999, (19, 18, 17, 16, 15, 14)),
    (4000, 4999, (19, 16, 13)),
    (5000, 5099, (19, 18, 17, 16, 15, 14, 13)),
    (5100, 5599, (16,)),
    (5600, 6999, (19, 18, 17, 16, 15, 14, 13)),
    (8100, 8299, (19, 18, 17, 16)),
    (9792, 9792, (16,)),
)
"""How card numbers begin (first four digits, from and to) and how many digits they may have then."""

SECURITY = re.compile(
    r"(?P<before>(?<![^\W\d_])(?:cvv2?|cvc2?|cvn2?|csc|(?:card )?(?:security|verification) (?:code|number)|"
    r"(?:karten)?pr[üu]e?f(?:nummer|ziffer)|sicherheits(?:code|nummer)|"
    r"c[óo]digo de (?:seguridad|verificaci[óo]n)|cryptogramme(?: visuel)?|code de s[ée]curit[ée])"
    r"(?:[ \t]*(?:\b(?:is|was|code|number|no|nr|ist|lautet|es|est)\b|[:=#.,(-])){0,3}[ \t]*)\d{3,4}(?![\d-])"
    r"|\b\d{3,4}(?=[ \t](?:is|ist|es|est)[ \t](?:(?:the|my|der|die|das|mein|el|mi|le|mon)[ \t])?"
    r"(?:cvv|cvc|security code)(?![^\W\d_]))",
    re.IGNORECASE,
)

BANK_ACCOUNT = re.compile(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}[ \u00a0-]?(?=[A-Za-z0-9]{4})")
BANK_ACCOUNT_LENGTHS = {
    one[:2]: int(one[2:])
    for one in word_set(
        """AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24
        FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LI21 LT20
        LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24
        SM27 TN24 TR26 UA29 VA22 VG24 XK20"""
    )
}
"""Letters and digits of an IBAN, by country."""

KEYS = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|"
    r".*)"
    r"|(?<![\w-])(?:"
    r"[sr]k-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|whsec_\w{16,}|gh[opsur]_\w{20,}|github_pat_\w{20,}|"
    r"glpat-[\w-]{16,}|A[KS]IA[A-Z0-9]{16}(?!\w)|AIza[\w-]{30,}|xox[a-z]-[\w-]{10,}|xapp-[\w-]{10,}|npm_\w{30,}|"
    r"hf_\w{30,}|shp(?:at|ca|pa|ss)_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",
    re.DOTALL,
)

IS = r"(?:\b(?:is|was|ist|war|lautet|hei(?:ß|ss)t|es|era|est|[ée]tait)\b(?:[ \t]*:)?|[:=]|[-=]>)"
OF = (
    r"(?:[ \t]+(?:(?:for|to|of|from|für|zu|von|para|de|pour)[ \t])?"
    r"(?:(?:my|the|this|mein\w{0,2}|mi|el|la|mon|le)[ \t])?"
    r"(?:account|login|shop|store|profile|e-?mail|konto|cuenta|compte))?"
)
"""What it is the password of."""
QUOTE = "\"'`«»„“”‚‘’"


def _telling(names: str) -> Pattern[str]:
    """Return a pattern for a secret after its name; what it takes for the secret may yet be said of it."""
    return re.compile(
        rf"(?<![^\W\d_])(?P<named>{names}){OF}"
        rf"(?:[ \t]*(?P<is>{IS})[ \t]*|[ \t]+(?:(?:to|auf|in|zu|a|en)[ \t]+)?)"
        rf"(?:[{QUOTE}](?!{MASK})(?P<quoted>[^\n{QUOTE}]{{3,80}})(?=[{QUOTE}])|(?![{QUOTE}]?{MASK})(?P<word>(?:{MASK}|\S)+))",
        re.IGNORECASE,
    )


TELLING_KEY = _telling(r"(?:api|secret|access)[ _-]?key|(?:api|access)[ _-]?token|client[ _-]?secret")
TELLING_PASSWORD = _telling(
    r"pass? ?wo?r[dt]s?|pass ?phrase|passwd|passcode|pwd|pw|kennwort|contrase[ñn]a|(?<=mi )clave|mot de passe|mdp"
)
TRAILING = f".,;:!?)}}{QUOTE}"
ENDING = re.compile(
    rf"[{re.escape(TRAILING)}]|\s*$|\s*\n|\s+(?:and|but|or|so|please|pls|thanks|can|could|und|aber|oder|bitte|danke|"
    r"y|e|pero|por|gracias|et|mais|ou|merci|svp|s'il)\b",
    re.IGNORECASE,
)
"""What comes after a password that is told, and seldom after a word that says something of it."""
SAID_OF_PASSWORDS = word_set(
    """wrong incorrect invalid expired correct right fine ok okay good bad weak strong short long forgotten lost gone
    unknown missing rejected refused accepted blocked locked disabled reset changed saved stored remembered required
    needed secret secure safe compromised hacked stolen leaked visible hidden empty blank here there this that it mine
    yours not never always still again now different same old new working broken asked sent below above following
    please thanks help none nothing something anything unchanged unrecognised unrecognized useless outdated old
    falsch richtig korrekt ungültig ungueltig abgelaufen vergessen weg verloren unbekannt gesperrt sicher unsicher
    zu nicht nie immer noch wieder jetzt anders gleich neu alt geändert gespeichert gehackt gestohlen leer hier
    incorrecta incorrecto inválida invalida correcta correcto errónea erronea caducada olvidada perdida bloqueada segura
    débil debil mala válida valida nueva vieja cambiada robada esta esa mía mia
    incorrecte invalide correct correcte faux fausse bon bonne mauvais mauvaise expiré expire oublié oublie perdu
    inconnu bloqué bloque faible sûr sur nouveau changé change volé vole"""
)
ADDRESS = re.compile(r"@[\w-]+\.\w")
SHORTEST, SHORTEST_ODD, MANY_DIGITS = 3, 5, 6
"""Letters of a password; of one that is known by its mixture; and of one that is but digits."""
LONGEST_ENDING = 20
PIN_TOLD = re.compile(
    rf"(?P<before>(?<![^\W\d_])pin(?:[ -]?(?:number|nummer))?[ \t]*{IS}[ \t]*)\d{{4}}(?!\d)", re.IGNORECASE
)
"""Only four digits: six are a postal code in India, which is called a PIN too."""


def masked(text: str) -> str:
    """Return a text with a mask in place of each secret: card, security code, IBAN, key, password, PIN."""
    # A mask may part what was written as one, such as an IBAN right behind a card number.
    while (once := _masked_once(text)) != text:
        text = once
    return text


def _masked_once(text: str) -> str:
    # Passwords come last: a mask within one is part of it, while keys and cards have to be whole to be known.
    text = KEYS.sub(KEY, text)
    text = _without(text, _bank_accounts(text), IBAN)
    text = _without(text, _cards(text), CARD)
    text = SECURITY.sub(lambda match: f"{match['before'] or ''}{SECURITY_CODE}", text)
    text = PIN_TOLD.sub(rf"\g<before>{PIN}", text)
    text = _without(text, _told(text, TELLING_KEY), KEY)
    return _without(text, _told(text, TELLING_PASSWORD), PASSWORD)


def _without(text: str, places: Iterator[tuple[int, int]], mask: str) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in places:
        pieces += [text[done:start], mask]
        done = end
    return "".join([*pieces, text[done:]])


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield where card numbers stand: whole groups of digits that have an issuer, its length and right check digits."""
    for run in DIGITS.finditer(text):
        if len(run[0]) >= SHORTEST_CARD:
            before = text[max(run.start() - 1, 0) : run.start()]
            yield from _cards_in(run, is_begun=before == "+" or before.isupper())


def _cards_in(run: Match[str], *, is_begun: bool) -> Iterator[tuple[int, int]]:
    """Yield where cards stand in a run of digits; the first group of one that is begun, as `+49` or `YT24`, is none."""
    groups = [(group.start(), group.end()) for group in GROUP.finditer(run[0])]
    written = "".join(run[0][start:end] for start, end in groups)
    digits = [int(digit) for digit in written]
    ends = dict(zip(accumulate(end - start for start, end in groups), (end for _, end in groups), strict=True))
    # Sums from the left, with every other digit doubled: so each stretch is checked by one subtraction.
    sums = [
        list(accumulate((DOUBLED[d] if k % 2 == odd else d for k, d in enumerate(digits)), initial=0)) for odd in (0, 1)
    ]
    at, free_from = 0, int(is_begun)
    for start, end in groups:
        if at >= free_from:
            for length in _card_lengths(written[at : at + 4]):
                till = at + length
                if till in ends and (sums[till % 2][till] - sums[till % 2][at]) % 10 == 0:
                    yield run.start() + start, run.start() + ends[till]
                    free_from = till
                    break
        at += end - start


@lru_cache(maxsize=1_024)
def _card_lengths(first: str) -> tuple[int, ...]:
    """Return how many digits a card has that begins with these four, the longest first."""
    return next((many for low, high, many in ISSUERS if len(first) == 4 and low <= int(first) <= high), ())


def _bank_accounts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where IBANs stand: of their country's length, with right check digits."""
    done = 0
    for match in BANK_ACCOUNT.finditer(text):
        length = BANK_ACCOUNT_LENGTHS.get(match[0][:2].upper())
        if length is None or match.start() < done:
            continue
        # Written in groups, it has a blank for every two characters at most.
        written = re.match(
            rf"(?:[A-Za-z0-9][ \u00a0-]?){{{length - 1}}}[A-Za-z0-9](?![^\W_])",
            text[match.start() : match.start() + 2 * length],
        )
        if written and _has_right_check_digits(re.sub(r"[^A-Za-z0-9]", "", written[0])):
            done = match.start() + written.end()
            yield match.start(), done


def _has_right_check_digits(iban: str) -> bool:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def _told(text: str, telling: Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where secrets stand that are told as such."""
    match = telling.search(text)
    while match:
        start, end = match.span("quoted" if match["quoted"] else "word")
        secret = text[start:end].rstrip(TRAILING)
        end = start + len(secret)
        is_told = bool(secret) and _is_told(secret, match, text[end : end + LONGEST_ENDING])
        if is_told:
            yield start, end
        # What is no secret may hold the word that tells one: "password: my pw is ...".
        match = telling.search(text, end if is_told else match.end("named"))


def _is_told(secret: str, match: Match[str], following: str) -> bool:
    """Tell a secret from what is said of one: "my password is wrong", "password reset", "password is too short"."""
    if not match["is"]:
        return _is_odd(secret)
    if match["quoted"]:
        return True
    if len(secret) < SHORTEST or secret.casefold() in SAID_OF_PASSWORDS:
        return False
    is_plain = secret.isdigit() or re.sub(r"[-'’]", "", secret).isalpha()
    return not is_plain or ENDING.match(following) is not None


def _is_odd(secret: str) -> bool:
    """Tell whether nobody writes so but in a password: digits among letters, or many digits, and no address."""
    if len(secret) < SHORTEST_ODD or "://" in secret or ADDRESS.search(secret):
        return False
    if secret.isdigit():
        return len(secret) >= MANY_DIGITS
    return any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
