"""What a model's server may do wrong, over both wire formats: each time a clear error, in time, without the key."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from models.asking import PATIENT, REQUEST, SECRET, SHORT, chat_client, heard, messages_client
from models.model_server import (
    EVENT_STREAM,
    Reply,
    chat_chunk,
    chat_text,
    failure,
    message_event,
    message_start,
    message_text,
    model_server,
    text_block,
)

from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import BadAnswer, RateLimited, Rejected, Unavailable, WorldError
from shopfloor.models.connections import Connections
from shopfloor.models.contract import Model, ModelRequest, TextDelta
from shopfloor.models.endpoint import Deadlines, Endpoint
from shopfloor.models.openai_chat import OpenAiChat

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, kw_only=True)
class Format:
    """One of the wire formats."""

    client: Callable[[str, Connections, Deadlines], Model]
    good: Reply
    beginning: list[bytes]
    """A piece of text, after which anything may happen."""
    piece: Callable[[str], bytes]


CHAT = Format(
    client=chat_client,
    good=chat_text("fine"),
    beginning=[chat_chunk({"role": "assistant", "content": "Half"})],
    piece=lambda text: chat_chunk({"content": text}),
)
MESSAGES = Format(
    client=messages_client,
    good=message_text("fine"),
    beginning=[message_start(), *text_block("Half")[:-1]],
    piece=lambda text: message_event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
)


@pytest.fixture(params=[CHAT, MESSAGES], ids=["chat", "messages"])
def wire(request: pytest.FixtureRequest) -> Format:
    return request.param


async def failed(
    wire: Format, connections: Connections, reply: Reply, deadlines: Deadlines = PATIENT
) -> tuple[WorldError, str]:
    """Return the error that a reply leads to and the text before it; the next call is well."""
    text = ""
    async with model_server(reply, wire.good) as server:
        client = wire.client(server.url, connections, deadlines)
        with pytest.raises(WorldError) as caught:  # noqa: PT012  (the text before it matters)
            async for piece in client.stream(REQUEST):
                assert isinstance(piece, TextDelta)
                text += piece.text
        assert (await heard(wire.client(server.url, connections, PATIENT)))[0] == "fine"
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET[:12] not in str(caught.value)
    for error in (caught.value.__cause__, caught.value.__context__):
        assert SECRET not in repr(error)
    return caught.value, text


@pytest.mark.parametrize(
    ("status", "raised", "is_lasting", "said"),
    [
        (400, Rejected, False, "does not take this request"),
        (401, Rejected, True, "its key was not accepted"),
        (402, Rejected, True, "top the account up"),
        (403, Rejected, True, "its key was not accepted"),
        (404, Rejected, True, "check the model's name"),
        (413, Rejected, False, "does not take this request"),
        (302, Rejected, True, "check the provider's base_url"),
        (429, RateLimited, None, "asked too often"),
        (500, Unavailable, None, "failed with status 500"),
        (503, Unavailable, None, "failed with status 503"),
        (529, Unavailable, None, "failed with status 529"),
    ],
)
async def test_a_status_says_what_happened_and_whether_to_try_again(
    wire: Format, connections: Connections, status: int, raised: type[WorldError], is_lasting: bool | None, said: str
) -> None:
    reply = failure(status, {"type": "x", "message": f"Wrong: {SECRET[:9]}****{SECRET[-4:]}\n\x1b[31m"})
    error, _ = await failed(wire, connections, reply)
    assert type(error) is raised
    assert said in str(error)
    assert str(error).isprintable()
    assert getattr(error, "is_lasting", None) is is_lasting
    assert error.retryable is (raised is not Rejected)


@asynccontextmanager
async def connected(connections: Connections) -> AsyncIterator[Connections]:
    try:
        yield connections
    finally:
        await connections.close()


async def test_a_key_without_a_mark_that_a_server_repeats_is_not_passed_on(connections: Connections) -> None:
    reply = failure(400, {"message": "unknown caller plain-key-0123456789"})
    async with model_server(reply) as server:
        endpoint = Endpoint(
            provider="own", model="m", base_url=server.url, headers={"Authorization": "Bearer plain-key-0123456789"}
        )
        with pytest.raises(Rejected, match=r"unknown caller \[key\]"):
            await heard(OpenAiChat(endpoint, connections))


NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("Mon, 04 May 2026 09:31:00", 60.0),
        ("999999999", 3600.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
async def test_the_time_to_wait_is_read_in_seconds_or_as_a_date(wire: Format, said: str, seconds: float | None) -> None:
    async with connected(Connections(FixedClock(NOW))) as connections:
        error, _ = await failed(wire, connections, failure(429, {"message": "slow down"}, retry_after=said))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds


async def test_milliseconds_are_taken_where_they_are_told(connections: Connections) -> None:
    reply = failure(429, {"message": "slow"}, retry_after_ms="1500", retry_after="9")
    error, _ = await failed(CHAT, connections, reply)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 1.5


async def test_an_account_without_credit_is_not_asked_again(connections: Connections) -> None:
    reply = failure(429, {"message": "You exceeded your current quota", "code": "insufficient_quota"})
    error, _ = await failed(CHAT, connections, reply)
    assert isinstance(error, Rejected)
    assert error.is_lasting


async def test_a_server_that_is_not_there_is_unavailable(wire: Format, connections: Connections) -> None:
    async with model_server(wire.good) as server:
        url = server.url
    with pytest.raises(Unavailable, match=r"no connection to 127\.0\.0\.1:.*base_url"):
        await heard(wire.client(url, connections, PATIENT))
    with pytest.raises(Unavailable, match="base_url"):
        await heard(wire.client("nonsense", connections, PATIENT))


async def test_a_page_is_no_model(wire: Format, connections: Connections) -> None:
    page = Reply(headers={"content-type": "text/html; charset=utf-8"}, pieces=[b"<html>Sign in</html>"])
    error, _ = await failed(wire, connections, page)
    assert isinstance(error, Rejected)
    assert "base_url" in str(error)


async def test_a_name_without_an_address_is_unavailable(wire: Format, connections: Connections) -> None:
    with pytest.raises(Unavailable, match="leads to no address"):
        await heard(wire.client("http://models.invalid/v1", connections, PATIENT))


async def test_a_cut_stream_is_an_error_after_the_text_that_came(wire: Format, connections: Connections) -> None:
    error, text = await failed(wire, connections, Reply(pieces=wire.beginning, ending="cut"))
    assert type(error) is Unavailable
    assert "cut off" in str(error)
    assert text == "Half"


async def test_a_stream_that_ends_too_early_is_cut_too(wire: Format, connections: Connections) -> None:
    error, text = await failed(wire, connections, Reply(pieces=wire.beginning))
    assert "cut off" in str(error)
    assert text == "Half"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"data: {no json}\n\n",
        b"data: [1]\n\n",
        b"data: \xff\xfe\n\n",
        b'data: {"a": "\n\n',
        b"data: " + b"[" * 9999 + b"\n\n",
    ],
)
async def test_malformed_json_is_a_bad_answer(wire: Format, connections: Connections, nonsense: bytes) -> None:
    error, text = await failed(wire, connections, Reply(pieces=[*wire.beginning, nonsense]))
    assert type(error) is BadAnswer
    assert text in {"", "Half"}, "what came together with it may be held back"


async def test_what_is_no_stream_of_events_is_no_answer(wire: Format, connections: Connections) -> None:
    error, text = await failed(wire, connections, Reply(pieces=[b"<html>\n<p>Busy</p>\n\n", b"\0\r\r\n:::\n"]))
    assert isinstance(error, Unavailable)
    assert text == ""


async def test_silence_before_the_answer_ends_at_the_deadline(wire: Format, connections: Connections) -> None:
    error, _ = await failed(wire, connections, Reply(raw=True, ending="silent"), SHORT)
    assert "nothing was answered within 0.2 s" in str(error)


async def test_silence_after_the_head_ends_at_the_deadline(wire: Format, connections: Connections) -> None:
    error, _ = await failed(wire, connections, Reply(ending="silent"), SHORT)
    assert "silent for 0.2 s" in str(error)


async def test_silence_within_the_answer_ends_at_the_deadline(wire: Format, connections: Connections) -> None:
    error, text = await failed(wire, connections, Reply(pieces=wire.beginning, ending="silent"), SHORT)
    assert "silent for 0.2 s" in str(error)
    assert text == "Half"


async def test_a_head_that_trickles_ends_at_the_deadline(wire: Format, connections: Connections) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"x-%d: y\r\n" % number for number in range(20))
    reply = Reply(raw=True, pieces=[head[n : n + 1] for n in range(len(head))], ending="silent")
    error, _ = await failed(wire, connections, reply, SHORT)
    assert "nothing was answered within 0.2 s" in str(error)


async def test_a_whole_answer_has_a_deadline_however_steadily_it_drips(wire: Format, connections: Connections) -> None:
    drops = [*wire.beginning, *(wire.piece("a") for _ in range(200_000))]
    deadlines = Deadlines(first_byte_s=5, between_s=5, whole_s=0.3)
    error, text = await failed(wire, connections, Reply(pieces=drops, ending="silent"), deadlines)
    assert "longer than 0.3 s" in str(error)
    assert text.startswith("Half")


async def test_ten_megabytes_of_text_are_cut_at_one(wire: Format, connections: Connections) -> None:
    flood = [*wire.beginning, *(wire.piece("x" * 100_000) for _ in range(100))]
    error, text = await failed(wire, connections, Reply(pieces=flood))
    assert type(error) is BadAnswer
    assert "longer than 1,000,000 letters" in str(error)
    assert len(text) <= 1_000_000


async def test_a_line_without_an_end_is_cut_at_one_megabyte(wire: Format, connections: Connections) -> None:
    flood = [*wire.beginning, b"data: ", *(b"x" * 100_000 for _ in range(100))]
    error, _ = await failed(wire, connections, Reply(pieces=flood))
    assert type(error) is BadAnswer
    assert "more than 1,000,000 bytes" in str(error)


async def test_packed_data_is_not_unpacked(wire: Format, connections: Connections) -> None:
    headers = {"content-encoding": "gzip", "content-type": EVENT_STREAM}
    error, _ = await failed(wire, connections, Reply(headers=headers, pieces=[b"\x1f\x8b\x08" * 99]))
    assert isinstance(error, Unavailable)


async def test_a_head_that_is_none_is_unavailable_and_does_not_hold_the_key(
    wire: Format, connections: Connections
) -> None:
    error, _ = await failed(wire, connections, Reply(raw=True, pieces=[b"SSH-2.0-x\r\n\r\n"], ending="cut"))
    assert isinstance(error, Unavailable)


async def test_a_head_without_end_is_unavailable(wire: Format, connections: Connections) -> None:
    head = b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000
    error, _ = await failed(wire, connections, Reply(raw=True, pieces=[head], ending="silent"), SHORT)
    assert isinstance(error, Unavailable)


async def test_a_cancelled_call_ends_its_connection_and_stays_cancelled(wire: Format, connections: Connections) -> None:
    began = asyncio.Event()

    async def listen(client: Model, request: ModelRequest) -> None:
        async for _ in client.stream(request):
            began.set()

    async with model_server(Reply(pieces=wire.beginning, ending="silent")) as server:
        task = asyncio.create_task(listen(wire.client(server.url, connections, PATIENT), REQUEST))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.hung_up.wait()


async def test_no_key_is_shown_by_a_client_or_its_endpoint(wire: Format, connections: Connections) -> None:
    client = wire.client("http://127.0.0.1:1", connections, PATIENT)
    shown = repr(client) + repr(vars(client)["_endpoint"])
    assert SECRET not in shown


async def test_connections_that_were_closed_open_again_with_the_next_call(
    wire: Format, connections: Connections
) -> None:
    async with model_server(wire.good) as server:
        client = wire.client(server.url, connections, PATIENT)
        await heard(client)
        await connections.close()
        await heard(client)
    await connections.close()
    await connections.close()
