"""What load balancers and supervisors ask: whether the process answers, and whether it can take requests."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from shopfloor.http.problems import problem, request_id_of
from shopfloor.http.running import Here
from shopfloor.kernel.errors import FieldProblem

router = APIRouter(prefix="/health")

LIVE, READY = "/health/live", "/health/ready"
RETRY_S = 2
NOT_READY = "This server takes no requests just now; what fails is named in `errors`."


class Alive(BaseModel):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """Requests are taken."""

    status: Literal["ready"] = "ready"


@router.get("/live", tags=["server"])
async def live() -> Alive:
    """Say that the process answers. Where it does not, it should be started again."""
    return Alive()


@router.get("/ready", tags=["server"], response_model=Ready)
async def ready(request: Request, here: Here) -> Ready | Response:
    """Say whether requests can be taken: 503 with the checks that fail in `errors`, or 200."""
    failing = await here.readiness.failing()
    return not_ready(request, failing) if failing else Ready()


def not_ready(request: Request, failing: Sequence[FieldProblem]) -> Response:
    """Return the problem that says why no requests are taken."""
    return problem(
        503, NOT_READY, request_id=request_id_of(request), headers={"Retry-After": str(RETRY_S)}, errors=failing
    )
