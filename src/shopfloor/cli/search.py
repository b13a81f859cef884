"""`shopfloor search`: what the shop has, by a customer's words."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import anyio
import typer
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import (
    LONGEST_QUERY,
    Page,
    ProductHit,
    ProductQuery,
    ProductResults,
    ProductSearch,
    Sort,
    narrowed,
    understood,
)
from shopfloor.tools.retail.views import hit_view

FACET_VALUES = 8
"""Values of a facet that are shown."""

Text = Annotated[str | None, typer.Argument(help="What somebody looks for, in their own words.")]
Limit = Annotated[int, typer.Option("--limit", help="Products shown.", min=1, max=100)]
SortBy = Annotated[Sort, typer.Option("--sort", help="What comes first: the best, the cheapest, the dearest...")]
Facets = Annotated[bool, typer.Option("--facets", help="Count what was found by category, brand, colour and size.")]
Like = Annotated[str | None, typer.Option("--like", metavar="PRODUCT", help="Find what is like a product instead.")]
Category = Annotated[str | None, typer.Option("--category", help="Only of this category.")]
Brand = Annotated[str | None, typer.Option("--brand", help="Only of this brand.")]
Size = Annotated[str | None, typer.Option("--size", help="Only in this size.")]
All = Annotated[bool, typer.Option("--sold-out", help="Show what is sold out too.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is looked for."""

    text: str | None
    like: str | None
    limit: int
    page: Page
    narrow: Callable[[ProductQuery], ProductQuery]
    """Sets the filters."""


def search(
    text: Text = None,
    limit: Limit = 10,
    sort: SortBy = "relevance",
    facets: Facets = False,
    like: Like = None,
    category: Category = None,
    brand: Brand = None,
    size: Size = None,
    sold_out: All = False,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Find products by a customer's words, and say why each was found."""
    if (text is None) == (like is None):
        raise InvalidInput("say what to look for, in words or with --like PRODUCT")
    if text is not None and not 0 < len(text.strip()) <= LONGEST_QUERY:
        raise InvalidInput(f"say what to look for in 1 to {LONGEST_QUERY:,} letters")
    asked = Asked(
        text=text,
        like=like,
        limit=limit,
        page=Page(sort=sort, has_facets=facets),
        narrow=partial(narrowed, category=category, brand=brand, size=size, has_sold_out=sold_out),
    )
    anyio.run(_search, config(data), asked, as_json)


async def _search(where: Config, asked: Asked, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(where, output.progress) as app:
        results = await _found(app.search, asked)
    if as_json:
        row = {
            "understood": understood(results.query),
            "relaxed": list(results.relaxed),
            "total": results.total,
            "products": [hit_view(hit) | {"score": hit.score} for hit in results.hits],
            **({"facets": [asdict(facet) for facet in results.facets]} if asked.page.has_facets else {}),
        }
        output.line(json.dumps(row, indent=2, ensure_ascii=False))
        return
    if read := ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in understood(results.query).items()):
        output.progress(f"Understood: {read}")
    for line in _lines(results):
        output.line(line)


async def _found(search: ProductSearch, asked: Asked) -> ProductResults:
    if asked.like is not None:
        hits = await search.similar(ProductId(asked.like), limit=asked.limit)
        if not hits and not search.title_words(ProductId(asked.like)):
            raise NotFound(f"there is no product {asked.like}: `shopfloor search --json` shows ids")
        return ProductResults(query=ProductQuery(text=""), hits=tuple(hits), total=len(hits))
    query = asked.narrow(search.understand(asked.text or ""))
    return await search.search(query, limit=asked.limit, page=asked.page)


def _lines(results: ProductResults) -> Sequence[str]:
    lines: list[str] = []
    if results.relaxed:
        lines.append(f"Nothing meets it all; found without regard to: {', '.join(results.relaxed)}")
    lines += [_line(number, hit) for number, hit in enumerate(results.hits, 1)] or ["Nothing found."]
    for facet in results.facets:
        shown = [f"{escape(value)} {count}" for value, count in facet.counts[:FACET_VALUES]]
        more = len(facet.counts) - len(shown)
        lines.append(f"[bold]{facet.name}[/]  {', '.join(shown)}" + (f" and {more} more" if more else ""))
    return lines


def _line(number: int, hit: ProductHit) -> str:
    variant = hit.product.variant(hit.sku)
    which = " ".join(part for part in (variant.colour, variant.size) if part)
    why = f"  [dim]{escape(', '.join(hit.reasons))}[/]" if hit.reasons else ""
    return f"{number:>3}  [bold]{escape(hit.product.title)}[/]  {escape(which)}  {variant.price}{why}"
