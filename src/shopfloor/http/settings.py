"""The shop's settings, which every agent keeps to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, JsonValue

from shopfloor.agents.brand import Brand
from shopfloor.agents.settings import SETTINGS, brand_json, export_brand
from shopfloor.database.versioned import Version as Made
from shopfloor.database.versioned import version_of
from shopfloor.http.access import Operator, Viewer
from shopfloor.http.plain_data import TAKEN, PlainData
from shopfloor.http.problems import rejection
from shopfloor.http.running import Here, Running
from shopfloor.identity.keys import ApiKey
from shopfloor.kernel.errors import InvalidInput

router = APIRouter(prefix="/v1/settings", tags=["settings"])

LIMITS = ("irreversible_limit_minor", "retention", "schedules")
"""What decides how much money moves without anybody's approval, and what is erased by itself, and when."""

Version = Annotated[int, Path(ge=1, le=10**9)]
IfVersion = Annotated[
    int | None, Query(ge=1, le=10**9, description="The version that the change is made from; 409 if it is past.")
]
Format = Annotated[Literal["json", "yaml"], Query(alias="format", description="`yaml` is what PUT takes.")]


class SettingsShown(BaseModel):
    """The settings from one change to the next."""

    version: int
    made_at: datetime
    is_shipped: bool
    """Whether they are as the product brought them."""
    settings: dict[str, JsonValue]


class VersionShown(BaseModel):
    """When settings were made."""

    version: int
    made_at: datetime
    is_shipped: bool


class Versions(BaseModel):
    """All settings there were, the newest first."""

    versions: list[VersionShown]


@router.get("", response_model=SettingsShown)
async def show_settings(_viewer: Viewer, here: Here, form: Format = "json") -> SettingsShown | Response:
    """Show the settings in force."""
    current = await here.services.team.settings()
    if form == "yaml":
        return Response(export_brand(current.value), media_type="application/yaml")
    return _shown(current)


@router.put("", openapi_extra=TAKEN)
async def put_settings(key: Operator, here: Here, settings: PlainData, if_version: IfVersion = None) -> SettingsShown:
    """Replace the settings; every agent keeps to them from the next message on.

    A limit, or what is kept how long, takes an owner's key.
    """
    await _check_limits(key, here, settings)
    return _shown(await here.services.team.put_settings(settings, "the settings", if_version=if_version))


@router.patch("", openapi_extra=TAKEN)
async def change_settings(key: Operator, here: Here, changes: PlainData, if_version: IfVersion = None) -> SettingsShown:
    """Change some settings: objects are merged, lists replaced, null takes a value away (RFC 7396).

    A limit, or what is kept how long, takes an owner's key.
    """
    await _check_limits(key, here, changes)
    if not isinstance(changes, dict):
        raise InvalidInput("the body is no object: name each setting to change with its new value")
    made = cast(Mapping[str, JsonValue], changes)
    return _shown(await here.services.team.change_settings(made, if_version=if_version))


@router.get("/versions")
async def list_versions(_viewer: Viewer, here: Here) -> Versions:
    """List the settings there were."""
    versions = await here.services.team.settings_versions()
    return Versions(
        versions=[VersionShown(version=one.version, made_at=one.made_at, is_shipped=one.is_shipped) for one in versions]
    )


@router.get("/versions/{version}")
async def show_version(version: Version, _viewer: Viewer, here: Here) -> SettingsShown:
    """Show earlier settings."""
    return _shown(version_of(SETTINGS, await here.services.team.settings_versions(), version))


@router.post("/versions/{version}/restore")
async def restore_settings(version: Version, key: Operator, here: Here) -> SettingsShown:
    """Bring earlier settings back, as a new version. Other limits than those in force take an owner's key."""
    earlier = version_of(SETTINGS, await here.services.team.settings_versions(), version)
    await _check_limits(key, here, brand_json(earlier.value))
    return _shown(await here.services.team.restore_settings(version))


async def _check_limits(key: ApiKey, here: Running, wanted: object) -> None:
    """Let nobody but an owner decide what money moves without them."""
    current = brand_json((await here.services.team.settings()).value)
    given: Mapping[str, object] = cast("Mapping[str, object]", wanted) if isinstance(wanted, dict) else {}
    changed = [name for name in LIMITS if name in given and given[name] != current[name]]
    if changed and not key.may("owner"):
        raise rejection(403, f"{changed[0]} is an owner's matter: changing it takes a key of the role owner.")


def _shown(version: Made[Brand]) -> SettingsShown:
    return SettingsShown(
        version=version.version,
        made_at=version.made_at,
        is_shipped=version.is_shipped,
        settings=brand_json(version.value),
    )
