"""What every test runs under: the asyncio backend, and a loop that must not be blocked."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _the_loop_is_never_blocked() -> Iterator[BlockBuster]:
    with blockbuster_ctx("shopfloor") as blocker:
        yield blocker
