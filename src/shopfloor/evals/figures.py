"""How well messages were routed: shares of rows, each with the number of rows behind it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shopfloor.evals.rows import Row

GENERAL, PERSON, REFUSED = "general_support", "human_transfer", "refuse"
NEUTRAL = frozenset({GENERAL, REFUSED, "out_of_scope"})
"""What sends nobody to a specialist."""
AGENTS = (
    "product_expert", "general_support", "order_management", "return_management", "product_upsell", "lead_generation",
    "human_transfer",
)  # fmt: skip
COMPOSED = "composed"
"""How the sources of messages begin that were put together of several."""
FEW = 10
"""Rows of one label that tell enough to be shown alone."""
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Judged:
    """A row beside what was found for it."""

    row: Row
    found: frozenset[str]

    @property
    def is_strict(self) -> bool:
        """Whether exactly the expected agents were found."""
        return self.found == self.row.expected

    @property
    def is_lenient(self) -> bool:
        """Whether the expected agents, or a set that is accepted too, were found."""
        return self.is_strict or any(self.found == frozenset(one) for one in self.row.accept)

    @property
    def is_neutral(self) -> bool:
        """Whether no specialist was found."""
        return self.found <= NEUTRAL

    @property
    def is_passed_on(self) -> bool:
        """Whether a person was found."""
        return PERSON in self.found

    @property
    def is_right(self) -> bool:
        """Whether it is right as its kind is judged: no specialist for what is not ours, a person where one is due."""
        by_kind = {"oos": self.is_neutral, "escalation": self.is_passed_on}
        return by_kind.get(self.row.kind, self.is_strict)

    @property
    def is_right_leniently(self) -> bool:
        """Whether it is right as its kind is judged, or accepted."""
        return self.is_right or self.is_lenient


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """Return the share from 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Fit:
    """How well found agents fit the expected ones."""

    hits: int
    too_many: int
    missed: int

    @property
    def precision(self) -> float:
        """Return the share of what was found that was expected."""
        return _over(self.hits, self.hits + self.too_many)

    @property
    def recall(self) -> float:
        """Return the share of what was expected that was found."""
        return _over(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        return _over(2 * self.precision * self.recall, self.precision + self.recall)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """All that is told of an evaluation."""

    count: int
    shares: Mapping[str, Share]
    """By name; the order is that in which they are told."""
    single_by_agent: Mapping[str, Share]
    person_by_label: Mapping[str, Share]
    lenient_by_source: Mapping[str, Share]
    """Of messages with one wish."""
    multi: Fit
    by_agent: Mapping[str, Fit]

    @property
    def single_macro_recall(self) -> float:
        """Return the mean of the agents' recalls over messages with one wish, each rounded to four digits."""
        values = [round(share.value or 0.0, 4) for share in self.single_by_agent.values()]
        return sum(values) / max(1, len(values))

    @property
    def agent_macro_f1(self) -> float:
        """Return the mean of the agents' F1, each rounded to three digits."""
        return sum(round(fit.f1, 3) for fit in self.by_agent.values()) / len(self.by_agent)


def judged(rows: Sequence[Row], found: Mapping[str, frozenset[str]]) -> list[Judged]:
    """Put each row beside the agents that were found for it; none where it is missing."""
    return [Judged(row, found.get(row.id, frozenset())) for row in rows]


def figures(all_: Sequence[Judged]) -> Figures:
    """Return the figures of judged rows."""
    kinds = {
        kind: [one for one in all_ if one.row.kind == kind]
        for kind in ("single", "multi", "oos", "escalation", "context")
    }
    single, multi = kinds["single"], kinds["multi"]
    labels = {label: rows for label, rows in _grouped(kinds["escalation"], _label).items() if len(rows) >= FEW}
    return Figures(
        count=len(all_),
        shares=_shares(all_, kinds),
        single_by_agent=_by(single, lambda one: one.row.expected_agents[0], lambda one: one.is_strict),
        person_by_label={label: _share(rows, lambda one: one.is_passed_on) for label, rows in labels.items()},
        lenient_by_source=_by(single, lambda one: one.row.source, lambda one: one.is_lenient),
        multi=_fit((agent, one) for one in multi for agent in one.found | one.row.expected),
        by_agent={agent: _fit((agent, one) for one in all_) for agent in AGENTS},
    )


def _shares(all_: Sequence[Judged], kinds: Mapping[str, Sequence[Judged]]) -> dict[str, Share]:
    single, multi = kinds["single"], kinds["multi"]
    general = [one for one in single if one.row.expected == frozenset({GENERAL})]
    ours = [one for one in (*single, *kinds["context"]) if _is_for_a_specialist(one.row)]
    due = [one for one in all_ if PERSON in one.row.expected]
    undue = [one for one in all_ if PERSON not in one.row.expected and not any(PERSON in s for s in one.row.accept)]
    joined = [one for one in multi if one.row.source.startswith(COMPOSED)]
    written = [one for one in multi if not one.row.source.startswith(COMPOSED)]
    return {
        "single, strict": _share(single, lambda one: one.is_strict),
        "single, lenient": _share(single, lambda one: one.is_lenient),
        "context, strict": _share(kinds["context"], lambda one: one.is_strict),
        "multi, exact": _share(multi, lambda one: one.is_strict),
        "multi, exact, lenient": _share(multi, lambda one: one.is_lenient),
        "multi, composed, lenient": _share(joined, lambda one: one.is_lenient),
        "multi, as written, lenient": _share(written, lambda one: one.is_lenient),
        "out of scope": _share(kinds["oos"], lambda one: one.is_neutral),
        "in scope, wrongly refused": _share(ours, lambda one: one.is_neutral),
        "general support, called not ours": _share(general, lambda one: one.found == frozenset({REFUSED})),
        "human recall": _share(kinds["escalation"], lambda one: one.is_passed_on),
        "human recall, multi too": _share(due, lambda one: one.is_passed_on),
        "false transfer": _share(undue, lambda one: one.is_passed_on),
    }


def by_source(all_: Sequence[Judged]) -> dict[tuple[str, str], tuple[Share, Share]]:
    """Return, by source and kind, how many rows are right, strictly and leniently; HINT3's real chats come first."""
    groups = _grouped(all_, lambda one: (one.row.source, one.row.kind))
    order = sorted(groups, key=lambda key: (not key[0].startswith("hint3"), key[0].startswith(COMPOSED), key))
    return {
        key: (_share(groups[key], lambda one: one.is_right), _share(groups[key], lambda one: one.is_right_leniently))
        for key in order
    }


def to_json(found: Figures) -> dict[str, object]:
    """Return the figures as plain values: shares with four digits, None of nothing."""
    return {
        "n": found.count,
        **{name: _rounded(share) for name, share in found.shares.items()},
        "multi, precision": round(found.multi.precision, 4),
        "multi, recall": round(found.multi.recall, 4),
        "multi, F1": round(found.multi.f1, 4),
        "single, macro recall": round(found.single_macro_recall, 4),
        "agents, macro F1": round(found.agent_macro_f1, 4),
        "single, recall by agent": {name: [_rounded(one), one.of] for name, one in found.single_by_agent.items()},
        "human recall by label": {name: [_rounded(one), one.of] for name, one in found.person_by_label.items()},
        "single, lenient by source": {name: [_rounded(one), one.of] for name, one in found.lenient_by_source.items()},
        "agents, precision, recall, F1": {
            name: [round(value, 3) for value in (fit.precision, fit.recall, fit.f1)]
            for name, fit in found.by_agent.items()
        },
    }


def _is_for_a_specialist(row: Row) -> bool:
    return row.expected != frozenset({GENERAL}) and not any(frozenset(one) <= NEUTRAL for one in row.accept)


def _label(one: Judged) -> str:
    return f"{one.row.source}/{one.row.label[:24]}"


def _grouped(rows: Iterable[Judged], key: Callable[[Judged], K]) -> dict[K, list[Judged]]:
    groups: dict[K, list[Judged]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _by(rows: Iterable[Judged], key: Callable[[Judged], str], is_hit: Callable[[Judged], bool]) -> dict[str, Share]:
    return {name: _share(group, is_hit) for name, group in sorted(_grouped(rows, key).items())}


def _share(rows: Sequence[Judged], is_hit: Callable[[Judged], bool]) -> Share:
    return Share(sum(map(is_hit, rows)), len(rows))


def _fit(pairs: Iterable[tuple[str, Judged]]) -> Fit:
    hits = too_many = missed = 0
    for agent, one in pairs:
        is_found, is_expected = agent in one.found, agent in one.row.expected
        hits += is_found and is_expected
        too_many += is_found and not is_expected
        missed += is_expected and not is_found
    return Fit(hits, too_many, missed)


def _over(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _rounded(share: Share) -> float | None:
    return None if share.value is None else round(share.value, 4)
