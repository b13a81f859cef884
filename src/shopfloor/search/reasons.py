"""Why a product was found, as a shop assistant would say it: from the product's own facts only."""

from collections.abc import Iterator

from shopfloor.kernel.money import Money
from shopfloor.language.text import stem, stems
from shopfloor.search.contract import ProductQuery
from shopfloor.search.fit import Fit
from shopfloor.search.rows import lacks
from shopfloor.search.synonyms import ASKING

UNSAID = frozenset(map(stem, ASKING))
"""Stems that a tag may hold beyond the customer's words: a `wide fit` is wide."""
WEARERS = {"men": "men's", "women": "women's", "kids": "kids'", "unisex": "unisex"}


def reasons(fit: Fit, query: ProductQuery) -> tuple[str, ...]:
    """Say what of a query a product meets."""
    said = [*_variant(fit, query), *_price(fit, query), *_words(fit, query)]
    if query.brand and "brand" not in fit.missed:
        said.append(f"by {fit.row.product.brand}")
    lacking = [phrase for phrase in sorted(query.without) if _lacking(fit).intersection(map(stem, phrase.split()))]
    return tuple(dict.fromkeys([*said, *(f"no {phrase}" for phrase in lacking)]))


def _variant(fit: Fit, query: ProductQuery) -> Iterator[str]:
    variant = fit.variant
    if query.colours and variant.colour and "colour" not in fit.missed:
        yield variant.colour
    is_theirs = query.gender is not None and fit.row.product.gender == query.gender
    whose = f"{WEARERS[query.gender]} " if query.gender and is_theirs else ""
    if query.size and "size" not in fit.missed:
        about = f" (about {query.size_said})" if query.size_said else ""
        yield f"{whose}size {variant.size}{about}" + (" in stock" if variant.stock > 0 else "")
    elif whose:
        yield whose.strip()


def _price(fit: Fit, query: ProductQuery) -> Iterator[str]:
    low, high = query.price_min, query.price_max
    if "price" in fit.missed or not (low or high):
        return
    if low and high:
        yield f"{fit.variant.price}, between {_round(low)} and {_round(high)}"
    elif high:
        is_exact = fit.variant.price.minor == high.minor
        yield str(fit.variant.price) if is_exact else f"{fit.variant.price}, under {_round(high)}"
    elif low:
        is_exact = fit.variant.price.minor == low.minor
        yield str(fit.variant.price) if is_exact else f"{fit.variant.price}, over {_round(low)}"


def _words(fit: Fit, query: ProductQuery) -> Iterator[str]:
    """Yield the tags, and the words of its material and best use, that the customer asked for and the product has."""
    product = fit.row.product
    wanted = {stem(word) for word in query.words}
    for tag in product.tags:
        if wanted.issuperset(parts := set(stems(tag)) - UNSAID) and parts:
            yield tag
            wanted -= parts
    known = wanted.intersection(stems(f"{product.best_for} {product.material}"))
    known -= _lacking(fit) if known else frozenset[str]()
    for word in query.words:
        if stem(word) in known:
            yield word


def _lacking(fit: Fit) -> frozenset[str]:
    return frozenset(map(stem, lacks(fit.row.product)))


def _round(bound: Money) -> str:
    return str(bound).removesuffix(".00")
