"""What finding products and knowledge promises, whatever index stands behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.kernel.money import Money
from shopfloor.shop.garments import Garment
from shopfloor.shop.models import Gender, Product

LONGEST_QUERY = 1_000
"""Letters of what is looked for, where somebody outside asks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductQuery:
    """What a customer looks for: their words, and the constraints understood from them."""

    text: str
    """The words, as they were written."""
    words: tuple[str, ...] = ()
    """What remains to be matched once the constraints are taken out."""
    terms: tuple[str, ...] = ()
    """All words that the order goes by, in their order: those that name constraints are matched too."""
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The words that name the category and the brand, by `category` and `brand`."""
    category: str | None = None
    """The narrowest category named, as the catalogue writes it; None for any."""
    colours: frozenset[str] = frozenset()
    """Basic colours, any of which will do: `red` stands for crimson and ruby too."""
    size: str | None = None
    size_said: str | None = None
    """The size as it was said, where the catalogue counts in another system: `EU 42` for a 9."""
    gender: Gender | None = None
    brand: str | None = None
    price_min: Money | None = None
    price_max: Money | None = None
    features: frozenset[str] = frozenset()
    """Properties that it shall have, of those that the catalogue tags its products with: `waterproof`."""
    without: frozenset[str] = frozenset()
    """Words that must not describe it."""
    in_stock: bool = True
    held: frozenset[str] = frozenset()
    """Which of `category`, `brand` and `size` were set as filters: these are never dropped."""


def refined(before: ProductQuery, now: ProductQuery) -> ProductQuery:
    """Return a query changed by a later one, which wins wherever it says something: `red sneakers`, then `in blue`."""
    return ProductQuery(
        text=f"{before.text} {now.text}",
        words=(*before.words, *now.words) if now.category is None else now.words,
        terms=(*before.terms, *now.terms) if now.category is None else now.terms,
        said={**before.said, **now.said},
        category=now.category or before.category,
        colours=now.colours or before.colours,
        size=now.size or (before.size if now.category is None else None),
        size_said=now.size_said if now.size or now.category else before.size_said,
        gender=now.gender or before.gender,
        brand=now.brand or before.brand,
        price_min=now.price_min or before.price_min,
        price_max=now.price_max or before.price_max,
        features=before.features | now.features,
        without=before.without | now.without,
        in_stock=before.in_stock and now.in_stock,
    )


def narrowed(
    query: ProductQuery, *, category: str | None, brand: str | None, size: str | None, has_sold_out: bool
) -> ProductQuery:
    """Return a query with filters set besides its words, which hold whatever is found; None and empty ones set none."""
    named = {"category": category, "brand": brand, "size": size}
    filters = {name: value for name, value in named.items() if value and value.strip()}
    # What was set is no word of the customer's, which might mean something else.
    said = {name: words for name, words in query.said.items() if name not in filters}
    in_stock = query.in_stock and not has_sold_out
    return replace(query, **filters, said=said, in_stock=in_stock, held=frozenset(filters))


def understood(query: ProductQuery) -> dict[str, str]:
    """Return the constraints of a query in words, by name; those that are not there are left out."""
    read = {
        "category": query.category,
        "brand": query.brand,
        "colours": " or ".join(sorted(query.colours)),
        "size": f"{query.size} (about {query.size_said})" if query.size_said else query.size,
        "gender": query.gender,
        "from": str(query.price_min) if query.price_min else None,
        "up_to": str(query.price_max) if query.price_max else None,
        "features": ", ".join(sorted(query.features)),
        "without": ", ".join(sorted(query.without)),
    }
    return {name: value for name, value in read.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tastes:
    """What somebody is known to wear and like; it decides what comes first, never what is found."""

    sizes: Mapping[Garment, str] = field(default_factory=dict[Garment, str])
    """What is in stock in their size comes first."""
    colours: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    gender: Gender | None = None


NO_TASTES = Tastes()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductHit:
    """A product found, and why."""

    product: Product
    sku: Sku
    """The variant that fits best: the cheapest in stock that meets the constraints."""
    score: float
    """Higher is better; comparable within one search only."""
    reasons: tuple[str, ...]
    """What of the query it meets, as a shop assistant would say it: `crimson`, `size 9 in stock`, `under $90`."""


Sort = Literal["relevance", "price", "price_down", "rating"]
"""How a page of results is ordered: the best first, or the cheapest, the dearest, the best rated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """How results are shown on a page of them, rather than the few that an assistant shows."""

    sort: Sort = "relevance"
    has_facets: bool = False
    """Whether what was found is counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facet:
    """How many of the products found have each value of a property."""

    name: str
    """`category`, `brand`, `colour`, `size` or `gender`."""
    counts: tuple[tuple[str, int], ...]
    """The most frequent first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductResults:
    """What a search found."""

    query: ProductQuery
    hits: tuple[ProductHit, ...]
    """Best first."""
    relaxed: tuple[str, ...] = ()
    """The constraints that had to be dropped to find anything: `price`, `colour`, or a feature such as `waterproof`."""
    total: int
    """How many products met the query, beyond those returned."""
    facets: tuple[Facet, ...] = ()
    """Of those that met it, a thousand at most; empty where nobody asked."""


class ProductSearch(Protocol):
    """Finds products."""

    def understand(self, text: str) -> ProductQuery:
        """Read the constraints out of a customer's words, against what the catalogue has."""
        ...

    async def search(
        self, query: ProductQuery, *, limit: int = 3, tastes: Tastes = NO_TASTES, page: Page | None = None
    ) -> ProductResults:
        """Return the best products; constraints are dropped one by one where nothing meets them all.

        Only what the words describe is returned, as a shop assistant would show it; on a page, what fits less follows,
        up to the limit.
        """
        ...

    async def similar(self, product_id: ProductId, *, limit: int = 3) -> Sequence[ProductHit]:
        """Return what is most like a product, in stock, the best first; nothing where there is no such product."""
        ...

    def words(self) -> frozenset[str]:
        """Return the words that the catalogue is written in, normalised."""
        ...

    def title_words(self, product_id: ProductId) -> frozenset[str]:
        """Return the words of a product's name, normalised; none where there is no such product."""
        ...

    def named(self, text: str) -> Sequence[ProductId]:
        """Return the products whose names a text mentions, misspellings allowed, in the order they are mentioned."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A piece of a document that may answer a question."""

    document_id: str
    title: str
    heading: str
    text: str
    score: float
    """0 to 1; comparable over searches."""
    source: str = ""
    """Where it was taken from: an address, a file, or `staff` for a correction."""
    updated: str | None = None
    """The day on which its page was changed last, as 2026-11-30; None where that is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A whole page of knowledge."""

    id: str
    title: str
    topic: str
    text: str
    """Markdown, its sections under headings."""
    source: str = ""
    """Where it was taken from: an address or a file."""
    language: str = "en"
    """As ISO 639-1 writes it; empty where it is not known."""
    updated: str | None = None
    """The day on which it was changed last, as 2026-11-30; None where that is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrieved:
    """What a question found."""

    passages: tuple[Passage, ...] = field(default=())
    """Best first."""
    is_answerable: bool = False
    """Whether the best passage is near enough to the question to be given as its answer."""


class KnowledgeRetriever(Protocol):
    """Finds passages."""

    async def retrieve(self, text: str, *, limit: int = 3) -> Retrieved:
        """Return the passages nearest to a question."""
        ...

    async def read_document(self, document_id: str) -> Document | None:
        """Return a whole page, or None."""
        ...


class Embedder(Protocol):
    """Places texts in a space in which those that mean alike are near each other."""

    @property
    def dimensions(self) -> int:
        """Return how many numbers a vector has."""
        ...

    def vector(self, text: str) -> NDArray[np.float32]:
        """Return a normalised text's vector, of shape (dimensions,); the same text always has the same."""
        ...


class TopicEmbedder(Embedder, Protocol):
    """Places texts by how near they are to topics of shops, and to others."""

    @property
    def ours(self) -> int:
        """Return how many of the dimensions, the first, are about shops; the others are about the world outside."""
        ...
