"""What the clients of both wire formats share: one request over HTTP, and the loop that reads its stream."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

from shopfloor.kernel.errors import Rejected
from shopfloor.models.connections import Connections
from shopfloor.models.contract import ModelRequest, Piece, TextDelta
from shopfloor.models.endpoint import Dialect, Endpoint
from shopfloor.models.fold import Fold

Json = dict[str, Any]


class WireModel(ABC):
    """A model behind a wire format, which says where its address is, how a request is written and an answer read."""

    PATH: ClassVar[str]
    FOLD: ClassVar[type[Fold]]
    HEADERS: ClassVar[Mapping[str, str]] = {}
    OPTIONAL_FIELDS: ClassVar[tuple[str, ...]]
    """What some servers do not take, or call otherwise; a request can do without it."""

    def __init__(self, endpoint: Endpoint, connections: Connections) -> None:
        """Take where it is, and the process's connections."""
        self._endpoint = endpoint
        self._connections = connections
        self._dialect = Dialect(endpoint)
        self._url = f"{endpoint.base_url}{self.PATH}"
        self._headers = {"Content-Type": "application/json", **self.HEADERS, **endpoint.headers}

    @abstractmethod
    def _body(self, request: ModelRequest, where: Endpoint, dialect: Dialect) -> Json:
        """Return the JSON of a request, as a server takes it that takes everything."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Piece]:
        """Ask once; where a field is refused that is not needed, once more without it."""
        where = self._endpoint
        while True:
            body = self._body(request, where, self._dialect)
            sent = {name: value for name, value in body.items() if self._dialect.takes(name)} | dict(where.extra)
            try:
                async with self._connections.post(
                    self._url,
                    headers=self._headers,
                    body=json.dumps(sent).encode(),
                    deadlines=where.deadlines,
                    who=where.name,
                ) as call:
                    fold = self.FOLD(where.name)
                    while not fold.is_done and (events := await call.events()):
                        if text := fold.text_of(events):  # what arrived together is given out together
                            yield TextDelta(text)
                    if fold.is_done:
                        await call.drain()
                yield fold.finished()
                return
            except Rejected as error:
                if not self._dialect.learn(error.field, self.OPTIONAL_FIELDS, sent):
                    raise
