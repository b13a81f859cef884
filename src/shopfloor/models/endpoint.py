"""Where a model is asked, and what its server takes that others do not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

OTHER_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """How long each part of a call may take, in seconds."""

    connect_s: float = 5.0
    first_byte_s: float = 30.0
    """From the call to the first piece of the answer; models that think first may take longer."""
    between_s: float = 30.0
    """From one piece to the next."""
    whole_s: float = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One model at one server."""

    provider: str
    """As settings and reports call it."""
    model: str
    """As the server calls it."""
    base_url: str
    """Without a slash at its end."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """What shows who we are; never shown or logged."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    omit: frozenset[str] = frozenset()
    """Fields of a request that the server does not take."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """Fields that every request to it has besides."""
    max_tokens_field: str = "max_tokens"
    """What the server calls the limit of the answer."""
    has_schemas: bool = True
    """Whether it keeps to a JSON schema; where not, it is told the schema and keeps to JSON."""
    takes_cache_key: bool = False
    has_system_notes: bool = False
    """Whether it takes a system message in the middle of the history; many chat templates refuse one."""

    @property
    def name(self) -> str:
        """Return `provider:model`."""
        return f"{self.provider}:{self.model}"


class Dialect:
    """What was learned of a server by its refusals: fields it does not take, or calls otherwise."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take what the settings say of it."""
        self._omitted = set(endpoint.omit)
        self._extra = frozenset(endpoint.extra)
        self._refused: set[str] = set()
        self.max_tokens_field = endpoint.max_tokens_field

    def takes(self, name: str) -> bool:
        """Whether a field may be sent."""
        return name not in self._omitted

    def learn(self, name: str, optional: tuple[str, ...], sent: Mapping[str, object]) -> bool:
        """Note that a field of a sent request was refused, and return whether to ask again: without it, or renamed.

        It ends: a request that is sent again does not hold the field, or holds it under the name that is left.
        """
        if name not in optional or name not in sent or name in self._extra:
            return False
        if name not in OTHER_NAMES:
            self._omitted.add(name)
            return True
        if name != self.max_tokens_field:
            return True  # a call at the same time has learned the other name
        if OTHER_NAMES[name] in self._refused:
            return False
        self._refused.add(name)
        self.max_tokens_field = OTHER_NAMES[name]
        return True
