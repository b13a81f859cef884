"""The figures, for Prometheus or whatever else reads its format."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Response

from shopfloor.http.access import Viewer
from shopfloor.http.running import Here
from shopfloor.kernel.errors import NotFound

router = APIRouter()

TEXT = {"text/plain": {"schema": {"type": "string"}}}
SHOWN: dict[int | str, dict[str, Any]] = {200: {"description": "The figures.", "content": TEXT}}


@router.get("/metrics", tags=["server"], response_class=Response, responses=SHOWN)
async def show_metrics(
    _viewer: Viewer, here: Here, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Show what this process has counted since it began, and how things stand, in Prometheus' text format."""
    telemetry = here.services.telemetry
    if telemetry is None:
        raise NotFound(
            "nothing is counted here: open the installation with is_measured=True, as `shopfloor serve` does"
        )
    gauges, failed = await here.gauges.read()
    text, media_type = await to_thread.run_sync(telemetry.figures.text, accept, gauges, failed)
    return Response(text, headers={"content-type": media_type})
