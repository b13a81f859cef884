"""`shopfloor models`: which models are set up, whether they answer, and what they used and cost."""

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import Annotated, Any

import anyio
import typer
from anyio import to_thread
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, Models, To, config, read_file
from shopfloor.cli.output import Output
from shopfloor.cli.versions import IfVersion, export, list_versions, show, told
from shopfloor.config import Config
from shopfloor.database.versioned import Version
from shopfloor.kernel.errors import InvalidInput, WorldError
from shopfloor.kernel.yaml_files import read_yaml
from shopfloor.models.report import Report, Sum, report_of
from shopfloor.models.settings import KeptModels, ModelSetting, ModelSettings, settings_to_keep
from shopfloor.models.tiers import CLASSES, TIERS, Tier
from shopfloor.stores import open_model_settings

NONE_YET = "No model is set up, and the team works without one. docs/models.md says how one is set up."
MAX_DAYS = 3_660

models = typer.Typer(help="The language models that think for the team.", no_args_is_help=True)


@models.command("list")
def list_models(as_json: Json = False, file: Models = None, data: Data = None) -> None:
    """List the models of each tier, and the work that each tier does."""
    anyio.run(_list, config(data, models=file), as_json)


@models.command("check")
def check_models(as_json: Json = False, file: Models = None, data: Data = None) -> None:
    """Ask each model one tiny question, and say what is wrong where it does not answer. It costs next to nothing."""
    anyio.run(_check, config(data, models=file), as_json)


@models.command("show")
def show_models(as_json: Json = False, data: Data = None) -> None:
    """Show what the database says of models."""

    async def shown(kept: KeptModels, output: Output) -> None:
        if output.is_json or await kept.in_force() != ModelSettings():
            await show(kept, output)
            return
        version = told(kept, await kept.current())
        output.progress(f"{version} None is set up here; `models list` shows those of a file or the environment, too.")

    _on_kept(config(data), shown, as_json=as_json)


@models.command("export")
def export_models(to: To = None, data: Data = None) -> None:
    """Write what the database says of models as YAML, such as `models import` reads."""
    _on_kept(config(data), lambda kept, _output: export(kept, to))


@models.command("import")
def import_models(
    file: Annotated[str, typer.Argument(help="Providers, tiers, budgets, in YAML; - is stdin.")],
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Set models up by what a file says, kept in the database, from the next start on."""

    async def put(kept: KeptModels, output: Output) -> None:
        text = await to_thread.run_sync(read_file, file)
        wanted = await to_thread.run_sync(lambda: settings_to_keep(read_yaml(text, file) or {}, file))
        if wanted.is_empty:
            raise InvalidInput(
                f"{file} names no model under tiers, so all would be off: name one, or `shopfloor models restore 1`"
            )
        _tell(kept, await kept.put(wanted, if_version=if_version), output, config(data))

    _on_kept(config(data), put)


@models.command("history")
def history_of_models(as_json: Json = False, data: Data = None) -> None:
    """List what the database said of models, the newest first, each with what changed."""
    _on_kept(config(data), lambda kept, output: list_versions(kept, output), as_json=as_json)


@models.command("restore")
def restore_models(
    version: Annotated[int, typer.Argument(help="As `models history` counts; 1 sets none up.")], data: Data = None
) -> None:
    """Bring back what the database said of models, as a new version, from the next start on."""

    async def restore(kept: KeptModels, output: Output) -> None:
        _tell(kept, await kept.restore(version), output, config(data))

    _on_kept(config(data), restore)


@models.command("report")
def report_models(
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How many days back.")] = 30,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what the models used, cost and took, by tier and class of work, and what power alone would have cost."""
    anyio.run(_report, config(data), days, as_json)


def _on_kept(config: Config, work: Callable[[KeptModels, Output], Awaitable[None]], *, as_json: bool = False) -> None:
    async def main() -> None:
        async with open_model_settings(config) as kept:
            await work(kept, Output(as_json=as_json))

    anyio.run(main)


def _tell(kept: KeptModels, version: Version[ModelSettings], output: Output, config: Config) -> None:
    output.line(f"{told(kept, version)} They hold from the next start on.")
    if config.models_file:
        output.progress(f"{config.models_file} goes before them, as $SHOPFLOOR_MODELS names it.")


async def _set_up(config: Config) -> tuple[ModelSettings, str]:
    """Return which models are set up, wherever, and where that is."""
    async with open_model_settings(config) as opened:
        kept = await opened.in_force()
    settings = await to_thread.run_sync(config.model_settings, kept)
    return settings, await to_thread.run_sync(config.models_come_from, kept)


async def _list(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    settings, source = await _set_up(config)
    if as_json:
        output.line(json.dumps({tier: [one.name for one in settings.tiers.get(tier, [])] for tier in TIERS}, indent=2))
        return
    if source:
        output.progress(f"From {source}.")
    if settings.is_empty:
        output.progress(NONE_YET)
        return
    building: Any = await to_thread.run_sync(import_module, "shopfloor.models.building")
    prices = await to_thread.run_sync(building.price_list, settings)
    for tier in TIERS:
        output.line(f"[bold]{tier}[/], for {_work_of(settings, tier)}")
        for one in settings.tiers.get(tier, []):
            price = "" if prices.knows(one.provider, one.model) else ", [yellow]price not known[/]"
            output.line(f"  {escape(one.name)}{escape(_key_state(settings, one, building))}{price}")
        if not settings.tiers.get(tier):
            output.line("  [dim]none: the tiers beside it step in[/]")


async def _check(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    settings, _ = await _set_up(config)
    if settings.is_empty:
        raise InvalidInput("no model is set up: docs/models.md says how one is set up")
    checking: Any = await to_thread.run_sync(import_module, "shopfloor.models.checking")
    failed: list[str] = []
    async for name, problem, answer in checking.check(settings, os.environ):
        if problem:
            failed.append(name)
        if as_json:
            output.line(json.dumps({"model": name, "problem": problem or None, "answer": answer or None}))
        else:
            output.line(
                f"{escape(name)}: [red]{escape(problem)}[/]" if problem else f"{escape(name)}: {escape(answer)}"
            )
    if failed:
        raise WorldError(f"{len(failed)} of {len(settings.models())} models did not answer: {', '.join(failed)}")


async def _report(config: Config, days: int, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        now = app.clock.now()
        calls = await app.ledger.calls(now - timedelta(days=days), now + timedelta(seconds=1))
    report = await to_thread.run_sync(report_of, calls)
    if as_json:
        output.line(json.dumps(_as_json(report, days), indent=2))
        return
    if not calls:
        output.progress(f"No model was asked in the last {days} days.")
        return
    for line in _table(report):
        output.line(line)


def _work_of(settings: ModelSettings, tier: Tier) -> str:
    classes = {**CLASSES, **settings.classes}
    return ", ".join(name.replace("_", " ") for name in CLASSES if classes[name] == tier) or "nothing by itself"


def _key_state(settings: ModelSettings, one: ModelSetting, building: Any) -> str:
    variable = building.key_variable_of(settings, one.provider)
    if variable is None:
        return ""
    return f", key in {variable}" if os.environ.get(variable, "").strip() else f", its key is missing: set {variable}"


def _table(report: Report) -> Sequence[str]:
    head = f"[bold]{'tier':<9} {'work':<20} {'calls':>7} {'share':>6} {'failed':>6} {'input':>10} {'cached':>10}"
    lines = [f"{head} {'output':>10} {'cost':>10} {'first text':>10} {'whole p50':>9} {'p95':>8}[/]"]
    lines += [_line(line.tier, line.task_class, line.sum, report.total.calls) for line in report.lines]
    lines += [_line("all", "", report.total, report.total.calls), ""]
    if report.shares:
        lines.append("Answered by: " + ", ".join(f"{tier} {part:.0%}" for tier, part in report.shares.items()) + ".")
    return [*lines, _saving(report), *_doubts(report.total)]


def _line(tier: str, task_class: str, sums: Sum, all_calls: int) -> str:
    counts = f"{sums.calls:>7} {sums.calls / all_calls:>6.0%} {sums.failed:>6}"
    tokens = f"{sums.input_tokens:>10} {sums.cached_tokens:>10} {sums.output_tokens:>10}"
    times = f"{_seconds(sums.first_text_p50_s):>10} {_seconds(sums.total_p50_s):>9} {_seconds(sums.total_p95_s):>8}"
    return f"{tier:<9} {task_class.replace('_', ' '):<20} {counts} {tokens} {_cost(sums):>10} {times}"


def _cost(sums: Sum) -> str:
    is_unknown = sums.unpriced and not sums.nanos
    return "unknown" if is_unknown else _dollars(sums.nanos) + ("+?" if sums.unpriced else "")


def _saving(report: Report) -> str:
    if report.saved is None:
        return "What power alone would have cost is not known: set a power tier up whose price is known."
    spent, power = _dollars(report.compared_nanos), _dollars(report.power_nanos)
    return f"The same tokens on power alone: {power} instead of {spent}, so {report.saved:.0%} less was spent."


def _doubts(sums: Sum) -> Sequence[str]:
    doubts: list[str] = []
    if sums.unpriced:
        doubts.append(f"{sums.unpriced} calls went to models whose price is not known; they are not in the cost.")
    if sums.estimated:
        doubts.append(f"The tokens of {sums.estimated} calls are estimated, since they were not told or broke off.")
    return doubts


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"


def _dollars(nanos: int) -> str:
    dollars: str = import_module("shopfloor.models.prices").dollars_of(nanos)
    return dollars


def _as_json(report: Report, days: int) -> dict[str, JsonValue]:
    return {
        "days": days,
        "lines": [{"tier": line.tier, "task_class": line.task_class, **_sum_json(line.sum)} for line in report.lines],
        "total": _sum_json(report.total),
        "shares": {str(tier): part for tier, part in report.shares.items()},
        "compared_usd": _usd(report.compared_nanos),
        "power_usd": _usd(report.power_nanos),
        "saved": report.saved,
    }


def _sum_json(sums: Sum) -> dict[str, JsonValue]:
    return {
        "calls": sums.calls,
        "failed": sums.failed,
        "input_tokens": sums.input_tokens,
        "cached_tokens": sums.cached_tokens,
        "output_tokens": sums.output_tokens,
        "cost_usd": None if sums.unpriced and not sums.nanos else _usd(sums.nanos),
        "unpriced_calls": sums.unpriced,
        "estimated_calls": sums.estimated,
        "first_text_p50_s": sums.first_text_p50_s,
        "total_p50_s": sums.total_p50_s,
        "total_p95_s": sums.total_p95_s,
    }


def _usd(nanos: int) -> str:
    """Write dollars exactly, as a text: a float would round them."""
    return f"{'-' if nanos < 0 else ''}{abs(nanos) // 10**9}.{abs(nanos) % 10**9:09d}"
