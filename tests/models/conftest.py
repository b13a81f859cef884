"""What the tests of the clients share: the process's connections, closed at the end."""

from collections.abc import AsyncIterator

import pytest

from shopfloor.models.connections import Connections


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    connections = Connections()
    yield connections
    await connections.close()
