"""`shopfloor undo`: shown first, then done."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from anyio import to_thread
from pydantic import JsonValue

from shopfloor.actions.finding import find_action
from shopfloor.actions.undo import Scope, Step, steps_digest
from shopfloor.actions.views import CONVERSATION, undoable_view, undone_view
from shopfloor.app import App
from shopfloor.cli.action_lines import undo_lines
from shopfloor.cli.actions import Since, reader_of
from shopfloor.cli.options import As, Data, Json, staff
from shopfloor.cli.output import Output
from shopfloor.cli.times import instant
from shopfloor.cli.versions import on_app
from shopfloor.identity.identity import Staff
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import AgentId, StreamId, TurnId


def undo(
    action: Annotated[str | None, typer.Option("--action", help="This one, by its id or key.")] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", help="All of this conversation.")] = None,
    turn: Annotated[
        str | None, typer.Option("--turn", "--plan", help="All of this turn, and with it its plan.")
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="All of this agent; takes --since.")] = None,
    since: Since = None,
    is_preview: Annotated[bool, typer.Option("--preview", help="Show what would be done, and do nothing.")] = False,
    is_agreed: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    name: As = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Undo actions as far as the world allows, the last one first: first it is shown, and then asked for your yes.

    Exit status 0 means that all of it was undone, or with --preview that all of it would be; 1 that something stays.
    """
    if len([one for one in (action, conversation, turn, agent) if one]) != 1:
        raise InvalidInput("say what to undo with one of --action, --conversation, --turn, and --agent with --since")
    if bool(agent) > bool(since) or (action and since):
        raise InvalidInput("--since goes with --agent, and may go with --conversation and --turn")
    if as_json and not (is_agreed or is_preview):
        raise InvalidInput("with --json nobody is asked: add --yes, or --preview")
    person = staff(name)

    async def work(app: App, output: Output) -> bool:
        reader = await reader_of(app)
        scope = Scope(
            key=(await find_action(app.actions, action)).key if action else None,
            stream=StreamId(f"{CONVERSATION}{conversation}") if conversation else None,
            turn_id=TurnId(turn) if turn else None,
            agent=AgentId(agent) if agent else None,
            since=instant(since, reader.now, reader.zone) if since else None,
        )
        steps = await app.undoing.preview(scope)
        if is_preview:
            _show(steps, output, is_done=False)
            return all(step.is_undone for step in steps)
        return await _undo(app, scope, steps, person, output, is_agreed=is_agreed)

    if not on_app(work, data, as_json=as_json):
        raise typer.Exit(1)


async def _undo(
    app: App, scope: Scope, steps: Sequence[Step], person: Staff, output: Output, *, is_agreed: bool
) -> bool:
    """Show what will be undone, ask, undo it, show what came of it, and say whether all was undone."""
    if not output.is_json:
        _show(steps, output, is_done=False)
    if any(step.is_undone for step in steps):
        if not is_agreed and not await _agrees(steps, output):
            output.progress("Nothing was undone.")
            return False
        steps = await app.undoing.run(scope, person, shown=steps_digest(steps))
        if not output.is_json:
            output.line("")
            _show(steps, output, is_done=True)
    elif not output.is_json and steps:
        output.progress("Nothing of it can be undone.")
    if output.is_json:
        _show(steps, output, is_done=True)
    return all(step.is_undone for step in steps)


def _show(steps: Sequence[Step], output: Output, *, is_done: bool) -> None:
    if output.is_json:
        is_all = all(step.is_undone for step in steps)
        view = undone_view if is_done else undoable_view
        shown: dict[str, JsonValue] = {
            "steps": [view(step) for step in steps],
            "is_all_undone" if is_done else "is_all_undoable": is_all,
        }
        output.line(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    for line in undo_lines(steps, is_done=is_done):
        output.line(line)
    if not steps:
        output.progress("There is nothing to undo.")


async def _agrees(steps: Sequence[Step], output: Output) -> bool:
    count = len([step for step in steps if step.is_undone])
    output.progress(f"Undo {'this action' if count == 1 else f'these {count} actions'}? [y/N]")
    answer = await to_thread.run_sync(sys.stdin.readline)
    return answer.strip().lower() in {"y", "yes"}
