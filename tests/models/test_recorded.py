"""Recordings: a conversation that was had once with a key is had again without one."""

from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread
from models.asking import REQUEST, SECRET, chat_client, heard, pieces_of
from models.model_server import chat_text, model_server
from models.test_output_schema import Plan

from shopfloor.kernel.errors import InvalidInput, NotFound, StorageError, Unavailable
from shopfloor.models.connections import Connections
from shopfloor.models.contract import ModelMessage, ToolRequest, ToolSpec
from shopfloor.models.output_schema import output_schema
from shopfloor.models.recorded import Recorded, Replayed, digest_of
from shopfloor.models.scripted import ScriptedModel, calling

pytestmark = pytest.mark.anyio


async def replayed(path: Path) -> Replayed:
    return await to_thread.run_sync(Replayed, path)


async def test_a_recorded_answer_is_given_again_piece_by_piece_without_a_server(
    connections: Connections, tmp_path: Path
) -> None:
    path = tmp_path / "talk.jsonl"
    async with model_server(chat_text("Hel", "lo")) as server:
        first = await pieces_of(Recorded(chat_client(server.url, connections), path))
    assert await pieces_of(await replayed(path)) == first
    written = await to_thread.run_sync(path.read_text)
    assert SECRET not in written
    assert REQUEST.messages[0].content not in written.replace("Hello", ""), "the request itself is not in it"


async def test_the_same_request_gives_its_answers_in_turn_and_then_the_last(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    asks = calling(ToolRequest(id="c", name="one", arguments={"n": 1}))
    recorded = Recorded(ScriptedModel(["one", Unavailable("away"), asks]), path)
    assert (await heard(recorded))[0] == "one"
    with pytest.raises(Unavailable):
        await heard(recorded)
    await heard(recorded)
    again = await replayed(path)
    assert (await heard(again))[0] == "one"
    for _ in range(2):
        assert (await heard(again))[1].tool_requests[0].arguments == {"n": 1}


async def test_a_request_that_was_not_recorded_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    await heard(Recorded(ScriptedModel(["one"]), path))
    other = replace(REQUEST, messages=(ModelMessage(role="user", content="My card is 4111"),))
    again = await replayed(path)
    with pytest.raises(NotFound, match="record it anew") as missing:
        await heard(again, other)
    assert "4111" not in str(missing.value)


def test_everything_that_is_sent_counts_for_the_digest() -> None:
    others = [
        replace(REQUEST, system="Other."),
        replace(REQUEST, situation="Monday."),
        replace(REQUEST, messages=(*REQUEST.messages, ModelMessage(role="user", content="So?"))),
        replace(REQUEST, tools=(ToolSpec(name="t", description="", parameters={}),)),
        replace(REQUEST, output=output_schema(Plan)),
        replace(REQUEST, temperature=0.0),
        replace(REQUEST, max_output_tokens=5),
        replace(REQUEST, cache_key="k"),
    ]
    assert len({digest_of(request) for request in [REQUEST, *others]}) == 1 + len(others)


async def test_what_is_no_recording_is_refused_and_a_full_disk_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    await to_thread.run_sync(broken.write_text, '{"request": "x"}\n')
    with pytest.raises(InvalidInput, match="no recording"):
        await replayed(broken)
    with pytest.raises(InvalidInput, match="cannot be read"):
        await replayed(tmp_path / "missing.jsonl")
    with pytest.raises(StorageError, match="cannot be written"):
        await heard(Recorded(ScriptedModel(["one"]), tmp_path / "no" / "folder.jsonl"))
