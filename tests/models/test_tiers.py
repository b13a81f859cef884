"""Which tier does which work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.models.tiers import CLASSES, TIERS, TaskClass, Tier, Work, ladder, next_tier, tier_of

ANY_CLASS = st.sampled_from(list(CLASSES))
ANY_NUMBER = st.floats() | st.sampled_from([0.0, 0.19, 0.2, 0.59, 0.6, 0.7, 0.85, 1.0])
ANY_TIER = st.sampled_from(TIERS)


def height(task_class: TaskClass, complexity: float, risk: float, at_least: Tier = "fast") -> int:
    work = Work(task_class=task_class, complexity=complexity, risk=risk, at_least=at_least)
    return TIERS.index(tier_of(work))


@given(ANY_CLASS, ANY_NUMBER, ANY_NUMBER, ANY_TIER)
def test_all_work_has_a_tier_and_none_below_the_one_it_needs(
    task_class: TaskClass, complexity: float, risk: float, at_least: Tier
) -> None:
    assert height(task_class, complexity, risk, at_least) >= TIERS.index(at_least)


@given(ANY_CLASS, ANY_NUMBER, ANY_NUMBER, ANY_NUMBER)
def test_harder_and_riskier_work_never_goes_lower(
    task_class: TaskClass, fixed: float, one: float, other: float
) -> None:
    if one <= other:
        assert height(task_class, one, fixed) <= height(task_class, other, fixed)
        assert height(task_class, fixed, one) <= height(task_class, fixed, other)


@pytest.mark.parametrize(
    ("work", "tier"),
    [
        (Work(task_class="support_reply"), "fast"),
        (Work(task_class="support_reply", complexity=0.6), "balanced"),
        (Work(task_class="support_reply", complexity=0.9), "power"),
        (Work(task_class="support_reply", risk=0.9), "balanced"),
        (Work(task_class="email_copy"), "balanced"),
        (Work(task_class="email_copy", complexity=0.1, risk=0.1), "fast"),
        (Work(task_class="planning"), "power"),
        (Work(task_class="planning", complexity=0.1, risk=0.1), "balanced"),
        (Work(task_class="planning", complexity=float("nan")), "power"),
        (Work(task_class="summary", at_least="balanced"), "balanced"),
    ],
)
def test_work_goes_where_its_class_says_unless_it_is_hard_risky_or_easy(work: Work, tier: Tier) -> None:
    assert tier_of(work) == tier


def test_a_tier_that_is_down_is_stepped_in_for_by_the_dearer_ones_first() -> None:
    assert ladder("fast") == ("fast", "balanced", "power")
    assert ladder("balanced") == ("balanced", "power", "fast")
    assert ladder("power") == ("power", "balanced", "fast")
    assert [next_tier(tier) for tier in TIERS] == ["balanced", "power", None]
