"""Laws over every kind of action: what an inverse takes back is gone, and a key is used for one thing only.

The kinds are those that the application registers; one that has no generator here fails the first test.
"""

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from tools.small_shop import ABROAD, ADA, BEN, CONTENTS, EMAILS, GIFTS, HOME, NOW, NUMBERS, SKUS, WORK, Held, held

from shopfloor.actions.kind import ActionArgs, ActionKind, Done
from shopfloor.agents.settings import shipped_brand
from shopfloor.database.engine import Database
from shopfloor.database.migrate import upgrade
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import CallerError, Conflict, Refused
from shopfloor.profiles.contract import Profiles
from shopfloor.profiles.stores import MemoryProfiles, SqlProfiles
from shopfloor.shop.contents import ShopContents
from shopfloor.shop.contract import Capability, Shop
from shopfloor.shop.memory import memory_shop
from shopfloor.shop.return_policy import ReturnPolicy
from shopfloor.shop.sql import load, sql_shop
from shopfloor.tools.retail.kit import RetailKit

RETURNS = shipped_brand().returns
Args = dict[str, JsonValue]
Deed = tuple[str, Args]
"""A kind and its arguments."""

# -- what each kind may be asked for -----------------------------------------------------------------------------------

A_NUMBER = st.sampled_from([*NUMBERS, "99"])
A_SKU = st.sampled_from([*SKUS, "NONE"])
A_METHOD = st.sampled_from(["pm-card", "pm-paypal", "pm-bens", *GIFTS])
A_CUSTOMER = st.sampled_from([str(ADA), str(BEN)])
A_TALK = st.sampled_from(["chat_1", "chat_2"])
A_QUANTITY = st.integers(1, 3)
AN_ADDRESS = st.sampled_from([HOME, WORK, ABROAD]).map(
    lambda address: {
        "name": address.name,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
    }
)
AN_EMAIL = st.sampled_from([*EMAILS.values(), EMAILS[ADA].title(), "guest@harbour.example.com"])
AN_ENTRY = st.sampled_from(
    [
        ("size.shoes", "9"),
        ("size.shoes", "10"),
        ("size.tops", "M"),
        ("fit", "slim"),
        ("avoids", "wool"),
        ("avoids", "laces"),
        ("colour.likes", "red"),
        ("colour.likes", "blue"),
    ]
).map(lambda entry: {"key": entry[0], "value": entry[1]})


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Args]:
    return st.fixed_dictionaries(cast("dict[str, st.SearchStrategy[JsonValue]]", strategies))


def both(one: st.SearchStrategy[Args], other: st.SearchStrategy[Args]) -> st.SearchStrategy[Args]:
    return st.tuples(one, other).map(lambda pair: {**pair[0], **pair[1]})


def several(one: st.SearchStrategy[Any], *, least: int = 1, most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, min_size=least, max_size=most)


A_CART = st.sampled_from(
    [
        {"cart_id": "k-ada", "conversation_id": "chat_1", "customer_id": str(ADA)},
        {"cart_id": "customer/c-ben", "conversation_id": "chat_2", "customer_id": str(BEN)},
        {"cart_id": "guest/chat_1", "conversation_id": "chat_1", "customer_id": None},
    ]
).map(lambda cart: cast("Args", dict(cart)))
CART_IDS = ("k-ada", "customer/c-ben", "guest/chat_1")
A_SIGN_UP = both(
    fields(conversation_id=A_TALK),
    st.sampled_from(
        [(str(ADA), EMAILS[ADA]), (str(BEN), EMAILS[BEN]), (None, EMAILS[ADA]), (None, "guest@harbour.example.com")]
    ).map(lambda who: {"customer_id": who[0], "email": who[1]}),
)
A_PROFILE = fields(conversation_id=A_TALK, customer_id=A_CUSTOMER)
A_PIECE = fields(sku=A_SKU, quantity=A_QUANTITY)
KEPT_ENTRY = both(AN_ENTRY, st.just(cast("Args", {"origin": "said", "conversation_id": None, "at": NOW.isoformat()})))
A_RETURN = st.sampled_from([("6", "R6-1"), ("6", "R6-2"), ("6", "R6-3"), ("7", "R7-1"), ("8", "R8-1"), ("6", "R9-1")])


SWAPS = [
    (order.number, line.sku, variant.sku)
    for order in CONTENTS.orders
    for line in order.lines
    for product in CONTENTS.products
    if product.id == line.product_id
    for variant in product.variants
    if variant.sku != line.sku
]
"""Orders, each with a variant that it holds and another one of the same product."""
SENT = [(number, sku, new) for number, sku, other in SWAPS for new in (None, other) if number in {"6", "7", "8"}]
"""Delivered ones, each with a variant that goes back, and what is wanted for it."""
EITHER_WAY = st.sampled_from(["", "", "GC-LARGE"])


def kept_of(entries: Sequence[Args]) -> Args:
    """Return what a profile may hold: one value of a key that has one."""
    by_key = {str(entry["key"]): entry for entry in entries}
    return {"keys": list(by_key), "kept": {"entries": list(by_key.values()), "forgotten": {}}}


def line_list(pieces: Sequence[Args]) -> Args:
    return {"lines": list({str(piece["sku"]): piece for piece in pieces}.values())}


GENERATORS: Mapping[str, st.SearchStrategy[Args]] = {
    "cancel_order": fields(order_number=A_NUMBER, reason=st.sampled_from(["no longer needed", "by mistake"])),
    "change_shipping_address": both(fields(order_number=A_NUMBER), AN_ADDRESS),
    "change_payment_method": fields(order_number=A_NUMBER, method_id=A_METHOD),
    "change_order_items": st.one_of(
        st.tuples(st.sampled_from(SWAPS), A_QUANTITY, st.sampled_from(["", "pm-card", "GC-LARGE"])).map(
            lambda one: {
                "order_number": one[0][0],
                "changes": [{"sku": one[0][1], "new_sku": one[0][2], "quantity": one[1]}],
                "method_id": one[2],
            }
        ),
        fields(
            order_number=A_NUMBER,
            changes=several(fields(sku=A_SKU, new_sku=A_SKU, quantity=A_QUANTITY), most=2),
            method_id=st.one_of(st.just(""), A_METHOD),
        ),
    ),
    "change_default_address": both(fields(customer_id=A_CUSTOMER), AN_ADDRESS),
    "request_return": st.one_of(
        st.tuples(
            st.sampled_from(SENT), st.sampled_from([1, 1, 2]), st.sampled_from(["faulty", "wrong_size"]), EITHER_WAY
        ).map(
            lambda one: {
                "order_number": one[0][0],
                "kind": "exchange" if one[0][2] else "refund",
                "reason": one[2],
                "pieces": [{"sku": one[0][1], "quantity": one[1], "exchange_sku": one[0][2]}],
                "payment_method_id": one[3],
            }
        ),
        fields(
            order_number=st.sampled_from(["6", "7", "8", "12", "1"]),
            kind=st.just("refund"),
            reason=st.sampled_from(["wrong_size", "faulty"]),
            pieces=several(A_PIECE, most=2),
            payment_method_id=st.one_of(st.just(""), A_METHOD),
        ),
        fields(
            order_number=st.sampled_from(["6", "7", "8"]),
            kind=st.just("exchange"),
            reason=st.sampled_from(["wrong_size", "faulty"]),
            pieces=several(both(A_PIECE, fields(exchange_sku=A_SKU)), most=2),
            payment_method_id=st.one_of(st.just(""), A_METHOD),
        ),
    ),
    "withdraw_return": A_RETURN.map(lambda pair: {"order_number": pair[0], "return_id": pair[1]}),
    "reinstate_return": A_RETURN.map(lambda pair: {"order_number": pair[0], "return_id": pair[1]}),
    "open_ticket": fields(
        email=AN_EMAIL,
        subject=st.sampled_from(["Help", "Again"]),
        summary=st.just("Help me."),
        conversation_id=A_TALK,
        customer_id=A_CUSTOMER,
    ),
    "set_cart_line": both(A_CART, fields(sku=A_SKU, quantity=st.integers(0, 3))),
    "empty_cart": A_CART,
    "restore_cart": both(A_CART, several(A_PIECE, least=0).map(line_list)),
    "subscribe_back_in_stock": both(A_SIGN_UP, fields(sku=A_SKU)),
    "subscribe_newsletter": A_SIGN_UP,
    "unsubscribe": both(
        A_SIGN_UP.map(lambda who: {name: who[name] for name in ("customer_id", "email")}),
        fields(what=st.sampled_from(["newsletter", "back_in_stock", "everything"])),
    ),
    "undo_sign_up": st.sampled_from([*EMAILS.values(), "guest@harbour.example.com"]).map(
        lambda email: {
            "wish": {"kind": "newsletter", "email": email, "sku": None},
            "earlier": None,
            "consent": {"customer_id": str(ADA), "is_given": False, "at": None},
        }
    ),
    "remember": both(A_PROFILE, fields(entries=several(AN_ENTRY))),
    "forget": both(A_PROFILE, fields(entries=several(AN_ENTRY))),
    "erase_profile": A_PROFILE,
    "restore_profile": both(A_PROFILE, several(KEPT_ENTRY, least=0).map(kept_of)),
}
"""Arguments that are worth trying, by the kind that takes them."""
A_DEED: st.SearchStrategy[Deed] = st.sampled_from(sorted(GENERATORS)).flatmap(
    lambda name: st.tuples(st.just(name), GENERATORS[name])
)
BEFORE = st.lists(A_DEED, max_size=4)
"""What happened before, as far as the shop allowed it."""
PRELUDE: Mapping[str, Sequence[Deed]] = {
    "undo_sign_up": [
        ("subscribe_newsletter", {"conversation_id": "chat_1", "customer_id": str(id_), "email": EMAILS[id_]})
        for id_ in (ADA, BEN)
    ]
}
"""What has to have happened for a kind to have anything to do."""
IDLE: Mapping[str, frozenset[str]] = {
    "set_cart_line": frozenset({"conversation_id"}),
    "empty_cart": frozenset({"conversation_id"}),
    "restore_cart": frozenset({"conversation_id"}),
    "forget": frozenset({"conversation_id"}),
    "erase_profile": frozenset({"conversation_id"}),
    "restore_profile": frozenset({"conversation_id"}),
}
"""Arguments that say where something was asked for, not what."""
GONE_BY: Mapping[str, frozenset[str]] = {
    "change_payment_method": frozenset({"undo.payment_failed", "payment.gift_card_expired"}),
    "subscribe_back_in_stock": frozenset({"undo.nothing"}),
    "subscribe_newsletter": frozenset({"undo.nothing"}),
    "empty_cart": frozenset({"cart.out_of_stock"}),
    "set_cart_line": frozenset({"cart.out_of_stock"}),
    "restore_cart": frozenset({"cart.out_of_stock"}),
}
"""The rules by which an undo may be refused at once: nothing was done, or what was before could not be had anew."""
TELL_LITTLE = frozenset({"remember", "forget", "restore_profile", "unsubscribe"})
"""Kinds of which nothing that was said is kept with the key, so that a look-up tells only that it was done."""


# -- an installation to try them on ------------------------------------------------------------------------------------


@cache
def filled() -> bytes:
    """Return a database's file that holds the small shop."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "shop.db"
        database = Database.sqlite(path)
        upgrade(database)
        anyio.run(load, database, CONTENTS)
        database.close()
        return path.read_bytes()


class Bench:
    """A shop with all its kinds of actions, tried one after the other."""

    def __init__(self, shop: Shop, profiles: Profiles) -> None:
        self.shop = shop
        self.profiles = profiles
        self.clock = FixedClock(NOW)
        kit = RetailKit(shop, profiles, self._return_policy, self.clock, UTC)
        self.kinds = {kind.name: kind for kind in kit.kinds()}

    async def _return_policy(self) -> ReturnPolicy:
        return RETURNS

    async def held(self) -> Held:
        return await held(self.shop, self.profiles, CART_IDS)

    def parse(self, name: str, args: Mapping[str, JsonValue]) -> ActionArgs:
        """Read arguments as they come back from where actions are kept."""
        parsed: ActionArgs = self.kinds[name].args.model_validate(json.loads(json.dumps(dict(args))))
        return parsed

    async def try_out(self, deeds: Sequence[Deed]) -> None:
        """Do what the shop allows of some deeds."""
        for place, (name, args) in enumerate(deeds):
            try:
                await self.kinds[name].preview(self.parse(name, args))
                await self.execute(name, args, f"before/{place}")
            except (Refused, CallerError):
                continue

    async def execute(self, name: str, args: Mapping[str, JsonValue], key: str) -> JsonValue:
        self.clock.at += timedelta(minutes=1)
        return json.loads(json.dumps(await self.kinds[name].execute(key, self.parse(name, args))))

    async def is_allowed(self, name: str, args: Mapping[str, JsonValue]) -> bool:
        kind = self.kinds[name]
        try:
            preview = await kind.preview(self.parse(name, args))
        except (Refused, CallerError):
            return False
        assert set(preview.facts) == kind.facts, "policies are checked against the facts that a kind declares"
        return True

    async def snapshot(self, name: str, args: Mapping[str, JsonValue]) -> JsonValue:
        take = self.kinds[name].snapshot
        return json.loads(json.dumps(await take(self.parse(name, args)))) if take else None


Law = Callable[[Bench], Coroutine[Any, Any, None]]


def hold(twin: str, law: Law) -> None:
    """Hold a law on a fresh shop."""
    if twin == "memory":
        anyio.run(law, Bench(memory_shop(CONTENTS), MemoryProfiles()))
        return
    with TemporaryDirectory() as directory:
        path = Path(directory) / "shop.db"
        path.write_bytes(filled())
        database = Database.sqlite(path)
        try:
            anyio.run(law, Bench(sql_shop(database), SqlProfiles(database)))
        finally:
            database.close()


@cache
def known_kinds() -> Mapping[str, ActionKind[Any]]:
    return Bench(memory_shop(ShopContents()), MemoryProfiles()).kinds


TWINS = pytest.mark.parametrize("twin", ["memory", "sql"])


def examples(twin: str, *, memory: int, sql: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    few = settings(
        max_examples=sql if twin == "sql" else memory,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    return cast("Callable[[Callable[..., None]], Callable[..., None]]", few)


def cases(name: str, twin: str) -> st.SearchStrategy[tuple[list[Deed], Args]]:
    """Return what happened before, with arguments; on the database, which is slow, only what the shop allows."""
    before = st.just(list[Deed]()) if twin == "sql" else BEFORE
    drawn = st.tuples(before.map(lambda deeds: [*PRELUDE.get(name, ()), *deeds]), GENERATORS[name])
    return drawn.filter(lambda case: allows(name, *case)) if twin == "sql" else drawn


def allows(name: str, before: Sequence[Deed], args: Args) -> bool:
    """Whether a fresh shop allows an action after some others."""
    allowed: list[bool] = []

    async def ask(bench: Bench) -> None:
        await bench.try_out(before)
        allowed.append(await bench.is_allowed(name, args))

    hold("memory", ask)
    return allowed[0]


# -- the laws ----------------------------------------------------------------------------------------------------------


def test_every_kind_that_is_registered_is_held_to_the_laws() -> None:
    assert set(GENERATORS) == set(known_kinds())
    inverses = {kind.inverse.kind for kind in known_kinds().values() if kind.inverse}
    assert inverses <= set(known_kinds())


@TWINS
@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_what_is_undone_at_once_leaves_all_as_it_was(name: str, twin: str) -> None:
    kind = known_kinds()[name]
    if kind.inverse is None:
        assert kind.irreversible
        return
    seen = Counter[str]()

    @examples(twin, memory=100, sql=2)
    @given(case=cases(name, twin))
    def law(case: tuple[list[Deed], Args]) -> None:
        before, args = case

        async def holds(bench: Bench) -> None:
            await bench.try_out(before)
            seen[await undone(bench, name, args)] += 1

        hold(twin, holds)

    law()
    assert seen["undone"] > (0 if twin == "sql" else 9), seen


async def undone(bench: Bench, name: str, args: Args) -> str:
    """Do and undo as the gate does, and say what came of it."""
    if not await bench.is_allowed(name, args):
        return "refused"
    start, before = await bench.held(), await bench.snapshot(name, args)
    result = await bench.execute(name, args, "do")
    after, left = await bench.held(), await bench.snapshot(name, args)
    inverse = bench.kinds[name].inverse
    assert inverse
    rule, back = "", Args()
    try:
        back = inverse.args(bench.parse(name, args), Done(before=before, result=result))
        await bench.kinds[inverse.kind].preview(bench.parse(inverse.kind, back))
    except Refused as refusal:
        rule = refusal.rule
    if rule:
        assert rule in GONE_BY.get(name, ())
        assert rule != "undo.nothing" or after.business() == start.business()
        assert await bench.held() == after
        return rule
    await bench.execute(inverse.kind, back, "undo")
    assert (await bench.held()).business() == start.business()
    assert await bench.snapshot(name, args) == before
    assert before is None or left != before or after.business() == start.business()
    return "undone"


@TWINS
@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_done_again_with_its_key_changes_nothing_and_returns_the_same(name: str, twin: str) -> None:
    seen = Counter[str]()

    @examples(twin, memory=50, sql=1)
    @given(case=cases(name, twin))
    def law(case: tuple[list[Deed], Args]) -> None:
        before, args = case

        async def holds(bench: Bench) -> None:
            await bench.try_out(before)
            if not await bench.is_allowed(name, args):
                return
            look_up = bench.kinds[name].look_up
            assert await look_up("do") is None
            result = await bench.execute(name, args, "do")
            world = await bench.held()
            assert await bench.execute(name, args, "do") == result
            assert await bench.held() == world
            found = json.loads(json.dumps(await look_up("do")))
            assert "removed" in found if name in TELL_LITTLE else found == result
            seen["done"] += 1

        hold(twin, holds)

    law()
    assert seen["done"] > (0 if twin == "sql" else 4), seen


@TWINS
@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_a_key_is_not_taken_for_something_else(name: str, twin: str) -> None:
    seen = Counter[str]()

    @examples(twin, memory=50, sql=1)
    @given(case=cases(name, twin), other=GENERATORS[name])
    def law(case: tuple[list[Deed], Args], other: Args) -> None:
        before, args = case

        async def holds(bench: Bench) -> None:
            await bench.try_out(before)
            if not await bench.is_allowed(name, args):
                return
            result = await bench.execute(name, args, "do")
            world = await bench.held()
            if meant(bench, name, args) == meant(bench, name, other):
                assert await bench.execute(name, other, "do") == result
                seen["same"] += 1
            elif await bench.is_allowed(name, other):
                with pytest.raises(Conflict):
                    await bench.execute(name, other, "do")
                seen["conflict"] += 1
            else:
                with pytest.raises((Refused, CallerError)):
                    await bench.execute(name, other, "do")
                seen["refused"] += 1
            assert await bench.held() == world

        hold(twin, holds)

    law()
    assert seen.total() > (0 if twin == "sql" else 2), seen


def meant(bench: Bench, name: str, args: Args) -> Args:
    """Return what arguments ask for, as the kind reads it, without where it was asked for."""
    dumped: Args = bench.parse(name, args).model_dump(mode="json", exclude=set(IDLE.get(name, ())))
    return dumped


def test_a_shop_that_cannot_tell_what_became_of_a_write_is_not_written_to() -> None:
    blind = replace(memory_shop(ShopContents()), capabilities=frozenset(Capability) - {Capability.LOOK_UP})
    of_profiles = {"remember", "forget", "erase_profile", "restore_profile"}
    assert set(Bench(blind, MemoryProfiles()).kinds) == of_profiles
