"""`shopfloor search`: what the shop has, by a customer's words."""

import json
from typing import Annotated

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.search.contract import ProductHit, ProductQuery
from shopfloor.tools.retail.views import hit_view

Text = Annotated[str, typer.Argument(help="What somebody looks for, in their own words.")]
Limit = Annotated[int, typer.Option("--limit", help="Products shown.", min=1, max=100)]


def search(text: Text, limit: Limit = 10, as_json: Json = False, data: Data = None) -> None:
    """Find products by a customer's words, and say why each was found."""
    anyio.run(_search, config(data), text, limit, as_json)


async def _search(where: Config, text: str, limit: int, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(where, output.progress) as app:
        results = await app.search.search(app.search.understand(text), limit=limit, is_wide=True)
    if as_json:
        row = {
            "understood": _understood(results.query),
            "relaxed": list(results.relaxed),
            "total": results.total,
            "products": [hit_view(hit) | {"score": hit.score} for hit in results.hits],
        }
        output.line(json.dumps(row, indent=2, ensure_ascii=False))
        return
    understood = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in _understood(results.query).items())
    if understood:
        output.progress(f"Understood: {understood}")
    if results.relaxed:
        output.line(f"Nothing meets it all; found without regard to: {', '.join(results.relaxed)}")
    if not results.hits:
        output.line("Nothing found.")
    for number, hit in enumerate(results.hits, 1):
        output.line(_line(number, hit))


def _line(number: int, hit: ProductHit) -> str:
    variant = hit.product.variant(hit.sku)
    which = " ".join(part for part in (variant.colour, variant.size) if part)
    why = f"  [dim]{escape(', '.join(hit.reasons))}[/]" if hit.reasons else ""
    return f"{number:>3}  [bold]{escape(hit.product.title)}[/]  {escape(which)}  {variant.price}{why}"


def _understood(query: ProductQuery) -> dict[str, JsonValue]:
    """Return the constraints that were read out of the words, by name; those that are not there are left out."""
    read: dict[str, JsonValue] = {
        "category": query.category,
        "brand": query.brand,
        "colours": " or ".join(sorted(query.colours)),
        "size": query.size,
        "gender": query.gender,
        "from": str(query.price_min) if query.price_min else None,
        "up_to": str(query.price_max) if query.price_max else None,
        "features": ", ".join(sorted(query.features)),
        "without": ", ".join(sorted(query.without)),
    }
    return {name: value for name, value in read.items() if value}
