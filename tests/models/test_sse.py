"""The reader of server-sent events: the same events however the bytes are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopfloor.kernel.errors import BadAnswer
from shopfloor.models.sse import ServerSentEvent, SseReader

ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
LINES = st.sampled_from(
    [b"data: a", b"data:b", b"data", b"data:  c", b"event: ping", b": comment", b"id: 7", b"retry: 1", b"", b"", b"x:y"]
)
STREAMS = st.lists(st.tuples(LINES | st.binary(max_size=5).map(lambda b: b.translate(None, b"\r\n")), ENDS))


def events_of(stream: bytes, cuts: list[int]) -> list[ServerSentEvent]:
    reader = SseReader()
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(places)]
    return [event for piece in pieces for event in reader.feed(piece)]


@given(STREAMS, st.booleans(), st.lists(st.integers(min_value=0), max_size=20))
def test_a_stream_gives_the_same_events_however_it_is_cut(
    lines: list[tuple[bytes, bytes]], has_mark: bool, cuts: list[int]
) -> None:
    stream = (b"\xef\xbb\xbf" if has_mark else b"") + b"".join(line + end for line, end in lines)
    whole = events_of(stream, [])
    assert events_of(stream, cuts) == whole
    assert events_of(stream, list(range(len(stream)))) == whole


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [(b"", b"a")]),
        (b"event: ping\ndata: {}\n\n", [(b"ping", b"{}")]),
        (b"data: a\ndata: b\n\n", [(b"", b"a\nb")]),
        (b"event: only a name\n\ndata: b\n\n", [(b"", b"b")]),
        (b"data\n\n", [(b"", b"")]),
        (b"data: no end", []),
        (b"\xef\xbb\xbfdata: a\r\n\r\n", [(b"", b"a")]),
        (b"data: a\r\rdata: b\r\r", [(b"", b"a"), (b"", b"b")]),
        (b"data: \xe2\x80\xa8x\n\n", [(b"", b"\xe2\x80\xa8x")]),
    ],
)
def test_events_are_read_as_the_standard_says(stream: bytes, events: list[tuple[bytes, bytes]]) -> None:
    assert events_of(stream, []) == events


@pytest.mark.parametrize("piece", [b"x", b"data: xxxx\n", b"event: xxxxxxxxxxxxxxxx\n", b"data: x"])
def test_an_event_without_end_does_not_eat_memory(piece: bytes) -> None:
    reader = SseReader(max_event_bytes=10)

    def feed_on() -> None:
        for _ in range(20):
            reader.feed(piece)

    with pytest.raises(BadAnswer, match="more than 10 bytes"):
        feed_on()
