"""The tools of the demo shop, made once for all tests that only look at them."""

import pytest
from demo_app import demo_app

from shopfloor.tools.contract import Toolset


@pytest.fixture(scope="session")
async def demo_tools() -> Toolset:
    held: list[Toolset] = []

    def hold(tools: Toolset) -> Toolset:
        held.append(tools)
        return tools

    await demo_app(wrap=hold)
    return held[0]
