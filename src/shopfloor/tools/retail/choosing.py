"""Which variant a customer means, by what they say now, what they asked for before, and what is remembered of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import Field, JsonValue

from shopfloor.journal.events import Source
from shopfloor.kernel.ids import ProductId
from shopfloor.search.contract import ProductSearch, refined
from shopfloor.search.fit import is_size
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.garments import garment_of
from shopfloor.shop.models import Product, Variant
from shopfloor.tools.contract import EarlierCall, Tool, ToolArgs, ToolContext, ToolResult
from shopfloor.tools.retail.views import product_view, variant_view

LOOKED = ("search_products", "check_availability", "find_restock", "get_variant", "suggest_products")
"""Calls that tell in what a customer was interested."""
RECENT = 6
"""Turns after which it may be another matter."""


class ChooseArgs(ToolArgs):
    """Which product, and what the customer said about colour and size."""

    product_id: ProductId
    colour: Annotated[str | None, Field(description="Basic colour; none where they named none.")] = None
    size: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Choice:
    """A colour and a size, as far as they are known."""

    colours: frozenset[str] = frozenset()
    """Basic colours, any of which will do."""
    shade: str | None = None
    """Just this colour."""
    size: str | None = None

    def of(self, variants: Sequence[Variant], search: ProductSearch) -> list[Variant]:
        """Return the variants that it leaves."""
        left = [variant for variant in variants if self.size is None or is_size(variant.size, self.size)]
        exact = [v for v in left if v.size and self.size and v.size.casefold() == self.size.casefold()] or left
        if self.shade and (same := [v for v in exact if (v.colour or "").casefold() == self.shade.casefold()]):
            return same
        if self.colours or self.shade:
            return [v for v in exact if search.understand(v.colour or "").colours & self.colours]
        return exact


class ChoosingTools:
    """The tool that finds the one variant meant."""

    def __init__(self, catalogue: Catalogue, search: ProductSearch) -> None:
        """Take the catalogue and the index over it."""
        self._catalogue = catalogue
        self._search = search

    def tools(self) -> Sequence[Tool[Any]]:
        """Return the tool; it only reads."""
        return (
            Tool(
                name="choose_variant",
                description="Find the variant of a product that the customer means and that can be had, or say what "
                "is open: the colour or the size.",
                args=ChooseArgs,
                run=self._choose,
            ),
        )

    async def _choose(self, args: ChooseArgs, context: ToolContext) -> ToolResult:
        product = await self._catalogue.get_product(args.product_id)
        if product is None:
            return ToolResult(output={"outcome": "not_found"})
        in_stock = [variant for variant in product.variants if variant.stock > 0]
        said = _Choice(
            colours=self._search.understand(args.colour).colours if args.colour else frozenset(),
            shade=args.colour,
            size=args.size,
        )
        left = said.of(in_stock, self._search)
        recalled, remembered = self._recalled(product, context), _remembered(product, context)
        left = before = self._narrowed(left, said, recalled)
        left = left if said.size or recalled.size else self._narrowed(left, said, remembered)
        outcome = _outcome(left) if left else "sold_out" if said.of(product.variants, self._search) else "not_made"
        views: list[JsonValue] = [variant_view(variant) for variant in left or in_stock]
        return ToolResult(
            output={
                "outcome": outcome,
                "product": product_view(product),
                "variants": views,
                "remembered_size": remembered.size if len(left) < len(before) else None,
            },
            sources=(Source(kind="product", id=product.id, agent=context.agent),),
        )

    def _narrowed(self, left: list[Variant], said: _Choice, known: _Choice) -> list[Variant]:
        """Return what is left with what is known besides; of what was said now, or leaves nothing, nothing is taken."""
        is_coloured = bool(said.colours or said.shade)
        sized = _Choice(size=None if said.size else known.size).of(left, self._search) or left
        if is_coloured:
            return sized
        return _Choice(colours=known.colours, shade=known.shade).of(sized, self._search) or sized

    def _recalled(self, product: Product, context: ToolContext) -> _Choice:
        """Return the colour and size in which the conversation was last about a product."""
        for call in context.session.earlier(*LOOKED):
            if call.turns_ago > RECENT:
                break
            found = self._looked_at(product, call)
            if found != _Choice():
                return found
        return _Choice()

    def _looked_at(self, product: Product, call: EarlierCall) -> _Choice:
        one = call.output.get("product")
        several = call.output.get("products")
        rows = cast("list[Mapping[str, JsonValue]]", several) if isinstance(several, list) else []
        row = next((row for row in rows if row.get("product_id") == product.id), None)
        is_one = isinstance(one, dict) and one.get("id") == product.id
        match call.tool:
            case "search_products" if row:
                query = self._search.understand(str(call.args["query"]))
                if call.args.get("refines"):
                    query = refined(self._search.understand(str(call.args["refines"])), query)
                return _Choice(colours=query.colours, size=query.size)
            case "suggest_products" if row:
                return _Choice(shade=_text(row.get("variant"), "colour"), size=_text(row, "size"))
            case "get_variant" if is_one:
                variant = call.output.get("variant")
                return _Choice(shade=_text(variant, "colour"), size=_text(variant, "size"))
            case "check_availability" | "find_restock" if is_one:
                colour, size = _text(call.args, "colour"), _text(call.args, "size")
                colours = self._search.understand(colour).colours if colour else frozenset[str]()
                return _Choice(colours=colours, shade=colour, size=size)
            case _:
                return _Choice()


def _outcome(left: Sequence[Variant]) -> str:
    if len({variant.colour for variant in left}) > 1:
        return "choose_colour"
    return "choose_size" if len(left) > 1 else "one"


def _remembered(product: Product, context: ToolContext) -> _Choice:
    """Return the size that is remembered of a signed-in customer for such a product."""
    garment = garment_of(product.category)
    return _Choice(size=context.profile.sizes.get(garment) if garment else None)


def _text(value: object, name: str) -> str | None:
    found = cast("Mapping[str, object]", value).get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else None
