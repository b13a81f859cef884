"""Brings what a feed says into a catalogue: products that are other than before, some hundred variants at a time.

Each such batch is one transaction, so a process that is killed leaves whole products; the next import ends what it
began. What is not in the feed stays, unless it is asked to go, which is done last.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from anyio import to_thread

from shopfloor.kernel.errors import Conflict, InvalidInput
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
TRIES = 10
"""How often a batch is planned anew, as its products changed meanwhile."""
REMEDY = "remove it there first, or let --remove-missing do so"

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
    not_removed: str = ""
    """Why none of them was removed, though they should be; empty where nothing is in the way."""
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
        InvalidInput: the file cannot be read as a whole.
        Conflict: its products change all the time.
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
        for _ in range(TRIES):
            found = await self._catalogue.get_products([ProductId(group.product) for group in batch])
            owners = await self._catalogue.find_owners([Sku(one.sku) for group in batch for _, one in group.parts])
            earlier = {product.id: product for product in found}
            plan = await to_thread.run_sync(self._planned, batch, earlier, owners, is_last)
            changed = [each for each in plan.products if each != earlier.get(each.id)]
            try:
                if changed and not self._is_trial:
                    await self._catalogue.put_products(changed, seen=found)
            except Conflict:  # an order took pieces meanwhile, or another import wrote
                continue
            break
        else:
            raise Conflict("the catalogue changes all the time while it is imported: try again in a moment")
        is_new = [each.id not in earlier for each in changed]
        self._done.new += sum(is_new)
        self._done.changed += len(changed) - sum(is_new)
        self._done.unchanged += len(plan.products) - len(changed)
        self._late += plan.late
        await to_thread.run_sync(self._spool.leave_out, *plan.left_out)

    def _planned(
        self,
        batch: Sequence[Group],
        earlier: Mapping[ProductId, Product],
        owners: Mapping[Sku, ProductId],
        is_last: bool,
    ) -> "_Plan":
        plan = _Plan()
        for group in batch:
            others = {
                sku: owner
                for _, part in group.parts
                if (owner := owners.get(sku := Sku(part.sku), group.product)) != group.product
            }
            may_lose = self._removes_missing and not any(self._spool.names(owner, sku) for sku, owner in others.items())
            try:
                if others and may_lose and not (is_last or self._is_trial):
                    plan.late.append(group.product)
                    continue
                if others and not (may_lose and self._is_trial):
                    sku, owner = next(iter(others.items()))
                    raise InvalidInput(f"variant {sku} is one of product {owner} in the shop: {REMEDY}")
                plan.products.append(_product(group, earlier.get(ProductId(group.product))))
            except InvalidInput as error:
                plan.left_out.append(Problem(group.line, group.product, str(error)))
        return plan

    async def _remove(self) -> None:
        """Remove the variants that no row is about."""
        if not self._spool.is_named:
            self._done.not_removed = "of some rows it cannot be told what they are about; mend them first"
        elif not self._done.products and not self._late:
            self._done.not_removed = "the feed names nothing that can be taken, so all would be gone"
        if self._done.not_removed:
            return
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to become of a batch."""

    products: list[Product] = field(default_factory=list[Product])
    late: list[str] = field(default_factory=list[str])
    left_out: list[Problem] = field(default_factory=list[Problem])


def _product(group: Group, earlier: Product | None) -> Product:
    if not group.is_whole:
        raise InvalidInput(f"it has more than {MOST_VARIANTS:,} variants: divide it")
    product = putting.merged(earlier, built(group.parts, earlier))
    putting.check_currency(product)
    return product


def _next_batch(groups: Iterator[Group]) -> list[Group]:
    batch: list[Group] = []
    count = 0
    for group in groups:
        batch.append(group)
        count += len(group.parts)
        if count >= VARIANTS:
            break
    return batch
