"""`shopfloor policy`: what the team may do by itself, shown, tried on what was done, changed and brought back."""

import json
from collections.abc import Sequence
from datetime import timedelta
from difflib import unified_diff
from typing import Annotated

import typer
from anyio import to_thread
from rich.markup import escape

from shopfloor.actions.policies import Policies
from shopfloor.actions.policy import Policy, export_policy, policy_json
from shopfloor.actions.policy_trial import Outcome, Trial, Tried, Verdict, try_policy
from shopfloor.app import App
from shopfloor.cli.options import Data, Json, To, read_file
from shopfloor.cli.output import Output
from shopfloor.cli.versions import IfVersion, export, list_versions, number_before, on_app, show, told
from shopfloor.database.versioned import version_of
from shopfloor.kernel.yaml_files import read_yaml

policy = typer.Typer(help="What the team may do by itself, and what waits for you.", no_args_is_help=True)

WHICH = "A version, as `policy history` counts, or a file; - is stdin."
SAID: dict[Verdict, str] = {"allow": "done", "approve": "waits for approval", "refuse": "refused"}


@policy.command("show")
def show_policy(as_json: Json = False, data: Data = None) -> None:
    """Show the policy in force."""
    on_app(lambda app, output: show(app.policies.kept, output), data, as_json=as_json)


@policy.command("export")
def export_to(to: To = None, data: Data = None) -> None:
    """Write the policy as YAML, such as `policy import` reads."""
    on_app(lambda app, _output: export(app.policies.kept, to), data)


@policy.command("import")
def import_policy(
    file: Annotated[str, typer.Argument(help="A policy, in YAML; - is stdin.")],
    if_version: IfVersion = None,
    data: Data = None,
) -> None:
    """Replace the policy by that of a file, in force from the next action on."""

    async def put(app: App, output: Output) -> None:
        made = await app.policies.put(await _plain(file), file, if_version=if_version)
        output.line(told(app.policies.kept, made))

    on_app(put, data)


@policy.command("history")
def history_of_policies(as_json: Json = False, data: Data = None) -> None:
    """List the policies there were, the newest first, each with the parts that changed."""
    on_app(lambda app, output: list_versions(app.policies.kept, output), data, as_json=as_json)


@policy.command("diff")
def diff_policies(
    old: Annotated[str | None, typer.Argument(help=f"{WHICH} The version before the one in force.")] = None,
    new: Annotated[str | None, typer.Argument(help="The same; the version in force.")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what differs, line by line."""

    async def diff(app: App, output: Output) -> None:
        before, old_name = await _named(app.policies, old or str(await number_before(app.policies.kept)))
        current = await app.policies.kept.current()
        after, new_name = await _named(app.policies, new or str(current.version))
        lines = _differences(before, after)
        if output.is_json:
            output.line(json.dumps({"old": old_name, "new": new_name, "lines": lines}, indent=2))
            return
        output.progress(f"From {old_name} to {new_name}." if lines else f"{old_name} and {new_name} are the same.")
        output.diff(lines)

    on_app(diff, data, as_json=as_json)


@policy.command("test")
def try_out_policy(
    which: Annotated[str, typer.Argument(metavar="CANDIDATE", help=WHICH)],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How far to look back.")] = 30,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show what another policy would have made of the last days' actions; exit status 1 where anything changes.

    Nothing is stored.
    """
    changed: list[Tried] = []

    async def try_it(app: App, output: Output) -> None:
        candidate, name = await _named(app.policies, which)
        found = await try_policy(app.actions, app.policies, candidate, app.clock.now() - timedelta(days=days))
        if output.is_json:
            output.line(json.dumps({"candidate": name, "days": days, **found.to_json()}, indent=2))
        else:
            _show(found, name, days, output)
        changed.extend(found.changed)

    on_app(try_it, data, as_json=as_json)
    if changed:
        raise typer.Exit(1)


@policy.command("rollback")
def roll_back_policy(
    version: Annotated[int | None, typer.Argument(help="As `policy history` counts; the one before.")] = None,
    data: Data = None,
) -> None:
    """Bring an earlier policy back, as a new version."""

    async def roll_back(app: App, output: Output) -> None:
        wanted = version if version is not None else await number_before(app.policies.kept)
        output.line(told(app.policies.kept, await app.policies.restore(wanted)))

    on_app(roll_back, data)


async def _plain(file: str) -> object:
    return read_yaml(await to_thread.run_sync(read_file, file), file)


async def _named(policies: Policies, which: str) -> tuple[Policy, str]:
    """Return the policy of a version or of a file, and what it is called.

    Raises:
        NotFound: there is no such version.
        InvalidInput: the file cannot be read or used.
    """
    if which.isdecimal():
        known = version_of(policies.kept.kind, await policies.versions(), int(which))
        return known.value, f"version {known.version}"
    return await policies.read(await _plain(which), which), which


def _differences(old: Policy, new: Policy) -> list[str]:
    before, after = (export_policy(one).splitlines() if policy_json(one) else [] for one in (old, new))
    return list(unified_diff(before, after, lineterm="", n=2))[2:]  # which policies they are is said above


def _show(found: Trial, candidate: str, days: int, output: Output) -> None:
    for one in found.changed:
        output.line(f"{one.record.proposed_at:%Y-%m-%d %H:%M} UTC  [bold]{escape(one.record.kind)}[/]")
        output.line(f"  {escape(one.record.summary)}")
        output.line(f"  {_said(one.old)} -> [bold]{_said(one.new)}[/]")
    output.line(_sum(found, candidate, days))
    for name, count in sorted(found.unknown.items()):
        output.line(f"{escape(name)} was not known in {_actions(count)}, which would wait for approval.")
    aside = [
        *([f"{found.not_asked} decided before a policy was asked"] if found.not_asked else []),
        *([f"{found.erased} erased"] if found.erased else []),
    ]
    if aside:
        output.progress(f"Left out: {', '.join(aside)}.")


def _said(outcome: Outcome) -> str:
    rule = f" ({escape(outcome.rule)})" if outcome.rule else ""
    return f"{SAID[outcome.verdict]}{rule}"


def _sum(found: Trial, candidate: str, days: int) -> str:
    whole = f"{_actions(len(found.tried))} of the last {days} day{'s' if days > 1 else ''}"
    if not found.changed:
        return f"{escape(candidate)} changes nothing about {whole}."
    totals: Sequence[str] = [
        f"{count} {SAID[old]} -> {SAID[new]}" if old != new else f"{count} {SAID[old]} by another rule"
        for (old, new), count in sorted(found.totals.items())
    ]
    return f"Of {whole} {escape(candidate)} changes {len(found.changed)}: {', '.join(totals)}."


def _actions(count: int) -> str:
    return f"{count:,} action{'' if count == 1 else 's'}"
