"""What the terminal shows: text with status lines for people, JSON lines for programs."""

import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape

from shopfloor.conversation.live import Released
from shopfloor.journal.events import Event, ReplyComposed, TaskStatus

DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Output:
    """Writes to stdout what was asked for, and to stderr what is going on."""

    def __init__(self, *, as_json: bool) -> None:
        """Take whether stdout holds JSON only."""
        self.is_json = as_json
        self._out = Console(highlight=False, soft_wrap=True, emoji=False)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        self._has_spoken = False
        self._is_in_line = False
        """Whether stdout stands behind a sentence, whose line goes on if another follows in its paragraph."""

    def line(self, text: str) -> None:
        """Write a line of what was asked for, with rich's markup unless it is JSON."""
        self.end_line()
        if self.is_json:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        else:
            self._out.print(text)

    def diff(self, lines: Sequence[str], *, indent: str = "") -> None:
        """Write the lines of a unified diff, coloured on a terminal."""
        for line in lines:
            colour = DIFF_COLOURS.get(line[:1])
            self.line(f"{indent}[{colour}]{escape(line)}[/]" if colour else f"{indent}{escape(line)}")

    def prompt(self) -> None:
        """Show that it is the reader's turn."""
        self.end_line()
        self._out.print("[bold]> [/]", end="")

    def progress(self, text: str) -> None:
        """Say what is going on."""
        self.end_line()
        self._err.print(f"[dim]{escape(text)}[/]")

    @contextmanager
    def working(self, text: str) -> Generator[Callable[[str], None]]:
        """Show on a terminal how far something has come, by what is handed out; elsewhere show nothing."""
        if not self._err.is_terminal:
            yield lambda _text: None
            return
        with self._err.status(escape(text)) as status:
            yield lambda now: status.update(escape(now))

    def hear(self, piece: Event | Released) -> None:
        """Show a turn as it goes."""
        if self.is_json:
            if isinstance(piece, Event) and not isinstance(piece.data, ReplyComposed):
                self.event(piece)
            return
        if isinstance(piece, Released):
            self._say(piece.text)
        elif isinstance(piece.data, TaskStatus) and piece.data.status == "started":
            self.end_line()
            if self._has_spoken:
                self._out.print("\n—\n")
                self._has_spoken = False
            self._out.print(f"[dim italic]{escape(piece.data.text)}[/]")
        elif isinstance(piece.data, ReplyComposed):
            self.end_line()
            self._has_spoken = False
            if piece.data.outcome == "stopped":
                self._out.print("[dim](stopped)[/]")

    def end_line(self) -> None:
        """End the line of the last sentence, so that whatever comes begins on its own."""
        if self._is_in_line:
            self._out.print()
        self._is_in_line = False

    def _say(self, text: str) -> None:
        """Write a sentence behind the one before where it goes on with its paragraph, otherwise on a new line."""
        if not (self._is_in_line and text.startswith(" ")):
            self.end_line()
            # What goes on with a message begins with an empty line; the line before has been ended already.
            text = text.removeprefix("\n").removeprefix(" ")
        self._out.print(escape(text), end="")
        self._is_in_line = self._has_spoken = True

    def event(self, event: Event) -> None:
        """Write an event as a JSON line."""
        self.line(json.dumps(event.to_json(), ensure_ascii=False))

    def reply(self, replies: list[ReplyComposed]) -> None:
        """Write the last line of a JSON answer: the reply to all that was asked."""
        last = replies[-1]
        data: dict[str, JsonValue] = {
            "conversation_id": last.conversation_id,
            "content": "\n\n".join(reply.content for reply in replies),
            "sources": [source.model_dump(mode="json") for reply in replies for source in reply.sources],
        }
        self.line(json.dumps({"event_type": "REPLY", "event_data": data}, ensure_ascii=False))
