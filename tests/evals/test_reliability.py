"""How sure the planner was, and how often it was right then."""

import xml.etree.ElementTree as ET

from shopfloor.evals.figures import Judged
from shopfloor.evals.reliability import believed, bins, diagram
from shopfloor.evals.rows import Row, Said


def row(name: str, *, is_right: bool) -> Judged:
    said = (Said(role="user", content=name),)
    expected = Row(id=name, source="ours", kind="single", messages=said, expected_agents=("order_management",))
    return Judged(expected, frozenset({"order_management" if is_right else "product_expert"}))


SURE = [row(f"sure{number}", is_right=True) for number in range(9)]
UNSURE = [row("a", is_right=True), row("b", is_right=False)]
CONFIDENCES = {**{one.row.id: 1.0 for one in SURE}, "a": 0.42, "b": 0.44}


def test_plans_are_counted_by_how_sure_they_were_and_the_surest_among_the_last() -> None:
    found = bins([*SURE, *UNSURE], CONFIDENCES)
    assert [(one.low, one.of, one.right) for one in found] == [(0.4, 2, 0.5), (0.9, 9, 1.0)]
    assert found[0].confidence == 0.43


def test_a_planner_is_believed_down_to_the_last_plan_before_too_many_are_wrong() -> None:
    sure = believed([*SURE, *UNSURE], CONFIDENCES)
    assert sure is not None
    assert (sure.confidence, sure.wrong) == (1.0, 0.0)
    generous = believed([*SURE, *UNSURE], CONFIDENCES, allowed=0.1)
    assert generous is not None
    assert (generous.confidence, generous.share) == (0.42, 1.0)
    assert believed(UNSURE[1:], CONFIDENCES) is None


def test_equally_sure_plans_are_believed_together_or_not_at_all() -> None:
    same = dict.fromkeys(CONFIDENCES, 0.8)
    assert believed([*SURE, *UNSURE], same) is None


def test_the_diagram_is_a_picture_with_a_dot_for_each_bin_that_has_messages() -> None:
    picture = ET.fromstring(diagram(bins([*SURE, *UNSURE], CONFIDENCES)))  # noqa: S314  (our own)
    dots = picture.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(dots) == 2
    assert ET.fromstring(diagram([])).tag.endswith("svg")  # noqa: S314  (our own)
