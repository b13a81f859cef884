"""The parcels of the demo shop's orders, scanned on their way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shopfloor.kernel.ids import Sku
from shopfloor.shop.demo.chance import chance
from shopfloor.shop.demo.days import Days
from shopfloor.shop.demo.people import Person
from shopfloor.shop.models import Shipment, ShipmentEvent, ShipmentState

ORIGIN = "Portland, ME"
TRACKING = "https://track.harbourlane.example/"
SIGNED_FROM = 50_000
"""Orders from this amount on, in cents, are signed for."""
CARRIERS = {"US": ("UPS", "UPS", "USPS", "USPS", "FedEx"), "CA": ("UPS", "FedEx"), "": ("DHL",)}
"""By country; the last for all others."""
HUBS = {
    "UPS": "Worcester, MA",
    "USPS": "Springfield, MA",
    "FedEx": "Newburgh, NY",
    "DHL": "Cincinnati, OH",
}
KNOWN = {123: ("UPS", "TRK456")}
"""Carrier and tracking id of the order that the guide talks about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Journey:
    """A parcel's way, in days before today."""

    number: int
    person: Person
    part: int
    """Which of the order's parcels it is, from 1."""
    shipped: int
    delivered: int
    """When it arrives; zero or less where that lies ahead."""
    is_signed: bool = False


def parcel(journey: Journey, skus: Sequence[Sku], days: Days, *, stuck: ShipmentState | None = None) -> Shipment:
    """Return a parcel as it stands now, or one that is `delayed` or `lost` on its way or only a label."""
    state = stuck or _state(journey)
    scans = _label(journey, days) if state == "label_created" else _scans(journey, state, days)
    carrier, tracking_id = _carrier(journey)
    return Shipment(
        id=f"S{journey.number}-{journey.part}",
        carrier=carrier,
        tracking_id=tracking_id,
        tracking_url=TRACKING + tracking_id,
        state=state,
        shipped_at=None if state == "label_created" else _shipped_at(journey, days),
        expected_on=days.date(journey.delivered),
        delivered_at=scans[-1].at if state == "delivered" else None,
        skus=tuple(skus),
        events=scans,
    )


def tracking_id(*of: object) -> str:
    """Return a tracking id."""
    return f"TRK{chance('tracking', *of).randint(10**8, 10**9 - 1)}"


def _state(journey: Journey) -> ShipmentState:
    if journey.delivered > 0:
        return "delivered"
    return "out_for_delivery" if journey.delivered == 0 else "in_transit"


def _carrier(journey: Journey) -> tuple[str, str]:
    carriers = CARRIERS.get(journey.person.address.country, CARRIERS[""])
    usual = chance("carrier", journey.number, journey.part).choice(carriers)
    return KNOWN.get(journey.number, (usual, tracking_id(journey.number, journey.part)))


def _shipped_at(journey: Journey, days: Days) -> datetime:
    return days.at(journey.shipped, 15 * 60 + chance("shipped", journey.number, journey.part).randint(0, 150))


def _label(journey: Journey, days: Days) -> tuple[ShipmentEvent, ...]:
    at = days.before_now(days.at(max(journey.shipped, 0), 11 * 60))
    return (ShipmentEvent(at=at, place=ORIGIN, text="Label created"),)


def _scans(journey: Journey, state: ShipmentState, days: Days) -> tuple[ShipmentEvent, ...]:
    """Return the scans up to now; a parcel that is stuck has none after the hub."""
    shipped = _shipped_at(journey, days)
    hub = HUBS[_carrier(journey)[0]]
    scans = [
        ShipmentEvent(at=shipped - timedelta(minutes=50), place=ORIGIN, text="Label created"),
        ShipmentEvent(at=shipped, place=ORIGIN, text="Picked up by carrier"),
        ShipmentEvent(at=shipped + timedelta(hours=3, minutes=20), place=ORIGIN, text="Departed facility"),
        ShipmentEvent(at=days.at(journey.shipped - 1, 6 * 60 + 25), place=hub, text="Arrived at facility"),
    ]
    if state == "delayed":
        scans.append(_scan(days, journey.shipped - 1, 19 * 60 + 5, hub, "Delayed by severe weather"))
    elif state == "lost":
        scans.append(_scan(days, journey.delivered - 3, 9 * 60 + 30, hub, "Parcel not found, search started"))
    else:
        scans += _last_mile(journey, days)
    return tuple(scan for scan in scans if scan.at <= days.now)


def _last_mile(journey: Journey, days: Days) -> list[ShipmentEvent]:
    address, day = journey.person.address, journey.delivered
    town = ", ".join(part for part in (address.city, address.region or address.country) if part)
    throw = chance("door", journey.number, journey.part)
    scans = [_scan(days, day + 1, 20 * 60 + throw.randint(0, 90), town, "Arrived at local facility")]
    if not journey.person.is_american:
        scans.insert(0, _scan(days, day + 2, 7 * 60 + 45, town, "Cleared customs"))
    if day == 0:
        at = days.before_now(days.at(0, 7 * 60 + 40))
        return [*scans, ShipmentEvent(at=at, place=town, text="Out for delivery")]
    left = "Delivered, signed for" if journey.is_signed else "Delivered, left at front door"
    return [
        *scans,
        _scan(days, day, 7 * 60 + throw.randint(10, 80), town, "Out for delivery"),
        _scan(days, day, 11 * 60 + throw.randint(0, 420), town, left),
    ]


def _scan(days: Days, ago: int, minutes: int, place: str, text: str) -> ShipmentEvent:
    return ShipmentEvent(at=days.at(ago, minutes), place=place, text=text)
