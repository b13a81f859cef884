"""What providers say when they do not answer, as our errors: what happened, whether to try again, and the remedy.

Nothing a provider says about a key is passed on, since some write a part of it into the message.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from pydantic import JsonValue
from pydantic_core import from_json

from shopfloor.kernel.errors import RateLimited, Rejected, Unavailable, WorldError

MAX_MESSAGE = 300
MAX_WAIT_S = 3_600.0
"""A longer wait than this is not believed."""
KEY = re.compile(r"\b(?:sk|key|pk|rk|gsk|xai|AIza)[-_A-Za-z0-9*.]{6,}")
"""What looks like a part of a key."""
OPTIONAL_FIELDS = ("temperature", "max_completion_tokens", "max_tokens", "stream_options", "prompt_cache_key")
"""What some models do not take, or call otherwise; the request can do without it."""
BUSY = frozenset({408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 524, 529})
KINDS = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "api_error": 500,
    "timeout_error": 504,
    "server_error": 500,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "invalid_request_error": 400,
}
"""Kinds of error as they are named inside a stream, by the status that they would have had."""


def error_of(status: int, body: Mapping[str, Any], who: str, retry_after_s: float | None = None) -> WorldError:
    """Return the error of an HTTP status, with what the body says; `who` names provider and model."""
    said = message_of(body)
    if status == 429 and _is_out_of_credit(body):
        return Rejected(f"{who}: the account has no credit left: top it up at the provider", is_lasting=True)
    if status == 429:
        return RateLimited(f"{who}: it is asked too often{said}", retry_after_s=retry_after_s)
    if status in BUSY or status > 529:
        return Unavailable(f"{who}: it failed with status {status}{said}", retry_after_s=retry_after_s)
    if status in {401, 403}:
        return Rejected(f"{who}: its key was not accepted ({status}): check the variable it stands in", is_lasting=True)
    if status == 402:
        return Rejected(f"{who}: it wants to be paid first: top the account up at the provider", is_lasting=True)
    if status == 404:
        remedy = "check the model's name and the provider's base_url"
        return Rejected(f"{who}: there is no such model or address{said}: {remedy}", is_lasting=True)
    if 300 <= status < 400:
        return Rejected(f"{who}: it points elsewhere ({status}): check the provider's base_url", is_lasting=True)
    return Rejected(f"{who}: it does not take this request ({status}){said}", field=_field(body, said))


def error_in_stream(error: object, who: str) -> WorldError:
    """Return the error that a provider tells within a stream that began well."""
    body = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": str(error)}
    code = body.get("code")
    if isinstance(code, int) and code >= 400:
        return error_of(code, body, who)
    kinds = [KINDS[kind] for kind in (body.get("type"), code) if isinstance(kind, str) and kind in KINDS]
    return error_of(kinds[0] if kinds else 500, body, who)


def message_of(body: Mapping[str, Any]) -> str:
    """Return what an error's body says, as the end of a sentence, without what looks like a key; empty for nothing."""
    error = body.get("error", body)
    said = cast("dict[str, Any]", error).get("message") if isinstance(error, dict) else error
    if not isinstance(said, str) or not said.strip():
        return ""
    line = " ".join(KEY.sub("[key]", said).split())[:MAX_MESSAGE]
    return ": " + "".join(letter for letter in line if letter.isprintable())


def body_of(data: bytes) -> dict[str, JsonValue]:
    """Return an error's body; anything but a JSON object is empty."""
    try:
        body: object = from_json(data)
    except ValueError:
        return {}
    return cast("dict[str, JsonValue]", body) if isinstance(body, dict) else {}


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return in how many seconds a provider wants to be asked again; None where it does not say, or says nonsense."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        said = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", said):
            return min(float(said) / scale, MAX_WAIT_S)
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_WAIT_S)


def _field(body: Mapping[str, Any], said: str) -> str:
    """Return the field of our request that is wrong; empty where none is named."""
    error = body.get("error")
    named = cast("dict[str, Any]", error).get("param") if isinstance(error, dict) else None
    return named if isinstance(named, str) else next((field for field in OPTIONAL_FIELDS if field in said), "")


def _is_out_of_credit(body: Mapping[str, Any]) -> bool:
    error = body.get("error", body)
    said = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    return "insufficient_quota" in (said.get("code"), said.get("type"))
