"""Brings what a feed says into a catalogue: products that are other than before, some hundred variants at a time.

Each such batch is one transaction, so a process that is killed leaves whole products; the next import ends what it
began. What is not in the feed stays, unless it is asked to go, which is done last.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from anyio import to_thread

from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ProductId, Sku
from shopfloor.shop import putting
from shopfloor.shop.contract import Catalogue
from shopfloor.shop.feeds.parts import Problem, built
from shopfloor.shop.feeds.reading import Feed
from shopfloor.shop.feeds.spool import MOST_VARIANTS, Group, Spool
from shopfloor.shop.models import Product

ROWS = 2_000
"""Rows that are read in one go."""
VARIANTS = 500
"""Variants of a batch; one of a single product may have more."""
PAGE = 200

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is, and of how much."""


@dataclass(kw_only=True, slots=True)
class Imported:
    """What came of it."""

    rows: int = 0
    new: int = 0
    """Products; so are the two below."""
    changed: int = 0
    unchanged: int = 0
    removed: list[Sku] = field(default_factory=list[Sku])
    """Variants that the feed does not name."""
    left_out: Sequence[Problem] = ()
    """In the order of the lines."""
    unused: Sequence[str] = ()
    """Columns that nothing is taken from."""

    @property
    def products(self) -> int:
        """Return how many products were taken."""
        return self.new + self.changed + self.unchanged


async def import_feed(
    catalogue: Catalogue, feed: Feed, *, removes_missing: bool, is_trial: bool, tell: Tell
) -> Imported:
    """Bring a feed into a catalogue; a trial only says what would come of it.

    Raises:
        InvalidInput: the file cannot be read, or what is missing shall go and that is all, or cannot be told.
        Conflict: somebody else brought a variant into another product meanwhile; import again.
    """
    spool = await to_thread.run_sync(Spool)
    try:
        return await _Import(catalogue, spool, removes_missing, is_trial, tell).run(feed)
    finally:
        spool.close()


class _Import:
    """One import under way."""

    def __init__(self, catalogue: Catalogue, spool: Spool, removes_missing: bool, is_trial: bool, tell: Tell) -> None:
        self._catalogue = catalogue
        self._spool = spool
        self._removes_missing = removes_missing
        self._is_trial = is_trial
        self._tell = tell
        self._done = Imported()
        self._late: list[str] = []
        """Products with variants that others have, which are to lose them."""

    async def run(self, feed: Feed) -> Imported:
        rows = feed.rows()
        while await to_thread.run_sync(self._spool.take, rows, ROWS):
            self._tell("Reading", feed.read_bytes(), feed.size)
        groups = self._spool.groups()
        while batch := await to_thread.run_sync(_next_batch, groups):
            await self._put(batch)
            self._tell("Storing", self._done.products, 0)
        if self._removes_missing:
            await self._remove()
        for product in self._late:
            await self._put([await to_thread.run_sync(self._spool.group, product)], is_last=True)
        self._done.rows, self._done.unused = self._spool.rows, feed.unused
        self._done.left_out = await to_thread.run_sync(self._spool.problems)
        return self._done

    async def _put(self, batch: Sequence[Group], *, is_last: bool = False) -> None:
        """Put the products of a batch that are other than before."""
        earlier = {
            product.id: product
            for product in await self._catalogue.get_products([ProductId(group.product) for group in batch])
        }
        skus = [Sku(variant.sku) for group in batch for _, variant in group.parts]
        owners = await self._catalogue.find_owners(skus)
        products: list[Product] = []
        for group in batch:
            taken = [sku for _, part in group.parts if owners.get(sku := Sku(part.sku), group.product) != group.product]
            if taken and await self._waits(group, {sku: owners[sku] for sku in taken}, is_last):
                continue
            try:
                products.append(self._built(group, earlier.get(ProductId(group.product))))
            except InvalidInput as error:
                await self._leave_out(group, str(error))
        changed = [each for each in products if each != earlier.get(each.id)]
        if changed and not self._is_trial:
            await self._catalogue.put_products(changed)
        is_new = [each.id not in earlier for each in changed]
        self._done.new += sum(is_new)
        self._done.changed += len(changed) - sum(is_new)
        self._done.unchanged += len(products) - len(changed)

    async def _waits(self, group: Group, owners: dict[Sku, ProductId], is_last: bool) -> bool:
        """Say whether a product with variants of others is not put now: they may lose them, or it is left out."""
        if self._removes_missing:
            kept = [sku for sku, owner in owners.items() if await to_thread.run_sync(self._spool.names, owner, sku)]
            if not kept and self._is_trial:
                return False
            if not kept and not is_last:
                self._late.append(group.product)
                return True
        sku, owner = next(iter(owners.items()))
        remedy = "remove it there first, or let --remove-missing do so"
        await self._leave_out(group, f"variant {sku} is one of product {owner} in the shop: {remedy}")
        return True

    async def _leave_out(self, group: Group, why: str) -> None:
        problem = Problem(group.line, group.product, why)
        await to_thread.run_sync(self._spool.leave_out, problem)

    def _built(self, group: Group, earlier: Product | None) -> Product:
        if not group.is_whole:
            raise InvalidInput(f"it has more than {MOST_VARIANTS:,} variants: divide it")
        return putting.merged(earlier, built(group.parts, earlier))

    async def _remove(self) -> None:
        """Remove the variants that no row is about."""
        if not self._spool.is_named:
            raise InvalidInput(
                "the rest is in the catalogue and nothing was removed from it: of some rows it cannot be told what "
                "they are about; mend them first, or leave --remove-missing out"
            )
        if not self._done.products and not self._late:
            raise InvalidInput("nothing was removed: the feed names no product that can be taken, so all would be gone")
        after: ProductId | None = None
        while page := await self._catalogue.list_products(after=after, limit=PAGE):
            after = page[-1].id
            missing = await to_thread.run_sync(self._missing, page)
            if missing and not self._is_trial:
                await self._catalogue.remove_variants(missing)
            self._done.removed += missing
            self._tell("Removing", len(self._done.removed), 0)

    def _missing(self, page: Iterable[Product]) -> list[Sku]:
        pairs = chain.from_iterable(((product.id, variant.sku) for variant in product.variants) for product in page)
        return [sku for product, sku in pairs if not self._spool.names(product, sku)]


def _next_batch(groups: Iterator[Group]) -> list[Group]:
    batch: list[Group] = []
    count = 0
    for group in groups:
        batch.append(group)
        count += len(group.parts)
        if count >= VARIANTS:
            break
    return batch
