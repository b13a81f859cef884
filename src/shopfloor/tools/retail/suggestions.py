"""Finding what to suggest: what is bought together first, then what its kind is bought with, then what is like it.

Each step takes what the one before left open. What is suggested lies in no basket, is in stock at this moment, fits who
wears it in size and colour, and costs no more than the price that is wanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shopfloor.kernel.ids import CustomerId
from shopfloor.language.text import stems, words
from shopfloor.search.associations import KindRules
from shopfloor.search.bought_together import Addition
from shopfloor.search.companions import Companion, Item, Wanted, companions
from shopfloor.search.contract import ProductQuery, ProductSearch
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.models import Product
from shopfloor.tools.retail.habits import Habits

SHOWN = 3
"""Suggestions at once, at most."""
TRIED = 12
"""Products bought together that are looked at: some are sold out, or fit nobody who wears the rest."""
KINDS = 4
"""Kinds of products that are looked through, the surest first."""
LOOKED_THROUGH = 60
"""Products of one kind."""
ALIKE = 2
"""Tags that two products share, at least, where nothing else speaks for one beside the other."""
NEAR = 0.05
"""The share of the better score by which two suggestions may differ and are still told apart by what the shop earns:
less than what the scores themselves are sure of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A companion with why it is one."""

    companion: Companion
    beside: Item
    """What it goes with."""
    score: float
    """Higher is better; comparable among those found in one way."""
    reasons: tuple[str, ...] = ()
    """As a shop assistant would say them, from the shop's own orders; empty where these do not tell."""
    addition: Addition | None = None
    """What is counted of it; None where the product itself is bought too rarely."""


class Suggestions:
    """Finds what goes with a basket."""

    def __init__(self, catalogue: Catalogue, search: ProductSearch, habits: Habits) -> None:
        """Take what is sold at this moment, the index over it, and what is bought together."""
        self._catalogue = catalogue
        self._search = search
        self._habits = habits

    async def find(
        self, wanted: Wanted, query: ProductQuery | None, customer_id: CustomerId | None, *, is_named: bool
    ) -> list[Suggestion]:
        """Return suggestions, the best first: of the kind that a query names, or of any.

        `is_named` says that they shall go with `wanted.beside`, and not with anything else of the basket. The earlier
        orders that count are the signed-in customer's own.
        """
        known = await self._habits.known()
        basket = {item.product.id for item in (*wanted.basket, wanted.beside)}
        additions = known.together.additions(
            basket,
            await self._habits.earlier(customer_id),
            beside=wanted.beside.product.id if is_named else None,
            limit=LOOKED_THROUGH,
        )
        if query and query.category:
            return await self._asked_for(query.category, wanted, query, additions, known.kinds)
        found = await self._bought_with(additions[:TRIED], wanted)
        taken = {item.product.kind for item in (*wanted.basket, wanted.beside)}
        found = found[:SHOWN]
        taken |= {each.companion.product.kind for each in found}
        if len(found) < SHOWN:
            found += await self._of_kinds_beside(wanted, known.kinds, taken)
        return found or await self._alike(wanted, taken)

    async def _asked_for(
        self, kind: str, wanted: Wanted, query: ProductQuery, additions: Sequence[Addition], rules: KindRules
    ) -> list[Suggestion]:
        """Return suggestions of a kind; where none is cheap enough, dearer ones."""
        likely = [each for each in additions if kind in self._habits.category_of(each.product)][:TRIED]
        reason = _of_kind(kind, wanted.beside.product)
        is_borne_out = kind in {rule.then for rule in rules.beside(wanted.beside.product.kind)}
        for limit in (wanted, replace(wanted, price_max=query.price_max)):
            found = await self._bought_with(likely, limit)
            taken = {each.companion.product.id for each in found}
            others = [each for each in await self._of_kind(kind, limit) if each.companion.product.id not in taken]
            found += [replace(each, reasons=(reason,) if is_borne_out else ()) for each in others]
            if found:
                return found
        return []

    async def _bought_with(self, additions: Sequence[Addition], wanted: Wanted) -> list[Suggestion]:
        """Return what of the products bought together can be suggested."""
        held = {item.product.id: item for item in (wanted.beside, *wanted.basket)}
        of = {each.product: each for each in additions}
        found: list[Suggestion] = []
        for product in await self._catalogue.get_products(list(of)):
            each = of[product.id]
            beside = held.get(each.beside, wanted.beside) if each.beside else wanted.beside
            reasons = _counted(each, beside.product)
            found += [
                Suggestion(companion=companion, beside=beside, score=each.score, reasons=reasons, addition=each)
                for companion in companions([product], replace(wanted, beside=beside))
            ]
        return by_margin(found)

    async def _of_kinds_beside(self, wanted: Wanted, rules: KindRules, taken: set[str]) -> list[Suggestion]:
        """Return the best product of each kind that is bought with what it goes beside."""
        kinds = [rule.then for rule in rules.beside(wanted.beside.product.kind) if rule.then not in taken]
        found: list[Suggestion] = []
        for kind in kinds[:KINDS]:
            reason = _of_kind(kind, wanted.beside.product)
            found += [replace(each, reasons=(reason,)) for each in (await self._of_kind(kind, wanted))[:1]]
        return found

    async def _of_kind(self, kind: str, wanted: Wanted) -> list[Suggestion]:
        """Return companions of a category."""
        return await self._found(ProductQuery(text=kind, category=kind), wanted)

    async def _alike(self, wanted: Wanted, taken: set[str]) -> list[Suggestion]:
        """Return products of other kinds that are meant for the same, one of each kind: where no order tells."""
        product = wanted.beside.product
        meant_for = tuple(dict.fromkeys(words(" ".join(product.tags))))
        query = ProductQuery(text=" ".join(meant_for), words=meant_for)
        found: list[Suggestion] = []
        for each in await self._found(query, wanted) if meant_for else []:
            shared = _shared(each.companion.product, product)
            if len(shared) == ALIKE and each.companion.product.kind not in taken:
                taken |= {each.companion.product.kind}
                found.append(replace(each, reasons=(f"has {', '.join(shared)} in common with {product.title}",)))
        return found

    async def _found(self, query: ProductQuery, wanted: Wanted) -> list[Suggestion]:
        """Return companions that a search finds, as the catalogue has them at this moment."""
        results = await self._search.search(query, limit=LOOKED_THROUGH)
        likely = companions([hit.product for hit in results.hits], wanted)
        live = await self._catalogue.get_products([each.product.id for each in likely[:TRIED]])
        fitting = companions(live, wanted)
        return by_margin([Suggestion(companion=each, beside=wanted.beside, score=each.score) for each in fitting])


def by_margin(found: Sequence[Suggestion]) -> list[Suggestion]:
    """Return suggestions, the best first; of those nearly as good as the best one left, what earns the shop most.

    What a variant earns is its price less its cost; where the cost is not known, nothing is added to its score by it.
    """
    left = sorted(found, key=lambda each: -each.score)
    ordered: list[Suggestion] = []
    while left:
        near = [each for each in left if each.score >= left[0].score * (1 - NEAR)]
        ordered.append(max(near, key=lambda each: each.companion.variant.margin_minor))
        left.remove(ordered[-1])
    return ordered


def _of_kind(kind: str, product: Product) -> str:
    return f"{kind.lower()} are often bought together with {product.kind.lower()}"


def _counted(addition: Addition, beside: Product) -> tuple[str, ...]:
    """Return why a product goes into the basket, in the customer's words."""
    together = f"{addition.together} of {addition.of} orders with {beside.title} had it too" if addition.beside else ""
    return tuple(reason for reason in (together, "you bought it before" if addition.earlier else "") if reason)


def _shared(product: Product, other: Product) -> list[str]:
    """Return the tags of a product that another one has too, as many as are told."""
    theirs = set(stems(" ".join(other.tags)))
    return [tag for tag in product.tags if theirs.issuperset(stems(tag))][:ALIKE]
