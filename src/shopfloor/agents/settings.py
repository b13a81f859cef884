"""The shop's settings for its agents, as data: one `Brand`, kept with its earlier versions, read anew for each turn."""

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue, ValidationError

from shopfloor.agents.brand import Brand
from shopfloor.agents.languages import OTHERS
from shopfloor.database.versioned import Kind, Versioned
from shopfloor.kernel.errors import InvalidFields
from shopfloor.kernel.fields import fields_of, shown
from shopfloor.kernel.yaml_files import read_shipped, read_yaml, write_yaml

Settings = Versioned[Brand]
"""What every agent keeps to."""


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
        raise InvalidFields(f"{where} cannot be used", fields_of(error, Brand)) from error
    if problems := brand.language_problems():
        raise InvalidFields(f"{where} cannot be used", shown(problems))
    return brand


SETTINGS = Kind(name="settings", plural="settings", history="shopfloor settings history", type=Brand, read=brand_of)
"""How settings are kept."""


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
    data = cast("dict[str, JsonValue]", read_shipped("shopfloor.agents", "brand.yaml"))
    languages = {language: read_shipped("shopfloor.agents", f"brand.{language}.yaml") for language in OTHERS}
    return Brand.model_validate({**data, "languages": languages})
