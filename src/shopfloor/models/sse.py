"""Reads server-sent events out of bytes, however they are cut: the one reader of both wire formats.

It works on whole chunks, since each token passes here: what arrived is split into lines once, and a line that is not
whole waits for the rest of it.
"""

from typing import NamedTuple

from shopfloor.kernel.errors import BadAnswer

MAX_EVENT_BYTES = 1_000_000
"""What one event, or a line that does not end, may hold."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event of a stream."""

    name: bytes
    """Empty where it has none."""
    data: bytes
    """Its data lines, joined by line ends."""


class SseReader:
    """Holds the state between two chunks of a stream: the line and the event that are under way."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """Take how much one event may hold."""
        self._max = max_event_bytes
        self._line = bytearray()
        self._is_after_cr = False
        self._is_first = True
        self._name = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that a chunk completes.

        Raises:
            BadAnswer: an event holds more than it may.
        """
        if self._is_after_cr and chunk[:1] == b"\n":
            chunk = chunk[1:]  # its line ended with the chunk before
            self._is_after_cr = False
        if not chunk:
            return []
        self._is_after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()
        if self._line:
            lines[0] = self._waiting(chunk) + lines[0]
        if self._is_first:
            lines[0] = self._without_mark(lines[0])
        events: list[ServerSentEvent] = []
        if not chunk.endswith((b"\n", b"\r")):
            self._line += lines.pop()
            self._check(len(self._line))
        for line in lines:
            self._take(line, events)
        return events

    def _waiting(self, chunk: bytes) -> bytes:
        """Return the line that waits; where the chunk does not end it, nothing, and it goes on waiting."""
        if b"\n" not in chunk and b"\r" not in chunk:
            return b""  # it is added to the line in place, or many small chunks would copy it again and again
        waiting = bytes(self._line)
        self._line.clear()
        return waiting

    def _without_mark(self, line: bytes) -> bytes:
        whole = bytes(self._line) + line
        self._is_first = len(whole) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(whole)
        if not whole.startswith(BYTE_ORDER_MARK):
            return line
        self._line.clear()
        return whole[len(BYTE_ORDER_MARK) :]

    def _take(self, line: bytes, events: list[ServerSentEvent]) -> None:
        if line[:6] == b"data: ":  # nearly every line
            self._add(line[6:])
        elif not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(ServerSentEvent(self._name, data))
            self._name, self._data, self._size = b"", [], 0
        else:
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"data":
                self._add(value)
            elif field == b"event":
                self._name = value
                self._check(len(value))

    def _add(self, data: bytes) -> None:
        self._data.append(data)
        self._size += len(data) + 1
        self._check(self._size)

    def _check(self, size: int) -> None:
        if size > self._max:
            raise BadAnswer(f"the model's server sent an event of more than {self._max:,} bytes")
