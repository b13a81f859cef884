"""What a planner knows of shops before it has read a card: what is no shop's business, and what shops sell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from shopfloor.kernel.yaml_files import read_shipped
from shopfloor.language.languages import Language
from shopfloor.language.text import stem, words
from shopfloor.topics.topics import Topics, shipped_topics


def shipped_not_ours(language: Language) -> Sequence[str]:
    """Return messages in a language other than English that are no shop's business."""
    return tuple(map(str, cast(list[object], _read(f"not_ours.{language}.yaml"))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Background:
    """What every shop's planner knows."""

    not_ours: tuple[str, ...] = ()
    """Messages that are no shop's business."""
    goods: frozenset[str] = frozenset()
    """Stems of words for goods, of whatever shop: customers ask for what is not in the catalogue too."""
    topics: Topics | None = None
    """What people write about."""
    not_ours_in: Callable[[Language], Sequence[str]] = shipped_not_ours
    """The same in another language; asked for once a message in it comes."""


def shipped_background() -> Background:
    """Return the background that comes with the package."""
    not_ours = tuple(map(str, cast(list[object], _read("not_ours.yaml"))))
    return Background(not_ours=not_ours, goods=shipped_goods(), topics=shipped_topics())


def shipped_goods() -> frozenset[str]:
    """Return the stems of the words for goods that come with the package."""
    goods = cast(Mapping[str, str], _read("goods.yaml"))
    return frozenset(stem(word) for listed in goods.values() for word in words(listed) if len(word) > 2)


def _read(name: str) -> object:
    return read_shipped("shopfloor.planning", name)
