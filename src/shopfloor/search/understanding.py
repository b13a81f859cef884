"""Reading what a customer looks for out of their words, against what the catalogue has."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile

from shopfloor.kernel.money import DECIMALS, Money
from shopfloor.language.amounts import Amount
from shopfloor.language.attributes import FAMILIES, colour_families
from shopfloor.language.english import SIZES, STOP_WORDS, UNITS
from shopfloor.language.entities import Entities, entities
from shopfloor.language.text import normalise, stem, words
from shopfloor.search.contract import ProductQuery
from shopfloor.search.size_systems import shoe_size
from shopfloor.search.synonyms import ASKING
from shopfloor.search.vocabulary import NARROWER, WORN, Vocabulary
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Product

SOLD_OUT = re.compile(
    r"\b(?:(?:back|is|comes?) (?:back )?in(?:to)? stock|sold out|out of stock|restock\w*|(?:is|are|comes?) back)\b"
)
ABOUT_PERCENT = 20
"""How far a price may lie from one that was given with `about`."""
IDLE = STOP_WORDS | ASKING | WORN | {"no", "not", "without"}
"""Words that say nothing of a thing."""
AFTER_WITHOUT = re.compile(r"(?:\bwithout|\bw/o) (?P<what>[^,.;:!?()]+)")
EITHER = re.compile(r"\b(?:and|or|nor|but|without)\b")
ENDS_IT = frozenset({"with", "for", "in", "under", "over", "below", "above", "from", "that", "which", "please", "size"})
"""Words with which a request goes on after what is not wanted."""
LONGEST_UNWANTED = 3
MAX_DIGITS = 15
"""Of a number that a price or an order could be."""
LETTERED_SIZE = re.compile(r"\d+[a-z]+")


def understand(text: str, vocabulary: Vocabulary) -> ProductQuery:
    """Read category, brand, colours, size, wearer, price and what is not wanted; the rest are words to match."""
    named = [vocabulary.correct(word) for word in words(text)]
    corrected = " ".join(named)
    found = entities(text)
    without = _without(text, found, vocabulary)
    avoided = frozenset(word for phrase in without for word in phrase.split())
    path, in_category = _category(named, vocabulary, avoided)
    brand, in_brand = _brand(named, vocabulary)
    size, in_size = _size(named, found, vocabulary)
    is_elsewhere = size is not None and size.lower() not in vocabulary.sizes and garment_of(path) == "shoes"
    about = shoe_size(size, found.gender, vocabulary.sizes) if size and is_elsewhere else None
    low, high = _bounds(found, vocabulary.currency)
    colours = [*found.colours, *colour_families(corrected)]
    taken = in_category | in_brand | in_size
    rest = [
        word for place, word in enumerate(named) if place not in taken and word not in avoided and _says_something(word)
    ]
    naming = {"category": in_category, "brand": in_brand}
    return ProductQuery(
        text=text,
        words=tuple(dict.fromkeys(word for word in rest if not _is_number_of(word, found))),
        terms=tuple(_terms(named, found, in_category | in_brand, in_size, avoided)),
        said={name: tuple(named[place] for place in sorted(places)) for name, places in naming.items() if places},
        category=path[-1] if path else None,
        colours=frozenset(colours) - {family for word in avoided for family in colour_families(word)},
        size=about or size,
        size_said=size if about else None,
        gender=found.gender,
        brand=brand,
        price_min=low,
        price_max=high,
        features=frozenset(word for word in rest if stem(word) in vocabulary.features),
        without=without,
        in_stock=not SOLD_OUT.search(normalise(text)),
    )


def like(product: Product) -> ProductQuery:
    """Return a query for what is of a product's kind and described as it is, for the same wearers."""
    said = " ".join((product.title, *product.tags, product.best_for, product.material))
    terms = tuple(dict.fromkeys(word for word in words(said) if word not in IDLE))
    kind = product.category[-1] if product.category else None
    tags = tuple(dict.fromkeys(words(" ".join(product.tags))))
    return ProductQuery(text=product.title, words=tags, terms=terms, category=kind, gender=product.gender)


def _without(text: str, found: Entities, vocabulary: Vocabulary) -> frozenset[str]:
    """Return what is not wanted, by all the words that name it: `mesh liner`, not just `mesh`."""
    phrases: list[list[str]] = []
    for match in AFTER_WITHOUT.finditer(normalise(text)):
        for part in EITHER.split(match["what"]):
            phrase = list(takewhile(lambda word: word not in ENDS_IT, words(part)))[:LONGEST_UNWANTED]
            phrases.append([word for word in phrase if word not in STOP_WORDS])
    whole = [phrase for phrase in phrases if phrase]
    firsts = {phrase[0] for phrase in whole}
    whole += [[word] for word in found.without if word not in firsts]
    said = Counter(words(text))
    said.subtract(word for phrase in phrases for word in phrase)
    # Who looks for a `cutlery box without cutlery` does not mind a text that speaks of cutlery.
    whole = [phrase for phrase in whole if phrase not in phrases or not any(said[word] for word in phrase)]
    return frozenset(" ".join(map(vocabulary.correct, phrase)) for phrase in whole)


def _terms(
    named: list[str], found: Entities, naming: set[int], in_size: set[int], avoided: frozenset[str]
) -> Iterator[str]:
    """Yield the words that say anything of a thing: those that name it, its colour and its wearer too."""
    for place, word in enumerate(named):
        is_idle = word in STOP_WORDS | ASKING | {"no", "not", "without"} and place not in naming
        if not is_idle and place not in in_size and word not in avoided and not _is_number_of(word, found):
            yield word


def _category(named: list[str], vocabulary: Vocabulary, avoided: frozenset[str]) -> tuple[tuple[str, ...], set[int]]:
    """Return the path of the narrowest category named, the first of equals, and where its own name stands.

    A narrower name stays among the words to match.
    """
    best: tuple[str, ...] = ()
    places: set[int] = set()
    start = 0
    while start < len(named):
        match = None if named[start] in avoided else vocabulary.category_at(named, start)
        if match and len(match[0]) > len(best):
            best = match[0]
            is_narrower = tuple(stem(word) for word in named[start : start + match[1]]) in NARROWER
            places = set[int]() if is_narrower else set(range(start, start + match[1]))
        start += match[1] if match else 1
    return best, places


def _brand(named: list[str], vocabulary: Vocabulary) -> tuple[str | None, set[int]]:
    for start in range(len(named)):
        if match := vocabulary.brand_at(named, start):
            return match[0], set(range(start, start + match[1]))
    return None, set()


def _size(named: list[str], found: Entities, vocabulary: Vocabulary) -> tuple[str | None, set[int]]:
    """Return the size named, or the one number that is a size of the catalogue and nothing else in the message."""
    if found.sizes and not (found.sizes[0] in SIZES.values() and found.sizes[0].lower() not in vocabulary.sizes):
        size = vocabulary.sizes.get(found.sizes[0].lower(), found.sizes[0])
        written = set(words(size)) | {name for name, short in SIZES.items() if short == size}
        places = {
            place for place, word in enumerate(named) if word in written or (word == "extra" and size.startswith("X"))
        }
        return size, places
    for place, word in enumerate(named):
        is_counting = UNITS.intersection(named[place + 1 : place + 2])
        if word in vocabulary.sizes and (
            LETTERED_SIZE.fullmatch(word) or (_is_free_number(word, found) and not is_counting)
        ):
            return vocabulary.sizes[word], {place}
    return None, set()


def _is_free_number(word: str, found: Entities) -> bool:
    return word[0].isdigit() and not _is_number_of(word, found)


def _is_number_of(word: str, found: Entities) -> bool:
    """Tell whether a word is a number that says something else than what is looked for."""
    number = word.lstrip("#").replace(",", "")
    if len(number) > MAX_DIGITS or not number.replace(".", "", 1).isdecimal():
        return word.upper().lstrip("#") in found.order_numbers or word.upper() in found.tracking_ids
    bounds = [*found.amounts, found.price_min, found.price_max, found.price_about]
    minors = {amount.minor for amount in bounds if amount}
    return round(float(number) * 100) in minors or number in {*found.order_numbers, *map(str, found.quantities)}


def _says_something(word: str) -> bool:
    is_basic_colour = FAMILIES.get(word) == word
    return len(word) > 1 and not is_basic_colour and word not in IDLE


def _bounds(found: Entities, currency: str | None) -> tuple[Money | None, Money | None]:
    if found.price_about:
        about = _money(found.price_about, currency)
        margin = about.minor * ABOUT_PERCENT // 100
        return Money(about.currency, about.minor - margin), Money(about.currency, about.minor + margin)
    low, high = found.price_min, found.price_max
    return (_money(low, currency) if low else None), (_money(high, currency) if high else None)


def _money(amount: Amount, currency: str | None) -> Money:
    """Return an amount in its own currency, or in the catalogue's where it names none."""
    code = amount.currency or currency or "USD"
    decimals = 2 if amount.currency is None else DECIMALS.get(code, 2)
    return Money(code, amount.minor * 10 ** DECIMALS.get(code, 2) // 10**decimals)
