"""The public surface: what a developer of a shop may import from the package itself."""

import shopfloor


def test_the_public_surface_is_this_list() -> None:
    assert shopfloor.__all__ == [
        "GUEST",
        "AgentCard",
        "App",
        "CallerError",
        "Config",
        "Event",
        "Identity",
        "Released",
        "ShopfloorError",
        "WorldError",
        "memory_app",
        "open_app",
        "parse_card",
    ]


def test_every_public_name_is_there_and_documented() -> None:
    undocumented = [name for name in shopfloor.__all__ if name != "GUEST" and not getattr(shopfloor, name).__doc__]
    assert undocumented == []
