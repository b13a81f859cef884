"""What is held of a customer, given out and erased on their request. Who they are stands in no address."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from shopfloor.http.access import Owner
from shopfloor.http.audit import STREAMED, download
from shopfloor.http.running import Here

router = APIRouter(prefix="/v1/customers", tags=["customers"])


class Named(BaseModel):
    """A customer, or a guest."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[str, Field(min_length=1, max_length=320)]
    """A customer's id or e-mail address, or the e-mail address of a guest."""


class ToErase(Named):
    """A customer, or a guest, who is to be erased."""

    even_open: bool = False
    """Whether conversations are erased too that wait for an approval, or for an action's outcome."""


class KeptShown(BaseModel):
    """Something that stays."""

    what: str
    why: str


class ErasedShown(BaseModel):
    """What was erased, and what stays."""

    erased: dict[str, int]
    kept: list[KeptShown]
    is_whole: bool
    """Whether nothing is left that is to be erased; otherwise `kept` says what is not over yet."""


@router.post("/export", response_class=Response, responses=STREAMED)
async def export_customer(owner: Owner, here: Here, named: Named) -> StreamingResponse:
    """Give out all that is held of a customer, as one JSON document."""
    pieces = here.services.customers.export(named.customer, staff=owner.id)
    return await download(pieces, "customer.json", "application/json")


@router.post("/erase")
async def erase_customer(owner: Owner, here: Here, named: ToErase) -> ErasedShown:
    """Erase for good what is held of a customer."""
    done = await here.services.customers.erase(named.customer, staff=owner.id, even_open=named.even_open)
    return ErasedShown(
        erased=done.counts,
        kept=[KeptShown(what=one.what, why=one.why) for one in done.kept],
        is_whole=done.is_whole,
    )
