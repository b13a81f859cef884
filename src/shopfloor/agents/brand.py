"""What every agent of the shop keeps to: name, voice, refusals, guidelines, hours, when a person takes over."""

from datetime import datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from shopfloor.agents.playbook import Data
from shopfloor.kernel.ids import AgentId

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError) as error:  # what the library raises for a name that it does not know
        raise ValueError(f"there is no time zone called {name!r}") from error
    return name


class OpeningHours(Data):
    """When staff answer on one day."""

    opens: time
    closes: time


class Guideline(Data):
    """When something holds, do something."""

    id: str
    when: str
    do: str
    agents: tuple[AgentId, ...] = ()
    """For whom; empty for all."""


class TransferScenario(Data):
    """When a person takes over, what they are told, and what the customer hears."""

    id: str
    when: str
    fields: tuple[str, ...]
    """What is asked for the ticket."""
    message: str
    out_of_hours_message: str


class Brand(Data):
    """A shop's global settings for its agents."""

    shop_name: str
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    """Where the shop is at home: what a question means that names no country."""
    zone: Annotated[str, AfterValidator(_known_zone)]
    """IANA time zone that days and opening hours are meant in."""
    voice: str
    greeting: str
    refusal: str
    """For what is not the shop's business."""
    not_understood: str
    trouble: str
    """When something of ours does not work."""
    thanks: str
    support_email: str
    hours: dict[Weekday, OpeningHours]
    """Days that are missing are closed."""
    guidelines: tuple[Guideline, ...] = ()
    transfer_scenarios: tuple[TransferScenario, ...] = ()
    irreversible_limit_minor: Annotated[int, Field(ge=0)]
    """Up to this amount an action that cannot be undone needs no merchant's approval."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]

    def is_open(self, at: datetime) -> bool:
        """Whether staff answer at an instant."""
        local = at.astimezone(ZoneInfo(self.zone))
        hours = self.hours.get(WEEKDAYS[local.weekday()])
        return hours is not None and hours.opens <= local.time() < hours.closes
