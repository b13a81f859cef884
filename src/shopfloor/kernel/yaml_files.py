"""YAML from outside: plain values only, in bounds, and no key twice; and YAML as people like to read it."""

from importlib import resources
from typing import Any, cast

import yaml
from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode

from shopfloor.kernel.errors import InvalidInput

MAX_CHARACTERS = 300_000
"""Of a file; the longest card that comes with the product has a tenth of it."""
FOLDED = 100
"""A text of more characters is written over several lines."""


class _Loader(yaml.SafeLoader):
    """Reads no aliases, by which a few lines can stand for gigabytes, and no key twice."""

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        if self.check_event(yaml.AliasEvent):  # pyright: ignore[reportUnknownMemberType]
            raise ComposerError(None, None, "write it out: aliases (*name) are not read", None)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, ScalarNode)]
        if len(set(names)) < len(names):
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice!r} stands there twice", node.start_mark
            )
        return cast("dict[Any, Any]", super().construct_mapping(node, deep))


_FAST = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class _Dumper(yaml.SafeDumper):
    """Writes long texts over several lines, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> ScalarNode:
    style = "|" if "\n" in value else ">" if len(value) > FOLDED else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def read_shipped(package: str, name: str) -> object:
    """Return the plain values of a file among those that a package ships, such as `sentences/de.yaml`.

    It is ours, so it is read by the fast parser where there is one, which knows no bounds.
    """
    file = resources.files(package) / "shipped" / name
    return cast(object, yaml.load(file.read_text("utf-8"), _FAST))  # noqa: S506  (a safe loader)


def read_yaml(text: str, where: str) -> object:
    """Return the plain values that a text in YAML (JSON is YAML too) holds.

    Raises:
        InvalidInput: naming the file and the line.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"{where} has {len(text):,} characters: at most {MAX_CHARACTERS:,} are read")
    try:
        return cast(object, yaml.load(text, _Loader))  # noqa: S506  (a safe loader, with less in it)
    except RecursionError as error:
        raise InvalidInput(f"{where} is not YAML that can be used: it is nested too deep") from error
    except (yaml.YAMLError, ValueError) as error:  # a day such as 2026-02-31 is a ValueError
        raise InvalidInput(f"{where} is not YAML: {error}") from error


def write_yaml(data: object) -> str:
    """Return plain values as YAML, their keys in the order given."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
