"""The OpenAPI document, as developers of shops and pages read it. `RENEW_SNAPSHOTS=1` writes it anew."""

import json
import os
from pathlib import Path

import pytest
from serving import Served

pytestmark = pytest.mark.anyio
SNAPSHOT = Path(__file__).parent / "snapshots" / "openapi.json"


async def test_the_document_is_the_one_that_was_read_last(served: Served) -> None:
    document = (await served.client.get("/openapi.json")).json()
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if os.environ.get("RENEW_SNAPSHOTS"):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text, "utf-8")
    assert SNAPSHOT.read_text("utf-8") == text


async def test_every_operation_says_what_it_does_and_how_it_fails(served: Served) -> None:
    document = (await served.client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], f"{method} {path}"
            assert "application/problem+json" in operation["responses"]["default"]["content"]


async def test_every_reference_of_the_document_leads_somewhere(served: Served) -> None:
    document = (await served.client.get("/openapi.json")).json()
    references = {part.split('"')[0] for part in json.dumps(document).split('"$ref": "')[1:]}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references - known == set()
    assert not any("Validation" in name for name in known)
