"""`shopfloor keys`: API keys, for whoever has the machine."""

import json
from typing import Annotated

import anyio
import typer
from pydantic import JsonValue
from rich.markup import escape

from shopfloor.app import open_app
from shopfloor.cli.options import Data, Json, config
from shopfloor.cli.output import Output
from shopfloor.config import Config
from shopfloor.identity.keys import ROLES, ApiKey, StaffRole
from shopfloor.kernel.errors import InvalidInput

keys = typer.Typer(help="The keys of the HTTP API.", no_args_is_help=True)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose or what the key is for.")],
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(ROLES)}, each all that those before may.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Make a key. Its secret is shown once."""
    if role not in ROLES:
        raise InvalidInput(f"there is no role {role}: choose one of {', '.join(ROLES)}")
    anyio.run(_create, config(data), name, role, as_json)


@keys.command("list")
def list_keys(as_json: Json = False, data: Data = None) -> None:
    """List the keys."""
    anyio.run(_list, config(data), as_json)


@keys.command("revoke")
def revoke_key(key: Annotated[str, typer.Argument(help="The key's id.")], data: Data = None) -> None:
    """Let a key hold no longer."""
    anyio.run(_revoke, config(data), key)


async def _create(config: Config, name: str, role: StaffRole, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        key, secret = await app.keys.create(name, role)
    output.line(json.dumps({"id": key.id, "key": secret}) if as_json else f"{secret}   ({key.id}; shown only now)")


async def _list(config: Config, as_json: bool) -> None:
    output = Output(as_json=as_json)
    async with open_app(config, output.progress) as app:
        held = await app.keys.list()
    if as_json:
        output.line(json.dumps([_row(key) for key in held], indent=2))
        return
    if not held:
        output.progress("There are none: `shopfloor serve` makes the first one, or `shopfloor keys create`.")
    for key in held:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else _use(key)
        output.line(f"{key.id}  [bold]{escape(key.name)}[/], {key.role}, made {key.created_at:%Y-%m-%d}, {state}")


async def _revoke(config: Config, key: str) -> None:
    output = Output(as_json=False)
    async with open_app(config, output.progress) as app:
        await app.keys.revoke(key)
    output.progress(f"{key} holds no longer.")


def _use(key: ApiKey) -> str:
    return f"last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "not used yet"


def _row(key: ApiKey) -> JsonValue:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }
