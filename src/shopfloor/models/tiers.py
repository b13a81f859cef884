"""Which tier of models does which work: by its class, and by how hard and how risky it is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tier = Literal["fast", "balanced", "power"]
TIERS: tuple[Tier, ...] = ("fast", "balanced", "power")
"""In rising order of ability and price."""

TaskClass = Literal[
    "support_reply",
    "extraction",
    "classification",
    "reranking",
    "summary",
    "email_copy",
    "ad_analysis",
    "recommendation",
    "orchestration",
    "planning",
    "financial_modelling",
]
CLASSES: Mapping[TaskClass, Tier] = {
    "support_reply": "fast",
    "extraction": "fast",
    "classification": "fast",
    "reranking": "fast",
    "summary": "fast",
    "email_copy": "balanced",
    "ad_analysis": "balanced",
    "recommendation": "balanced",
    "orchestration": "power",
    "planning": "power",
    "financial_modelling": "power",
}
"""Where each class of work is done, unless the settings say otherwise."""

EASY = 0.2
"""Below this in both, work goes one tier down."""
HARD = 0.6
"""From this complexity on, work goes one tier up."""
VERY_HARD = 0.85
"""From this complexity on, work goes two tiers up."""
RISKY = 0.7
"""From this risk on, work goes one tier up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a model is needed for."""

    task_class: TaskClass
    complexity: float = 0.5
    """From 0 to 1, as the planner judges it; what lies beyond, or is no number, is taken for the nearest or for 1."""
    risk: float = 0.5
    """From 0 to 1: how bad it would be to be wrong."""
    at_least: Tier = "fast"
    """The lowest tier that may do it, after a check of a lower one's answer failed."""


def tier_of(work: Work, classes: Mapping[TaskClass, Tier] = CLASSES) -> Tier:
    """Return the tier for work; harder or riskier work never goes to a lower tier than easier work of its class."""
    complexity, risk = _between_0_and_1(work.complexity), _between_0_and_1(work.risk)
    place = TIERS.index(classes.get(work.task_class, CLASSES[work.task_class]))
    place += (complexity >= HARD) + (complexity >= VERY_HARD) + (risk >= RISKY)
    place -= complexity < EASY and risk < EASY
    return TIERS[min(max(place, TIERS.index(work.at_least)), len(TIERS) - 1)]


def next_tier(tier: Tier) -> Tier | None:
    """Return the tier above; None for the highest."""
    place = TIERS.index(tier) + 1
    return TIERS[place] if place < len(TIERS) else None


def ladder(tier: Tier) -> tuple[Tier, ...]:
    """Return a tier and those that step in where it is down: first the dearer ones, so that quality holds."""
    place = TIERS.index(tier)
    return (*TIERS[place:], *reversed(TIERS[:place]))


def _between_0_and_1(number: float) -> float:
    return 1.0 if math.isnan(number) else min(max(number, 0.0), 1.0)
