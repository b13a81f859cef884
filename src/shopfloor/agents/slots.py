"""Filling slots from a customer's words."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from pydantic import JsonValue

from shopfloor.agents.choices import chosen
from shopfloor.agents.playbook import Slot, SlotType
from shopfloor.kernel.ids import OrderNumber, ProductId
from shopfloor.language.address import parse_address
from shopfloor.language.answers import is_no, is_yes
from shopfloor.language.attributes import COLOUR, colour_families
from shopfloor.language.english import STOP_WORDS
from shopfloor.language.entities import Entities, entities
from shopfloor.language.preferences import statements
from shopfloor.language.quantities import quantity
from shopfloor.language.text import normalise, stem, words
from shopfloor.search.contract import ProductSearch

LEAD_IN = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|so|well|please|pls|and|also|but|by the way|btw|actually|now|then|yes|no)\b[\s,.!]*)*"
    r"(?:(?:do|does|would|could|can|have|are|is|will)\s+(?:you|u|there|i|we)\s+(?:guys\s+|also\s+)?"
    r"(?:have|sell|stock|carry|got|recommend|suggest|find|show|get|see)?\s*(?:me|us)?\s*"
    r"|(?:i'?m|i am|we'?re|we are)\s+(?:also\s+)?(?:looking for|after|searching for|interested in|shopping for)\s+"
    r"|(?:i|we)(?:'?d| would)?\s+(?:also\s+)?(?:need|want|like|love)\s+(?:to (?:buy|get|see|find|order)\s+)?"
    r"|(?:show|find|get|give|recommend|suggest)\s+(?:me|us)?\s*|(?:looking|searching|shopping) for\s+"
    r"|(?:help me find|got|need|want|what about|how about|what|which)\s+)?"
    r"(?:(?:any|some|a pair of|a|an|the|your)\s+)?",
    re.IGNORECASE,
)
"""What customers say before they name what they look for."""
TAIL = re.compile(
    r"\b(?:do (?:you|u) (?:have|sell|recommend|stock)|please|pls|thanks|thank you|for me)\s*$", re.IGNORECASE
)
NOTHING = re.compile(
    r"(?:some|any|an)?(?:thing|one|other)?s?(?: ?(?:cheaper|better|nicer|smaller|bigger|different|else)(?: ones?)?)?"
    r"|another(?: one)?|more|products?|items?|stuff|that|it|help",
    re.IGNORECASE,
)
DONE = re.compile(r"\b(?:i|you|we|to) ([a-z]+)")
"""A verb, behind who does it."""
MAX_REMARK = 9
"""Words that a remark on an earlier wish has at most."""
LOOSE_NUMBER = re.compile(
    r"(?<![\w$€£¥.,/-])(\d{3,8})(?![\w%/-]|[.,]\d| ?(?:dollars?|bucks|usd|eur|euros?|points|years|days|weeks)\b)",
    re.IGNORECASE,
)
NUMBER_IS = re.compile(r"\bnumber (?:was|is|of it is) #?(\d{2,8})\b", re.IGNORECASE)
LONE_SIZE = re.compile(r"(?<![\w.,$€£/-])(\d{1,2}(?:\.5)?)(?![\w%/-]|[.,]\d)")
SEVERAL = re.compile(r"\b(?:first|these|those|top|all) (?P<count>two|three|2|3)\b|\bboth\b", re.IGNORECASE)
NEWEST = frozenset({"newest", "latest", "recent"})
MAIL = re.compile(r"\S+@\S+")
CHEAPEST = re.compile(r"\bthe (?:cheap(?:er|est)|less expensive|least expensive)\b", re.IGNORECASE)
DEAREST = re.compile(r"\bthe (?:dearer|dearest|pricier|priciest|(?:more|most) expensive)\b", re.IGNORECASE)
ALIKE = 4
"""Letters of a stem that another may go on with."""
POINTERS = frozenset({"it", "its", "this", "that", "them", "those", "these", "they", "one", "ones"})
"""Words that point at what was just talked about."""
GOODS = frozenset({"product", "products", "wish"})
"""Kinds of slots that hold goods."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Focus:
    """What the conversation is about just now."""

    order_number: OrderNumber | None = None
    """The order last read."""
    product_id: ProductId | None = None
    """The one product last talked about."""
    product_ids: tuple[ProductId, ...] = ()
    """The products last shown, in the order they were shown."""
    order_numbers: tuple[OrderNumber, ...] = ()
    """The orders last listed, the newest first."""
    wish: str | None = None
    """What products were last looked for, in words."""
    is_ordered: bool = False
    """Whether those are what the order last read holds."""
    prices: tuple[int, ...] = ()
    """Of the products last shown, in minor units."""
    order_titles: tuple[str, ...] = ()
    """What the orders last listed hold."""


class SlotReader:
    """Reads slots' values out of text."""

    def __init__(self, search: ProductSearch) -> None:
        """Take what knows the products' names."""
        self._search = search

    def fill(self, slot: Slot, text: str, focus: Focus, *, is_answer: bool = False) -> JsonValue:
        """Return the value that a text gives a slot, or None; as for `read`, also of one with options."""
        if slot.type != "choice":
            return self.read(slot.type, text, focus, is_answer=is_answer)
        rest = next((option for option, phrases in slot.options.items() if not phrases), None)
        is_any = is_answer and "?" not in text
        return chosen(slot.options, text) or (rest if is_any else None)

    def read(  # noqa: C901  (a branch a kind)
        self, kind: SlotType, text: str, focus: Focus, *, is_answer: bool = False
    ) -> JsonValue:
        """Return a slot's value as JSON, or None where the text holds none.

        `is_answer` says that the text answers the slot's question, so that a bare number or any words may be meant.
        """
        if kind not in {"email", "text"}:
            text = MAIL.sub(" ", text)  # `black.smith@example.com` names no colour
        found = entities(text)
        match kind:
            case "order_number":
                bare = found.bare_number if is_answer else None
                listed = _listed_order(text, found, focus) if is_answer else None
                return next(iter(found.order_numbers), bare or next(iter(named_orders(text, found)), listed))
            case "email":
                return next(iter(found.emails), None)
            case "address":
                parts = address_parts(text)
                return dict(parts) if "line1" in parts else None
            case "product":
                return next(iter(self.products(text, found, focus, is_one=True)), None)
            case "products":
                several = self.products(text, found, focus)
                return list(several[:3]) if len(several) > 1 else None
            case "size":
                lone = (_lone_size(text) or self._own_size(text)) if is_answer else None
                return next(iter(found.sizes), None) or lone
            case "colour":
                return _colour(text, found)
            case "wish":
                return wish(text) or (text.strip() if is_answer else None)
            case "earlier_wish":
                return focus.wish if self._is_remark(text) else None
            case "earlier_product":
                return focus.product_id
            case "quantity":
                return quantity(text, is_answer=is_answer)
            case "item" | "text":
                return text.strip() or None if is_answer else None
            case "yes_no":
                head = text.partition(",")[0]
                return True if is_yes(text) or is_yes(head) else False if is_no(text) or is_no(head) else None
            case "choice":
                return None
            case "preference":
                return text.strip() if statements(text) else None
            case _:
                assert_never(kind)

    def products(self, text: str, found: Entities, focus: Focus, *, is_one: bool = False) -> Sequence[ProductId]:
        """Return the products that a text points at: by place among those shown, by name, or by a word such as `it`.

        Where only one is looked for, such a word adds none to those that are named.
        """
        shown = focus.product_ids
        placed = [shown[place] for place in (_index(n, len(shown)) for n in found.ordinals) if place is not None]
        if len(focus.prices) == len(shown) > 1 and (CHEAPEST.search(text) or DEAREST.search(text)):
            wanted = min(focus.prices) if CHEAPEST.search(text) else max(focus.prices)
            placed = [shown[focus.prices.index(wanted)]]
        if several := SEVERAL.search(text):
            placed = list(shown[: 3 if several["count"] in {"three", "3"} else 2])
        named = self._search.named(text) or (() if placed else self._called(text, shown))
        if found.ordinals and not placed:
            return named
        pointed = [*placed, *(product for product in named if product not in placed)]
        if not POINTERS & set(words(text)) or (pointed and is_one):
            return pointed
        meant = (focus.product_id,) if focus.product_id else () if pointed else shown
        return [*meant, *(product for product in pointed if product not in meant)]

    def _own_size(self, text: str) -> str | None:
        """Return a size that only the catalogue knows, such as `4T`."""
        return None if LONE_SIZE.search(text) else self._search.understand(text).size

    def _called(self, text: str, shown: Sequence[ProductId]) -> Sequence[ProductId]:
        """Return the one of the products shown whose name a text says most of: `the embers one`, `the enamel mug`."""
        place = _said_most(text, [self._search.title_words(product) for product in shown])
        return () if place is None else [shown[place]]

    def _is_remark(self, text: str) -> bool:
        """Whether a text only changes an earlier wish: it names no kind of product of its own."""
        return self._search.understand(text).category is None and len(words(text)) <= MAX_REMARK


def named_orders(text: str, found: Entities | None = None, address: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the orders that a text names, in its order: by a number with its sign, or one that stands alone."""
    named = found or entities(text)
    loose = _loose_numbers(text, named, address_parts(text) if address is None else address)
    numbers = dict.fromkeys((*named.order_numbers, *loose))
    return tuple(sorted(numbers, key=text.upper().find))


def _loose_numbers(text: str, found: Entities, address: Mapping[str, str]) -> Sequence[str]:
    """Return the numbers that stand alone and count nothing else."""
    prices = [amount.minor for amount in (found.price_min, found.price_max, found.price_about) if amount]
    taken = " ".join((*found.postal_codes, *found.sizes, *found.tracking_ids, *address.values()))
    numbers = LOOSE_NUMBER.findall(text)
    return NUMBER_IS.findall(text) or [
        number for number in numbers if number not in taken and int(number) * 100 not in prices
    ]


@lru_cache(maxsize=512)
def address_parts(text: str) -> Mapping[str, str]:
    """Return the parts of a postal address that a text holds, by their names."""
    return MappingProxyType({name: str(part) for name, part in parse_address(text).items()})


def _lone_size(text: str) -> str | None:
    """Return the one small number of a text that is all about a size: `what about 9.5`."""
    numbers = LONE_SIZE.findall(text)
    return numbers[0] if len(numbers) == 1 else None


def _colour(text: str, found: Entities) -> str | None:
    """Return the colour wanted, in the customer's own word for it."""
    named = (match[0].lower() for match in COLOUR.finditer(text.lower()))
    return next((name for name in named if found.colours and set(found.colours) & set(colour_families(name))), None)


def wish(text: str) -> str | None:
    """Return what is looked for, without the words that lead up to it: `red sneakers in men's size 9`."""
    bare = LEAD_IN.sub("", text.strip()).strip(" ?.!,")
    bare = TAIL.sub("", bare).strip(" ?.!,")
    return None if not bare or NOTHING.fullmatch(bare) else bare


def _said_most(text: str, names: Sequence[Collection[str]]) -> int | None:
    """Return the place of the one name that a text says most words of; None where it says none, or several as much.

    What somebody does is no name: `how do I wash it`.
    """
    done = set(DONE.findall(normalise(text)))
    said = {stem(word) for word in words(text) if word not in STOP_WORDS and word not in done}
    counts = [sum(any(_is_alike(one, stem(word)) for one in said) for word in name) for name in names]
    most = max(counts, default=0)
    return counts.index(most) if most and counts.count(most) == 1 else None


def _is_alike(one: str, other: str) -> bool:
    """Whether two word stems are the same, or one only goes on: `hood`, `hoodie`."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) >= ALIKE and longer.startswith(shorter))


def _listed_order(text: str, found: Entities, focus: Focus) -> OrderNumber | None:
    """Return the one of the orders listed that a text points at: `the second one`, `the newest`."""
    if NEWEST & set(words(text)):
        return next(iter(focus.order_numbers), None)
    places = (_index(ordinal, len(focus.order_numbers)) for ordinal in found.ordinals if ordinal > 0)
    placed = next((focus.order_numbers[place] for place in places if place is not None), None)
    if placed or len(focus.order_titles) != len(focus.order_numbers):
        return placed
    place = _said_most(text, [words(title) for title in focus.order_titles])
    return None if place is None else focus.order_numbers[place]


def _index(ordinal: int, count: int) -> int | None:
    place = count + ordinal if ordinal < 0 else ordinal - 1
    return place if 0 <= place < count else None
