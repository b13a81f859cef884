"""What the terminal shows of a turn as it goes, line by line."""

import pytest

from shopfloor.cli.output import Output
from shopfloor.conversation.live import Released
from shopfloor.kernel.ids import AgentId, MessageId


def said(text: str) -> Released:
    return Released(message_id=MessageId("m"), task_id="t1", agent=AgentId("a"), agent_name="A", text=text)


def test_a_sentence_goes_on_in_its_line_and_a_paragraph_begins_after_an_empty_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(as_json=False)
    for text in ("It shipped.", " It comes [soon].", "\n\nAnything else?", " Ask away."):
        output.hear(said(text))
    output.end_line()
    assert capsys.readouterr().out == "It shipped. It comes [soon].\n\nAnything else? Ask away.\n"


def test_whatever_comes_after_a_sentence_begins_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(as_json=False)
    output.hear(said("It shipped."))
    output.progress("Looking...")
    output.hear(said(" It comes soon."))
    output.prompt()
    shown = capsys.readouterr()
    assert shown.out == "It shipped.\nIt comes soon.\n> "
    assert shown.err == "Looking...\n"
