"""Notices: what the staff let customers know with a product, wherever an agent reads of that product."""

from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from shopfloor.facts.contract import fact_name
from shopfloor.facts.shared_context import SharedContext
from shopfloor.facts.shipped import Notice
from shopfloor.kernel.ids import ProductId
from shopfloor.shop.contract import Catalogue
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult


def noticed(tool: Tool[Any], shared: SharedContext, catalogue: Catalogue) -> Tool[Any]:
    """Return a tool whose output has the `notices` on the products that it tells of, where there are any.

    With them stands which version of each fact it is, so that the journal tells what a reply was made of.
    """

    async def run(args: ToolArgs, context: ToolContext) -> ToolResult:
        result = await tool.run(args, context)
        ids = list(dict.fromkeys(source.id for source in result.sources if source.kind == "product"))
        if not ids:
            return result
        snapshot = await shared.read(*(fact_name("notice", id_) for id_ in ids))
        texts = {id_: notice.text for id_ in ids if (notice := snapshot.get("notice", id_, Notice))}
        if not texts:
            return result
        products = await catalogue.get_products([ProductId(id_) for id_ in texts])
        said = "\n".join(f"{product.title}: {texts[product.id]}" for product in products)
        facts: dict[str, JsonValue] = dict(snapshot.versions().items())
        return replace(result, output={**result.output, "notices": {"said": said, "facts": facts}})

    return replace(tool, run=run) if tool.is_read else tool
