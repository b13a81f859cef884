"""`shopfloor chat --record` and `--replay`: a conversation that was had with models is had again without them."""

import sys
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from anyio import to_thread
from rich.markup import escape

from shopfloor.agents.team_data import TeamData
from shopfloor.app import App
from shopfloor.cli.chat import WELCOME, ChatRequest, finish_unanswered, next_lines, read_lines
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.conversation.orchestrator import readable
from shopfloor.evals.recordings import Beginning, RecordedTurn, add_lines, begin_file, read_recording
from shopfloor.evals.scratch import begin, digest_of_team, scratch_models, scratch_shop, team_in_force
from shopfloor.evals.tape import Tape, tape
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ConversationId, TimedIds
from shopfloor.models.settings import ModelSettings
from shopfloor.stores import open_stores


async def record(config: Config, request: ChatRequest, path: Path) -> None:
    """Have a conversation in a demo shop of its own, and write it down turn by turn."""
    output = Output(as_json=request.as_json)
    if request.conversation or config.router:
        raise InvalidInput("a recording is a conversation of its own: leave --conversation and --router out")
    if request.message is not None:
        readable(request.message)
    team, settings = await kept(config, output)
    if settings.is_empty:
        raise InvalidInput("no model is set up, so there is nothing to record: docs/models.md says how one is set up")
    at, answers = datetime.now(UTC).replace(microsecond=0), Tape(is_live=True)
    async with scratch_models(settings, answers, at) as models:
        app = await scratch_shop(at, models, team)
        conversation = await begin(app, request.customer)
        beginning = Beginning(
            at=at,
            shopfloor=await to_thread.run_sync(version, "shopfloor"),
            customer=request.customer,
            prompts=team.prompts,
            team=digest_of_team(team),
        )
        await to_thread.run_sync(begin_file, path, beginning)
        async for said in _said(request.message, output):
            reply = await _answered(app, conversation, said, output)
            turn = RecordedTurn(said=[*said], answers=answers.take(), reply=reply)
            await to_thread.run_sync(add_lines, path, [turn])
    output.progress(f"Written to {path}, which holds what was said.")


async def replay_recording(config: Config, path: Path, *, as_json: bool) -> None:
    """Have a recorded conversation again, with its prompts and its models' answers."""
    output = Output(as_json=as_json)
    recording = await to_thread.run_sync(read_recording, path)
    team, _ = await kept(config, output)
    team = replace(team, prompts=recording.beginning.prompts)
    answers = tape(recording.answers, is_live=False)
    differing: list[str] = []
    at = recording.beginning.at
    async with scratch_models(ModelSettings(), answers, at) as models:
        app = await scratch_shop(at, models, team)
        conversation = await begin(app, recording.beginning.customer)
        for place, turn in enumerate(recording.turns, 1):
            for text in turn.said if not as_json else ():
                output.line(f"[bold]> {escape(text)}[/]\n")
            if await _answered(app, conversation, turn.said, output) != turn.reply:
                differing.append(str(place))
            if not as_json:
                output.line("")
    if answers.missing or differing:
        was = recording.beginning
        told = await to_thread.run_sync(_not_the_same, path, was, team, len(answers.missing), differing)
        raise InvalidInput(told)


def _not_the_same(path: Path, beginning: Beginning, team: TeamData, missing: int, differing: Sequence[str]) -> str:
    told = [f"{missing} requests to models are not those that were recorded"] if missing else []
    told += [f"the replies {', '.join(differing)} differ"] if differing else []
    changed = [f"shopfloor was at {beginning.shopfloor}"] if beginning.shopfloor != version("shopfloor") else []
    changed += ["the agents or the settings were others"] if beginning.team != digest_of_team(team) else []
    why = f" ({'; '.join(changed)})" if changed else ""
    return f"{path} cannot be had again as it was, since {' and '.join(told)}{why}: record it anew"


async def kept(config: Config, output: Output) -> tuple[TeamData, ModelSettings]:
    """Return the installation's team, and which models are set up; no key is needed for it."""
    clock = SystemClock()
    async with open_stores(config, clock, TimedIds(clock), output.progress) as stores:
        settings = await to_thread.run_sync(config.model_settings, await stores.model_settings.in_force())
        return await team_in_force(stores), settings


async def _said(message: str | None, output: Output) -> AsyncGenerator[Sequence[str]]:
    """Give what the customer says, turn by turn: one message, or line by line."""
    if message is not None:
        yield [message]
        return
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        output.line(WELCOME)
    lines = read_lines(is_terminal)
    while (texts := await next_lines(lines, output, is_terminal)) is not None:
        try:
            yield [readable(text) for text in texts]
        except InvalidInput as error:
            if not is_terminal:
                raise
            output.progress(f"shopfloor: {error}")


async def _answered(app: App, conversation: ConversationId, said: Sequence[str], output: Output) -> str:
    events = [await app.chat.post(conversation, text) for text in said]
    replies = await finish_unanswered(app, conversation, output, since=events[0].seq)
    return "\n\n".join(reply.content for reply in replies)
