"""Knowledge over HTTP: sources, search, corrections, and questions left open."""

import pytest
from demo_app import begin, say
from serving import Served

pytestmark = pytest.mark.anyio

QUESTION = "Do you do monogramming?"
ANSWER = "Yes: our shop in Portland sews initials onto any jacket."


async def test_sources_and_what_is_found_in_them_are_shown(served: Served) -> None:
    viewer = await served.key("viewer")
    [demo] = (await served.client.get("/v1/knowledge/sources", headers=viewer)).json()["sources"]
    assert (demo["name"], demo["kind"], demo["pages"]) == ("demo", "demo", 73)
    asked = {"q": "how much does shipping cost", "limit": 2}
    found = (await served.client.get("/v1/knowledge/search", params=asked, headers=viewer)).json()
    assert found["answerable"] is True
    assert found["passages"][0]["source"] == "shipping-costs"
    assert len(found["passages"]) == 2


async def test_a_question_left_open_is_listed_until_a_correction_answers_it(served: Served) -> None:
    operator = await served.key("operator")

    async def questions() -> list[dict[str, object]]:
        listed = await served.client.get("/v1/knowledge/questions", headers=operator)
        return listed.json()["questions"]

    assert await questions() == []
    for words in (QUESTION, "do you do monogramming here"):
        await say(served.app, await begin(served.app), words)
    [left] = await questions()
    assert left["count"] == 2
    made = await served.client.post(
        "/v1/knowledge/corrections", json={"question": f"{QUESTION}\0", "answer": f"\x1b{ANSWER}"}, headers=operator
    )
    assert made.status_code == 201
    assert made.json()["made_by"] == "the operator"
    assert (made.json()["question"], made.json()["answer"]) == (QUESTION, ANSWER)
    assert await questions() == []
    assert ANSWER in await say(served.app, await begin(served.app), QUESTION)
    gone = await served.client.delete(f"/v1/knowledge/corrections/{made.json()['id']}", headers=operator)
    assert gone.status_code == 204
    assert len(await questions()) == 1
    again = await served.client.delete(f"/v1/knowledge/corrections/{made.json()['id']}", headers=operator)
    assert again.status_code == 404


@pytest.mark.parametrize(
    "body", [{"question": QUESTION}, {"question": "", "answer": "x"}, {"question": " ", "answer": "x"}]
)
async def test_a_correction_without_words_is_a_problem(served: Served, body: dict[str, str]) -> None:
    refused = await served.client.post("/v1/knowledge/corrections", json=body, headers=await served.key("operator"))
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
