"""Bodies that are JSON or YAML: cards and settings, as programs and as people write them."""

import json
from typing import Annotated, Any, cast

from anyio import to_thread
from fastapi import Depends, Request

from shopfloor.http.problems import rejection
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.yaml_files import read_yaml

YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})
TAKEN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}
"""What such a route adds to its description."""


async def plain_data(request: Request) -> object:
    """Return the plain values of a body.

    Raises:
        InvalidInput: it is not what it says it is.
        HTTPException: 415; it says that it is neither.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind == "application/json" or kind.endswith("+json")
    if not is_json and kind not in YAML_TYPES:
        raise rejection(415, "Send JSON as `application/json`, or YAML as `application/yaml`.")
    try:
        text = (await request.body()).decode()
        return await to_thread.run_sync(_json if is_json else _yaml, text)
    except RecursionError as error:
        raise InvalidInput("the body is nested too deep") from error
    except UnicodeDecodeError as error:
        raise rejection(400, "The body could not be read: send text in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise rejection(400, f"The body is not JSON: {error}.") from error
    except ValueError as error:  # such as a number of thousands of digits
        raise InvalidInput(f"the body cannot be used: {error}") from error


def _json(text: str) -> object:
    return cast(object, json.loads(text, parse_constant=_constant))


def _yaml(text: str) -> object:
    return read_yaml(text, "the body")


def _constant(name: str) -> object:
    raise InvalidInput(f"{name} is not JSON")


PlainData = Annotated[object, Depends(plain_data)]
