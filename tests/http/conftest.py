"""One running server for tests that ask nothing special of it: fitting the planner takes most of a test's time."""

from collections.abc import AsyncGenerator

import pytest
from serving import Served, serving


@pytest.fixture(scope="module")
async def served() -> AsyncGenerator[Served]:
    async with serving() as running:
        yield running
