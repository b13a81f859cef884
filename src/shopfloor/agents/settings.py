"""The shop's settings for its agents, as data: one `Brand`, kept with its earlier versions, read anew for each turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Protocol, cast

from anyio import to_thread
from pydantic import JsonValue, ValidationError

from shopfloor.agents.brand import Brand
from shopfloor.agents.fields import fields_of, shown
from shopfloor.agents.languages import OTHERS
from shopfloor.agents.yaml_files import read_yaml, write_yaml
from shopfloor.kernel.clock import Clock, SystemClock
from shopfloor.kernel.errors import Conflict, InvalidFields, NotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsVersion:
    """The settings from one change to the next."""

    version: int
    """Counted from 1."""
    brand: Brand
    is_shipped: bool
    """Whether they are as the product brought them; such settings are renewed when the product is."""
    made_at: datetime


class Settings(Protocol):
    """What every agent keeps to."""

    async def brand(self) -> Brand:
        """Return the settings in force."""
        ...

    async def current(self) -> SettingsVersion:
        """Return the settings in force, with their version."""
        ...

    async def put(self, brand: Brand, *, if_version: int | None = None) -> SettingsVersion:
        """Replace the settings; in force from the next turn on. The same settings again change nothing.

        `if_version` is the version that the change was made from.

        Raises:
            InvalidFields: a value that cannot be used.
            Conflict: they were changed since that version.
        """
        ...

    async def ship(self, brand: Brand) -> None:
        """Bring the product's own settings: the first version, or in place of older ones that nobody changed."""
        ...

    async def versions(self) -> Sequence[SettingsVersion]:
        """Return all settings there were, the newest first."""
        ...

    async def restore(self, version: int) -> SettingsVersion:
        """Bring earlier settings back, as a new version.

        Raises:
            NotFound: no such version.
        """
        ...


class MemorySettings:
    """Settings kept for the life of the process."""

    def __init__(self, brand: Brand, clock: Clock | None = None) -> None:
        """Take the product's settings, and the clock that changes are dated by."""
        self._clock = clock or SystemClock()
        self._versions: list[SettingsVersion] = []
        self._write(brand, is_shipped=True)

    async def brand(self) -> Brand:
        """Return the settings in force."""
        return self._versions[-1].brand

    async def current(self) -> SettingsVersion:
        """Return the settings in force, with their version."""
        return self._versions[-1]

    async def put(self, brand: Brand, *, if_version: int | None = None) -> SettingsVersion:
        """Replace the settings."""
        checked = await to_thread.run_sync(brand_of, brand_json(brand), "settings")
        current = self._versions[-1]
        check_version(current.version, if_version)
        return current if current.brand == checked else self._write(checked, is_shipped=False)

    async def ship(self, brand: Brand) -> None:
        """Bring the product's own settings."""
        if self._versions[-1].is_shipped and self._versions[-1].brand != brand:
            self._write(brand, is_shipped=True)

    async def versions(self) -> Sequence[SettingsVersion]:
        """Return all settings there were, the newest first."""
        return self._versions[::-1]

    async def restore(self, version: int) -> SettingsVersion:
        """Bring earlier settings back."""
        return await self.put(version_of(self._versions, version).brand)

    def _write(self, brand: Brand, *, is_shipped: bool) -> SettingsVersion:
        version = SettingsVersion(
            version=len(self._versions) + 1, brand=brand, is_shipped=is_shipped, made_at=self._clock.now()
        )
        self._versions.append(version)
        return version


def version_of(versions: Sequence[SettingsVersion], version: int) -> SettingsVersion:
    """Return one of the settings there were.

    Raises:
        NotFound: no such version.
    """
    known = next((one for one in versions if one.version == version), None)
    if known is None:
        raise NotFound(f"there is no version {version} of the settings: `shopfloor settings history` shows all")
    return known


def check_version(current: int, wanted: int | None) -> None:
    """Check that a change was made from the settings in force.

    Raises:
        Conflict: they were changed since.
    """
    if wanted is not None and wanted != current:
        raise Conflict(f"the settings are at version {current} by now, not {wanted}: look at them and change them anew")


def brand_json(brand: Brand) -> dict[str, JsonValue]:
    """Return settings as they are stored."""
    return brand.model_dump(mode="json")


def brand_of(data: object, where: str) -> Brand:
    """Read settings from plain values.

    Raises:
        InvalidFields: naming each field that is wrong.
    """
    try:
        brand = Brand.model_validate(data)
    except ValidationError as error:
        raise InvalidFields(f"{where} cannot be used", fields_of(error)) from error
    if problems := brand.language_problems():
        raise InvalidFields(f"{where} cannot be used", shown(problems))
    return brand


def parse_brand(text: str, where: str) -> Brand:
    """Read settings from YAML.

    Raises:
        InvalidInput: naming the file and each field that is wrong.
    """
    return brand_of(read_yaml(text, where), where)


def export_brand(brand: Brand) -> str:
    """Write settings as YAML that reads as the same settings."""
    return write_yaml(brand_json(brand))


def merged(data: JsonValue, changes: JsonValue) -> JsonValue:
    """Return plain values with changes: objects are merged, None takes a key away (JSON Merge Patch, RFC 7396)."""
    if not isinstance(changes, Mapping):
        return changes
    result: dict[str, JsonValue] = dict(data) if isinstance(data, Mapping) else {}
    for name, change in changes.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), change)
    return result


def without_stale(data: JsonValue, changes: Mapping[str, JsonValue], before: Brand) -> JsonValue:
    """Return changed settings without the translations of texts that the change has put others for."""
    if not isinstance(data, dict) or not isinstance(data.get("languages"), dict) or "languages" in changes:
        return data
    try:
        gone = before.texts().keys() - Brand.model_validate({**data, "languages": {}}).texts().keys()
    except ValidationError:  # which is told once the settings are read whole
        return data
    languages = cast("dict[str, dict[str, dict[str, JsonValue]]]", data["languages"])
    left = {
        name: {"texts": {source: text for source, text in one["texts"].items() if source not in gone}}
        for name, one in languages.items()
    }
    return {**data, "languages": cast(JsonValue, left)}


def shipped_brand() -> Brand:
    """Return the settings of the demo shop, with the languages in the files beside them: `brand.de.yaml`."""
    folder = resources.files("shopfloor.agents") / "shipped"
    data = cast("dict[str, JsonValue]", read_yaml((folder / "brand.yaml").read_text("utf-8"), "brand.yaml"))
    files = {language: folder / f"brand.{language}.yaml" for language in OTHERS}
    languages = {one: read_yaml(file.read_text("utf-8"), file.name) for one, file in files.items() if file.is_file()}
    return Brand.model_validate({**data, "languages": languages})
