"""Every error as `application/problem+json` (RFC 9457), without a word on the inside of the server."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue
from starlette.exceptions import HTTPException as StarletteHTTPException

from shopfloor.kernel.errors import (
    Conflict,
    FieldProblem,
    InvalidFields,
    InvalidInput,
    NotFound,
    Refused,
    ShopfloorError,
    WorldError,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
FIELDS = "Some fields cannot be used; each is named in `errors`."
MAX_ERRORS = 20
MAX_TEXT = 300
SPOKEN = {
    404: "There is nothing at this address. What there is stands in /openapi.json.",
    405: "This address does not take this method. What it takes stands in the Allow header.",
    400: "The body could not be read: send JSON in UTF-8.",
}
"""Said in place of the framework's own words."""


class FieldShown(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, and what can be done."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldShown] | None = None


def rejection(status: int, detail: str, headers: Mapping[str, str] | None = None) -> HTTPException:
    """Return the error that a route raises where no error of the kernel fits, such as for missing credentials."""
    return HTTPException(status, detail, dict(headers) if headers else None)


def problem(
    status: int,
    detail: str,
    *,
    request_id: str,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[FieldProblem] = (),
) -> Response:
    """Return a problem as a response."""
    title = HTTPStatus(status).phrase
    body: dict[str, JsonValue] = {
        "type": f"urn:shopfloor:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:shopfloor:request:{request_id}",
    }
    if errors:
        body["errors"] = [
            {"field": error.field[:MAX_TEXT] or "body", "message": error.message[:MAX_TEXT]}
            for error in errors[:MAX_ERRORS]
        ]
    # ASCII only: a field may be named by half a surrogate pair, which UTF-8 cannot hold.
    return Response(json.dumps(body), status, headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str:
    """Return the id that the request goes by in the log."""
    return cast(str, request.scope.get("shopfloor.request_id", "unknown"))


def install(api: FastAPI) -> None:
    """Let every error of an API become a problem."""
    for kind, handler in (
        (StarletteHTTPException, _http),
        (RequestValidationError, _invalid),
        (ShopfloorError, _ours),
        (Exception, _broken),
    ):
        api.add_exception_handler(kind, cast(Any, handler))


def document(openapi: dict[str, Any]) -> None:
    """Put problems into an OpenAPI document, in place of the framework's own errors."""
    schemas = openapi["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Problem"].pop("$defs")
    shown = {
        "description": "A problem, as RFC 9457 has it.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in openapi["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = shown


async def _http(request: Request, error: StarletteHTTPException) -> Response:
    is_own = isinstance(error, HTTPException) and error.detail != "There was an error parsing the body"
    detail = error.detail if is_own else SPOKEN.get(error.status_code, error.detail)
    return problem(error.status_code, detail, request_id=request_id_of(request), headers=error.headers)


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = cast("Sequence[dict[str, Any]]", error.errors())
    if any(one["type"] == "json_invalid" for one in found):
        return problem(400, SPOKEN[400], request_id=request_id_of(request))
    content_type = request.headers.get("content-type", "")
    if _is_other_than_json(content_type) and any(one["loc"] == ("body",) for one in found):
        detail = "The body is not declared as JSON: send it with `Content-Type: application/json`."
        return problem(415, detail, request_id=request_id_of(request))
    errors = [problem for one in found for problem in _told(one)]
    return problem(422, FIELDS, request_id=request_id_of(request), errors=errors)


def _is_other_than_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return not (kind == "application/json" or kind.endswith("+json"))


def _told(one: dict[str, Any]) -> Sequence[FieldProblem]:
    """Return what is wrong: one field, or several that a body's own check found."""
    named = cast("dict[str, Sequence[FieldProblem]]", one.get("ctx") or {}).get("problems")
    return named or [FieldProblem(_field(one["loc"]), str(one["msg"]))]


def _field(loc: Sequence[object]) -> str:
    named = [str(part) for part in loc if part not in {"body", "query", "path", "header"}]
    return ".".join(named)


async def _ours(request: Request, error: ShopfloorError) -> Response:
    request_id = request_id_of(request)
    match error:
        case InvalidFields():
            return problem(422, FIELDS, request_id=request_id, errors=error.problems)
        case InvalidInput():
            return problem(422, str(error), request_id=request_id)
        case NotFound():
            return problem(404, str(error), request_id=request_id)
        case Conflict() | Refused():
            return problem(409, str(error), request_id=request_id)
        case WorldError():  # what it says is for the operator: it names files and systems
            logger.error("request %s failed: %s", request_id, error)
            detail = "Something that this needs does not work just now: try again in a moment."
            return problem(503, detail, request_id=request_id, headers={"Retry-After": "5"})
        case _:
            return await _broken(request, error)


async def _broken(request: Request, error: Exception) -> Response:
    request_id = request_id_of(request)
    logger.error("request %s broke", request_id, exc_info=error)
    return problem(500, "Something broke on our side; it is in the log under this instance.", request_id=request_id)
