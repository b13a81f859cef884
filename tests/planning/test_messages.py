"""Single messages as customers write them: the planner finds what each asks for."""

import pytest
from planning.demo_planner import CARDS, examples, plan, request, skills

pytestmark = pytest.mark.anyio
WRITTEN = examples("messages.yaml")
UNSEEN = examples("unseen.yaml")
ENOUGH = 0.75
"""The share of unseen messages that must be planned right."""


@pytest.mark.parametrize(("says", "wanted"), WRITTEN, ids=[says[:60] for says, _ in WRITTEN])
async def test_a_message_is_planned_for_the_skills_that_it_asks_for(says: str, wanted: list[str]) -> None:
    assert skills(await plan(request(says))) == wanted


async def test_three_of_four_messages_that_were_not_tuned_for_are_planned_right() -> None:
    wrong = {says: found for says, wanted in UNSEEN if (found := skills(await plan(request(says)))) != wanted}
    assert len(UNSEEN) - len(wrong) >= ENOUGH * len(UNSEEN), wrong


def test_no_message_is_an_example_of_a_card() -> None:
    written = {text.lower() for card in CARDS for skill in card.skills for text in skill.examples}
    assert [says for says, _ in (*WRITTEN, *UNSEEN) if says.lower() in written] == []
