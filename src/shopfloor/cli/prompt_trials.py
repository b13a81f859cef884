"""`shopfloor prompts test`: recorded conversations are had with the prompts in force and with a candidate."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.agents.prompt_texts import PROMPTS, KeptPrompts, Prompts, TextName, differences, parse_prompts
from shopfloor.agents.team_data import TeamData
from shopfloor.cli.options import read_file
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.database.versioned import version_of
from shopfloor.evals.courses import rows
from shopfloor.evals.prompt_trials import Trial, Trials
from shopfloor.evals.recordings import add_lines, read_answers, read_recording
from shopfloor.evals.scratch import scratch_models, team_in_force
from shopfloor.evals.tape import Tape
from shopfloor.kernel.clock import SystemClock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import TimedIds
from shopfloor.models.settings import ModelSettings
from shopfloor.stores import open_stores


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialRequest:
    """What was asked for on the command line."""

    candidate: str
    recordings: Sequence[Path]
    answers: Path | None
    """Where new answers are kept, and found the next time."""
    as_json: bool


async def try_prompts(config: Config, request: TrialRequest) -> bool:
    """Show how recorded conversations go with other prompts, and return whether nothing is worse.

    Raises:
        InvalidInput: a file cannot be used, or answers are missing and there is no model to ask.
    """
    output = Output(as_json=request.as_json)
    recordings = [await to_thread.run_sync(read_recording, path) for path in request.recordings]
    known = await to_thread.run_sync(read_answers, request.answers) if request.answers else ()
    team, wanted, name, settings = await _kept(config, request.candidate, output)
    is_live = await _can_be_asked(settings, output)
    trials = Trials(team, wanted, settings, known, is_live=is_live)
    made: list[Trial] = []
    for recording in recordings:
        trial = await trials.run(recording)
        if request.answers and trial.new:
            await to_thread.run_sync(add_lines, request.answers, trial.new)
        made.append(trial)
        if not output.is_json:
            _show(trial, output)
    missing = [one for trial in made for one in trial.missing]
    changed = await to_thread.run_sync(lambda: list(differences(team.prompts, wanted)))
    if output.is_json:
        output.line(json.dumps(_as_json(name, made, changed), indent=2))
    if missing:
        raise InvalidInput(
            f"{len(missing)} answers of models are missing, so nothing can be said of {name}: set a model up with its "
            "key, or name answers that were kept with --record"
        )
    if not output.is_json:
        output.line(_verdict(name, made, changed))
    return not any(trial.worse for trial in made)


async def _kept(config: Config, which: str, output: Output) -> tuple[TeamData, Prompts, str, ModelSettings]:
    clock = SystemClock()
    async with open_stores(config, clock, TimedIds(clock), output.progress) as stores:
        wanted, name = await candidate(stores.prompts, which)
        settings = await to_thread.run_sync(config.model_settings, await stores.model_settings.in_force())
        return await team_in_force(stores), wanted, name, settings


async def candidate(kept: KeptPrompts, which: str) -> tuple[Prompts, str]:
    """Return the prompts of a version or of a file, and what they are called.

    Raises:
        NotFound: there is no such version.
        InvalidInput: the file cannot be read or used.
    """
    if which.isdecimal():
        return version_of(PROMPTS, await kept.versions(), int(which)).value, f"version {int(which)}"
    text = await to_thread.run_sync(read_file, which)
    return await to_thread.run_sync(parse_prompts, text, which), which


async def _can_be_asked(settings: ModelSettings, output: Output) -> bool:
    """Whether models can be asked; where they are set up and cannot, that is said."""
    if settings.is_empty:
        return False
    try:
        async with scratch_models(settings, Tape(is_live=True), datetime.now(UTC)):
            return True
    except InvalidInput as error:
        output.progress(f"No model is asked, what was recorded must do: {error}")
        return False


def _show(trial: Trial, output: Output) -> None:
    output.line(f"[bold]{escape(trial.recording)}[/], {len(trial.before.turns)} turn(s)")
    for one in trial.missing:
        before = "" if one.tokens_before is None else f", {one.tokens_before:,} before"
        tokens = f"about {one.tokens:,} tokens{before}"
        output.line(f"  [yellow]missing[/], {one.prompts}: the answer to what {escape(one.to)} asks, {tokens}")
        output.diff(one.diff, indent="    ")
    if trial.missing:  # what came of it without them says nothing
        return
    for name, (old, new) in _side_by_side(trial).items():
        output.line(f"  {name:<10} {escape(old)}" + ("" if old == new else f"\n  {'':<7}-> [bold]{escape(new)}[/]"))
    for place in trial.differing:
        old, new = trial.before.turns[place - 1].reply, trial.after.turns[place - 1].reply
        output.line(f"  reply {place}, in force:\n{_indented(old)}\n  reply {place}, candidate:\n{_indented(new)}")
    for problem in trial.worse:
        output.line(f"  [red]worse: {escape(problem)}[/]")


def _side_by_side(trial: Trial) -> dict[str, tuple[str, str]]:
    before, after = rows(trial.before), rows(trial.after)
    return {name: (before[name], after[name]) for name in before}


def _is_unused(trials: Sequence[Trial], changed: Sequence[TextName]) -> bool:
    """Whether texts were changed and none of them reached a model, so that nothing was tried."""
    return bool(changed) and not any(trial.is_asked_otherwise or trial.worse for trial in trials)


def _verdict(name: str, trials: Sequence[Trial], changed: Sequence[TextName]) -> str:
    worse = [trial for trial in trials if trial.worse]
    differing = sum(len(trial.differing) for trial in trials)
    if worse:
        count = sum(len(trial.worse) for trial in worse)
        return f"[red]Worse[/]: {escape(name)} in {len(worse)} of {len(trials)} conversation(s), in {count} point(s)."
    if _is_unused(trials, changed):
        texts = f"{escape(name)} changes ({', '.join(changed)})"
        return f"[yellow]Not tried[/]: these conversations do not use what {texts}. Record some that do."
    return f"[green]No worse[/]: {escape(name)} in {len(trials)} conversation(s); {differing} of the replies differ."


def _as_json(name: str, trials: Sequence[Trial], changed: Sequence[TextName]) -> dict[str, JsonValue]:
    is_complete = not any(trial.missing for trial in trials)
    listed: list[JsonValue] = []
    for trial in trials:
        data: dict[str, JsonValue] = {name: value for name, value in asdict(trial).items() if name != "new"}
        listed.append({**data, "differing": list(trial.differing)})
    well = "not tried" if _is_unused(trials, changed) else "no worse"
    verdict = None if not is_complete else "worse" if any(trial.worse for trial in trials) else well
    return {"candidate": name, "verdict": verdict, "changed": [*changed], "conversations": listed}


def _indented(text: str) -> str:
    return "\n".join(f"      {escape(line)}" for line in text.splitlines())
