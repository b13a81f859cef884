"""How far a plan's confidence can be believed: how often plans were right by how sure the planner was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopfloor.evals.figures import Judged

BINS = 10
"""Of equal width, from 0 to 1."""
ALLOWED = 0.03
"""The share of wrong plans up to which a planner may be believed without a model."""
SIZE, MARGIN = 360, 60
"""Of the diagram, in pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Messages whose plans were about as sure."""

    low: float
    high: float
    of: int
    confidence: float
    """On average."""
    right: float
    """The share that was right or accepted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Believed:
    """From which confidence on plans are wrong in no more than a share of messages."""

    confidence: float
    share: float
    """Of all messages, those that sure."""
    wrong: float


def bins(all_: Sequence[Judged], confidences: Mapping[str, float]) -> list[Bin]:
    """Return the bins that have messages, from the least sure on."""
    found: list[Bin] = []
    for place in range(BINS):
        low, high = place / BINS, (place + 1) / BINS
        own = [
            one
            for one in all_
            if one.row.id in confidences
            and low <= confidences[one.row.id]
            and (confidences[one.row.id] < high or place == BINS - 1)
        ]
        if own:
            sure = sum(confidences[one.row.id] for one in own) / len(own)
            right = sum(one.is_right_leniently for one in own) / len(own)
            found.append(Bin(low=low, high=high, of=len(own), confidence=sure, right=right))
    return found


def believed(all_: Sequence[Judged], confidences: Mapping[str, float], allowed: float = ALLOWED) -> Believed | None:
    """Return the lowest confidence from which on no more than a share of plans is wrong; None where there is none."""
    known = sorted(
        ((confidences[one.row.id], one.is_right_leniently) for one in all_ if one.row.id in confidences), reverse=True
    )
    best: Believed | None = None
    wrong = 0
    for count, (confidence, is_right) in enumerate(known, 1):
        wrong += not is_right
        is_last_of_its_kind = count == len(known) or known[count][0] < confidence
        if is_last_of_its_kind and wrong <= allowed * count:
            best = Believed(confidence=confidence, share=count / len(known), wrong=wrong / count)
    return best


def diagram(found: Sequence[Bin]) -> str:
    """Return the bins as an SVG picture: how sure across, how often right upwards, the dots as large as their share.

    A bin of one message tells nothing and is left out.
    """
    found = [one for one in found if one.of > 1]
    count = sum(one.of for one in found) or 1
    side = SIZE - 2 * MARGIN

    def x(value: float) -> float:
        return MARGIN + value * side

    def y(value: float) -> float:
        return SIZE - MARGIN - value * side

    ticks = "".join(
        f'<text x="{x(tick):.0f}" y="{SIZE - MARGIN + 18}" text-anchor="middle">{tick:g}</text>'
        f'<text x="{MARGIN - 8}" y="{y(tick) + 4:.0f}" text-anchor="end">{tick:g}</text>'
        for tick in (0, 0.25, 0.5, 0.75, 1)
    )
    line = " ".join(f"{x(one.confidence):.1f},{y(one.right):.1f}" for one in found)
    dots = "".join(
        f'<circle cx="{x(one.confidence):.1f}" cy="{y(one.right):.1f}" r="{3 + 22 * (one.of / count) ** 0.5:.1f}">'
        f"<title>{one.low:.1f} to {one.high:.1f}: {one.right:.1%} of {one.of:,} right</title></circle>"
        for one in found
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#333">'
        f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/>'
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" fill="none" stroke="#999"/>'
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#bbb" stroke-dasharray="4 4"/>{ticks}'
        f'<polyline points="{line}" fill="none" stroke="#1f6f8b" stroke-width="2"/>'
        f'<g fill="#1f6f8b" fill-opacity="0.35">{dots}</g>'
        f'<text x="{SIZE / 2:.0f}" y="{SIZE - 8}" text-anchor="middle">how sure the planner was</text>'
        f'<text transform="translate(16 {SIZE / 2:.0f}) rotate(-90)" text-anchor="middle">how often it was right</text>'
        "</svg>\n"
    )
