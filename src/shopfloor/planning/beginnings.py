"""How a new question, wish or order begins in German, Spanish and French; `clauses` has the English.

Read on words in lower case without accents and marks, umlauts as two letters: `est ce que`, `moechte ich`.
"""

import re
from collections.abc import Mapping
from re import Pattern

from shopfloor.language.languages import Language

GERMAN = (
    r"(?:(?:und|oder|aber|auch|noch|ausserdem|uebrigens|dann|ach|ja|bitte|sonst|so|hallo|hi|naja|also|weiter|"
    r"zweitens) )*"
    r"(?:wo|wann|wie|was|wer|wem|wen|welche[mnrs]?|warum|wieso|weshalb|woher|wohin|womit|wofuer|woran|worin|"
    r"wieviel|ab wann|bis wann|"
    r"an wen|gibts?|hab[te]?|haben|hast|kann|kannst|koennt|koennten?|koenntest|koennen|ist|sind|wird|werden|"
    r"wuerdet|darf|duerfen|"
    r"muss|soll|sollte|passt|geht|kommt|liefert|versendet|verschickt|bekomm\w*|krieg\w*|nehmt|macht|fuehrt|"
    r"verkauft|laeuft|lohnt|"
    r"braeucht\w*|brauche?|suche?|moechte|will|wollte|haette|schick\w*|sag\w*|zeig\w*|leg|legt|legen sie|"
    r"pack\w*|stornier\w*|"
    r"aender\w*|loesch\w*|nimm|tu|gib|gebt|geben sie|mach|ruf\w*|verbind\w*|meld\w*|benachrichtig\w*|such|"
    r"find\w*|nenn\w*|"
    r"schau\w*|vergiss|lass\w*|erklaer\w*|empfiehl|empfehl\w*|vergleich\w*|storno|fueg\w*|stell\w*)\b"
    r"|(?:\w+ ){0,8}?(?:(?:moechte|will|wuerde|haette|brauche|braeuchte|suche|wollte|nehme) (?:ich|wir)|"
    r"(?:ich|wir) (?:moechten?|will|wollen|wollten?|wuerden?|haetten?|brauchen?|braeuchten?|suchen?|nehme))\b"
)
SPANISH = (
    r"(?:(?:y|o|pero|ademas|tambien|por cierto|ah|oye|otra cosa|entonces|luego|despues|hola|buenas|si|bueno|"
    r"por favor) )*"
    r"(?:(?:a|de|en|con|para|por|hasta|desde) )?"
    r"(?:donde|cuando|como|cuant[oa]s?|cual(?:es)?|quien|que (?:tal|pasa|paso|precio|tallas?|color\w*|"
    r"diferencia\w*|hay|tengo|puedo|"
    r"hago|haceis|hacen|me (?:recomiend\w*|aconsej\w*)|opin\w*|material|medidas|marca|plazo|formas?|metodos?|"
    r"dia|tipos?|numero|es|"
    r"son|lleva|incluye|modelo\w*|otr[oa]s?|debo|necesito|garantia)|hay|tenei?s|tien(?:en?|es)|pued[eo]\w*|"
    r"podeis|podri\w+|podemos|"
    r"me (?:pued\w+|podeis|podri\w+|hac\w+|falta|gustaria|llev\w+|quedo|avis\w+|dice\w*|manda\w*|envia\w*|"
    r"pasa\w*|pon\w*)|"
    r"(?:se|os|les|lo|la|los|las) pued\w+|quiero|queri[ao]\w*|querri\w+|quisiera|queremos|necesito|necesitamos|"
    r"busco|ando buscando|"
    r"es|son|esta|estan|sirve\w*|vale|lleva|haceis|hacen|envian|enviais|mandais|aceptan|aceptais|vend\w+|sab\w+|"
    r"dime|digame|digan\w*|decidme|anad\w+|pon\w*|agreg\w+|manda\w*|envi\w*|cambi\w+|cancel\w+|anul\w+|quita\w*|"
    r"saca\w*|borr\w+|"
    r"elimin\w+|avis\w+|notif\w+|busca|ensen\w+|muestr\w+|recomiend\w+|compar\w+|apunt\w+|suscrib\w+|llam\w+|"
    r"pas[ae]\w*|deja\w*)\b"
)
FRENCH = (
    r"(?:(?:et|ou|mais|puis|aussi|sinon|alors|bon|ah|d ailleurs|au fait|svp|s il vous plait|bonjour|bonsoir|"
    r"salut|ensuite|merci de) )*"
    r"(?:(?:a|de|en|pour|avec|dans|depuis|jusqu a) )?"
    r"(?:ou (?:est|sont|en (?:est|sont)|puis|peut|se|trouver|je|vous)|quand|comment|combien|quel(?:le)?s?|"
    r"qui (?:est|peut|dois|a)|que (?:faire|faites|dois|puis|me conseill\w*|pensez)|quoi (?:faire|comme)|"
    r"pourquoi|lequel|laquelle|est ce|qu est ce|c est quoi|c est combien|"
    r"y a t il|il y a|y a|ya|"
    r"(?:avez|pouvez|pourriez|faites|livrez|vendez|acceptez|auriez|savez|etes|voulez|proposez|expediez|envoyez|"
    r"reprenez|remboursez|"
    r"echangez|allez|as|peux|sais|puis|dois|est|sont|va|vont|peut|serait|sera|existe|reste|faut) (?:t )?"
    r"(?:vous|tu|il|elle|on|ils|elles|je|ce)|vous (?:avez|pouvez|faites|livrez|vendez|acceptez|auriez|"
    r"pourriez|savez)|tu (?:peux|as|sais)|peut on|on peut|(?:je|j|on|nous) (?:veux|voudrai\w*|souhait\w*|"
    r"cherch\w+|prends?|"
    r"aimerai\w*|desire\w*|ai besoin|peux|aurais besoin)|il (?:me|nous) (?:faut|faudrait)|met\w*|ajout\w+|"
    r"annul\w+|envo\w+|dis|dites|"
    r"montr\w+|donn\w+|enlev\w+|retir\w+|supprim\w+|vid\w+|chang\w+|previen\w*|preven\w+|pass\w+|appel\w+|"
    r"rappel\w+|trouv\w+|"
    r"compar\w+|conseill\w+|inscri\w+|desinscri\w+|rembours\w+|echang\w+)\b"
)
BEGINS: Mapping[Language, Pattern[str]] = {
    "de": re.compile(GERMAN),
    "es": re.compile(SPANISH),
    "fr": re.compile(FRENCH),
}
LOOKED_AT = 14
"""Words at the beginning of a part."""


def begins_anew(words: str, language: Language) -> bool:
    """Return whether a part, given by its plain words, begins like a new question, wish or order."""
    return language in BEGINS and BEGINS[language].match(words) is not None
