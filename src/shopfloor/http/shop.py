"""What everybody may know: that the server is there, and whose it is."""

from fastapi import APIRouter
from pydantic import BaseModel

from shopfloor.http.running import Here

router = APIRouter()

HEALTHZ = "/healthz"


class Health(BaseModel):
    """The server answers."""

    status: str = "ok"


class ShopShown(BaseModel):
    """Whose server it is."""

    shop_name: str
    greeting: str
    is_open: bool
    """Whether people of the shop are in; the team answers day and night."""
    zone: str
    """The IANA time zone that the team's days are meant in."""


@router.get(HEALTHZ, tags=["server"])
async def health() -> Health:
    """Say that the server answers."""
    return Health()


@router.get("/v1/shop", tags=["server"])
async def shop(here: Here) -> ShopShown:
    """Say whose server it is."""
    brand = await here.services.settings.in_force()
    is_open = brand.is_open(here.services.clock.now())
    return ShopShown(shop_name=brand.shop_name, greeting=brand.greeting, is_open=is_open, zone=brand.zone)
