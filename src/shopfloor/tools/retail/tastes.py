"""What is remembered of a customer, put to use in a search: their size first, what they avoid left out.

It never overrules the request: a size that is asked for is the one that counts, what is avoided is shown where it is
asked for by name, and a search for somebody else knows nothing of the customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from pydantic import JsonValue

from shopfloor.journal.events import Source
from shopfloor.language.attributes import colour_families
from shopfloor.language.preferences import is_for_another
from shopfloor.language.text import stem, words
from shopfloor.profiles.contract import Origin
from shopfloor.profiles.profile import Profile
from shopfloor.profiles.vocabulary import SIMILAR
from shopfloor.search.contract import NO_TASTES, ProductHit, ProductQuery, Tastes
from shopfloor.search.fit import is_size
from shopfloor.shop.garments import Garment, garment_of
from shopfloor.shop.models import Gender, Product, Variant
from shopfloor.tools.contract import ToolContext

SAID: Mapping[Origin, str] = {"order": ", as you bought before", "search": ", as you looked for before"}
"""How a size is called that the customer did not name themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Personal:
    """A search as it is made for one customer."""

    query: ProductQuery
    tastes: Tastes = NO_TASTES
    left_out: tuple[str, ...] = ()
    """What the customer avoids and did not ask for."""


def personal(query: ProductQuery, profile: Profile) -> Personal:
    """Return a search with what is remembered of the customer."""
    if not profile.entries or is_for_another(query.text) or query.gender == "kids":
        return Personal(query=query)
    said = {stem(word) for word in words(query.text)}
    left_out = tuple(value for value in profile.values("avoids") if not _is_asked_for(value, query, said))
    unwanted = {one for value in left_out for one in (value, *SIMILAR.get(value, ())) if stem(one) not in said}
    gender = profile.value("gender")
    is_theirs = query.gender is None or query.gender == gender or gender is None
    tastes = Tastes(
        sizes=profile.sizes if query.size is None and is_theirs else {},
        colours=frozenset(profile.values("colour.likes")) if not query.colours else frozenset(),
        brands=frozenset(profile.values("brand.likes")),
        gender=None if query.gender else cast("Gender | None", gender),
    )
    return Personal(query=replace(query, without=query.without | unwanted), tastes=tastes, left_out=left_out)


def size_asked_for(query: ProductQuery, profile: Profile) -> dict[str, JsonValue]:
    """Return as `asked` the size that somebody looks for for themselves, with what it is worn as; else nothing."""
    garment = garment_of([query.category]) if query.category else None
    gender = profile.value("gender")
    is_theirs = query.gender != "kids" and (None in {gender, query.gender} or gender == query.gender)
    if query.size is None or garment is None or not is_theirs or is_for_another(query.text):
        return {}
    return {"asked": {"size": query.size, "garment": garment}}


def own_size(hit: ProductHit, tastes: Tastes) -> tuple[Garment, str, bool] | None:
    """Return what a product is worn as, the customer's size, and whether it was found in it; None where none counts."""
    garment = garment_of(hit.product.category)
    size = tastes.sizes.get(garment) if garment else None
    found = next(variant.size for variant in hit.product.variants if variant.sku == hit.sku)
    return (garment, size, is_size(found, size)) if garment and size and found else None


def with_size(hit: ProductHit, tastes: Tastes, profile: Profile) -> ProductHit:
    """Return a product found, its reasons saying whether it is there in the customer's size."""
    known = own_size(hit, tastes)
    if known is None:
        return hit
    garment, size, is_found = known
    said = next((SAID.get(entry.origin, "") for entry in profile.entries if entry.key == f"size.{garment}"), "")
    reason = f"in your size {size}{said}" if is_found else f"not in your size {size} at the moment"
    return replace(hit, reasons=(*hit.reasons, reason))


def size_of_theirs(product: Product, wanted: Sequence[Variant], profile: Profile) -> dict[str, JsonValue]:
    """Return as `yours` the customer's size for a product, and whether a variant they mean is in stock in it.

    Nothing where their size is not known, or the product is not made in it.
    """
    garment = garment_of(product.category)
    size = profile.sizes.get(garment) if garment else None
    if size is None or not any(is_size(variant.size, size) for variant in product.variants):
        return {}
    is_in_stock = any(variant.stock > 0 and is_size(variant.size, size) for variant in wanted)
    return {"yours": {"size": size, "is_in_stock": is_in_stock}}


def sources(hits: Sequence[ProductHit], made: Personal, context: ToolContext) -> tuple[Source, ...]:
    """Return the parts of the profile that a search was made with."""
    keys = [f"size.{known[0]}" for hit in hits if (known := own_size(hit, made.tastes))]
    keys += ["avoids"] if made.left_out else []
    return tuple(Source(kind="profile", id=key, agent=context.agent) for key in dict.fromkeys(keys))


def _is_asked_for(value: str, query: ProductQuery, said: set[str]) -> bool:
    is_named = stem(value) in said and value not in query.without
    return is_named or bool(query.colours.intersection(colour_families(value, is_colour=True)))
