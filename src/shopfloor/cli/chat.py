"""`shopfloor chat`, `replay` and `erase`."""

import asyncio
import os
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from shopfloor.app import App, open_app
from shopfloor.cli.output import Output
from shopfloor.cli.steps import step
from shopfloor.config import Config, default_data
from shopfloor.conversation.orchestrator import readable
from shopfloor.identity.identity import GUEST, Identity
from shopfloor.journal.events import ReplyComposed
from shopfloor.kernel.errors import InvalidInput, NotFound
from shopfloor.kernel.ids import ConversationId, stream_of

PROGRAM = os.path.relpath(sys.argv[0]) if os.sep in sys.argv[0] else sys.argv[0]
"""As it was called, so that what is shown can be typed."""

WELCOME = "[dim]Ask about an order, a product, or anything about the shop. An empty line or Ctrl-D ends.[/]\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatRequest:
    """What was asked for on the command line."""

    message: str | None
    conversation: ConversationId | None
    customer: str | None
    as_json: bool


async def chat(config: Config, request: ChatRequest) -> None:
    """Talk: one message with its reply, or a conversation line by line."""
    output = Output(as_json=request.as_json)
    if request.message is not None:
        readable(request.message)
    async with open_app(config, output.progress) as app:
        conversation = await _conversation(app, request, output)
        if request.message is not None:
            await say(app, conversation, request.message, output)
            await app.chat.summarise(conversation)
            await app.chat.recover(skip=conversation)
            if not request.as_json:
                output.progress(f"\nGo on with: {PROGRAM} chat --conversation {conversation}{data_option(config)}")
            return
        await app.chat.recover(skip=conversation)
        await finish_unanswered(app, conversation, output)
        await _talk(app, conversation, config, output)


async def _conversation(app: App, request: ChatRequest, output: Output) -> ConversationId:
    identity = await sign_in(app, request.customer) if request.customer else GUEST
    if request.conversation:
        await app.chat.state(request.conversation)
        if identity.is_signed_in:
            await app.chat.sign_in(request.conversation, identity)
        return request.conversation
    conversation, events = await app.chat.open("cli", identity)
    for event in events:
        output.hear(event)
    return conversation


async def sign_in(app: App, email: str) -> Identity:
    """Sign a token as the shop's own login would, and check it like any other."""
    customer = await app.shop.customers.find_customer(email)
    if customer is None:
        raise NotFound(f"there is no customer {email}: in the demo shop try maya.lindqvist@example.com")
    return await app.identify(app.tokens.sign(customer.id))


async def say(app: App, conversation: ConversationId, text: str, output: Output) -> None:
    """Say something, and show the answer as it comes."""
    event = await app.chat.post(conversation, text)
    await finish_unanswered(app, conversation, output, since=event.seq)


async def finish_unanswered(
    app: App, conversation: ConversationId, output: Output, *, since: int | None = None
) -> Sequence[ReplyComposed]:
    """Answer what is unanswered, show it as it comes, and return the replies; Ctrl-C stops the turn."""
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()

    def interrupt() -> None:
        """Stop the turn; where none of ours runs, as while another process has it, end waiting for it."""
        if not app.chat.stop(conversation) and this:
            this.cancel()

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        replies = await app.chat.answer(conversation, output.hear, since=since)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        output.end_line()
    if replies and output.is_json:
        output.reply(replies)
    return replies


async def _talk(app: App, conversation: ConversationId, config: Config, output: Output) -> None:
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        output.line(WELCOME)
    lines = read_lines(is_terminal)
    texts = await next_lines(lines, output, is_terminal)
    while texts is not None:
        try:
            events = [await app.chat.post(conversation, text) for text in texts]
            await finish_unanswered(app, conversation, output, since=events[0].seq)
        except InvalidInput as error:
            if not is_terminal:
                raise
            output.progress(f"shopfloor: {error}")
        if is_terminal:
            output.line("")
        async with anyio.create_task_group() as group:
            group.start_soon(app.chat.summarise, conversation)
            texts = await next_lines(lines, output, is_terminal)
            group.cancel_scope.cancel()
    if not output.is_json:
        output.progress(f"Go on with: {PROGRAM} chat --conversation {conversation}{data_option(config)}")


async def next_lines(lines: "asyncio.Queue[str | None]", output: Output, is_terminal: bool) -> list[str] | None:
    """Return the next line, or at a terminal all that were typed while the team was busy; None at the end."""
    if is_terminal:
        output.prompt()
    first = await lines.get()
    texts = [] if first is None else [first]
    while is_terminal and texts and not lines.empty() and (more := lines.get_nowait()) is not None:
        texts.append(more)
    return texts or None


def data_option(config: Config) -> str:
    """Return the option that names the data directory, where it is needed."""
    return "" if config.data == default_data() else f" --data {shlex.quote(str(config.data))}"


def read_lines(is_terminal: bool) -> "asyncio.Queue[str | None]":
    """Read stdin in a thread that ends with the process; None marks its end."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def hand_over(line: str | None) -> None:
        try:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        except RuntimeError:  # the loop has ended
            return

    def read() -> None:
        for line in sys.stdin:
            if line.strip():
                hand_over(line)
            elif is_terminal:
                break
        hand_over(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


async def replay(config: Config, conversation: ConversationId, as_json: bool) -> None:
    """Show what happened, event by event."""
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        state = await app.chat.state(conversation)
        await app.journal.verify(stream_of(conversation))
        zone = (await app.settings.in_force()).zone
    output.progress(f"Times are those of {zone}.")
    for event in state.events:
        if as_json:
            output.event(event)
        else:
            output.line(step(event, zone))


async def erase(config: Config, conversation: ConversationId, even_open: bool) -> None:
    """Erase a conversation's personal part."""
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:
        count = await app.chat.erase(conversation, even_open=even_open)
    output.line(f"Erased what was personal in {count} events of {conversation}; their types, times and ids stay.")
