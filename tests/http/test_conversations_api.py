"""Conversations over HTTP, as a customer's page uses them."""

import anyio
import pytest
from demo_app import JONAS, MAYA
from serving import Reader, read, serving

pytestmark = pytest.mark.anyio


async def test_a_message_is_taken_and_answered_over_the_stream() -> None:
    async with serving() as served:
        talk = await served.open()
        taken = await talk.post("do you have red sneakers in men's size 9?", waits=False)
        assert taken.status_code == 202
        reader = Reader()
        await read(talk, reader, lambda r: r.is_idle)
        (_, asked), (_, answer) = reader.transcript()
        assert asked == "do you have red sneakers in men's size 9?"
        assert "Speedster Red Edition" in answer
        assert reader.transcript() == await talk.transcript()


async def test_a_caller_that_accepts_json_waits_for_the_reply() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(MAYA))
        answer = await talk.post("where is my order 123?")
        assert answer.status_code == 200
        (reply,) = answer.json()["replies"]
        assert "TRK456" in reply["content"]
        assert reply["outcome"] == "answered"
        assert {"kind": "order", "id": "123"} in reply["sources"]


async def test_a_message_sent_again_is_the_same_message_and_gets_the_same_reply() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(MAYA))
        first = await talk.post("where is my order 123?", "a")
        again = await talk.post("where is my order 123?", "a")
        assert first.json() == again.json()
        assert len(await talk.transcript()) == 2


async def test_many_at_once_with_one_client_id_are_one_message() -> None:
    async with serving() as served:
        talk = await served.open()
        answers: list[dict] = []

        async def send() -> None:
            answers.append((await talk.post("what are your opening hours?", "same")).json())

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(send)
        assert all(answer == answers[0] for answer in answers)
        assert len([said for said in await talk.transcript() if "opening" in said[1]]) == 1


async def test_another_text_under_the_same_client_id_is_a_conflict() -> None:
    async with serving() as served:
        talk = await served.open()
        await talk.post("hello", "a")
        refused = await talk.post("goodbye", "a")
        assert refused.status_code == 409
        assert "client_id" in refused.json()["detail"]


async def test_a_conversation_opens_only_with_its_secret() -> None:
    async with serving() as served:
        talk, other = await served.open(), await served.open()
        for path in ("/transcript", "/events"):
            for headers in (
                {},
                other.headers,
                {"Authorization": "Bearer x"},
                {"Authorization": f"Basic {talk.secret}"},
            ):
                refused = await served.client.get(talk.path + path, headers=headers)
                assert refused.status_code == 401, (path, headers)
                assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_an_unknown_conversation_and_a_wrong_secret_read_the_same() -> None:
    async with serving() as served:
        talk = await served.open()
        wrong = await served.client.get(f"{talk.path}/transcript", headers={"Authorization": "Bearer no"})
        unknown = await served.client.get("/v1/conversations/conv_0/transcript", headers=talk.headers)
        strip = {"instance"}
        assert {k: v for k, v in wrong.json().items() if k not in strip} == {
            k: v for k, v in unknown.json().items() if k not in strip
        }


async def test_a_guest_signs_in_and_sees_their_orders() -> None:
    async with serving() as served:
        talk = await served.open()
        done = await served.client.post(
            f"{talk.path}/sign-in", json={"customer_token": await served.token(MAYA)}, headers=talk.headers
        )
        assert done.status_code == 204
        assert "TRK456" in await talk.say("where is order 123?", "a")


async def test_a_conversation_stays_its_customers() -> None:
    async with serving() as served:
        talk = await served.open(await served.token(MAYA))
        body = {"customer_token": await served.token(JONAS)}
        refused = await served.client.post(f"{talk.path}/sign-in", json=body, headers=talk.headers)
        assert refused.status_code == 409


@pytest.mark.parametrize("kind", ["forged", "expired", "nobody's", "nonsense"])
async def test_a_token_that_does_not_hold_is_refused(kind: str) -> None:
    async with serving() as served:
        good = await served.token(MAYA)
        header, claims, _ = good.split(".")
        signed = served.app.tokens.sign
        token = {
            "forged": f"{header}.{claims}.AAAA",
            "expired": signed("c-001", lifetime=-(served.app.clock.now() - served.app.clock.now().replace(hour=0))),
            "nobody's": signed("c-nobody"),
            "nonsense": "\u00e4" * 10,
        }[kind]
        refused = await served.client.post("/v1/conversations", json={"customer_token": token})
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"


async def test_two_customers_never_see_each_other() -> None:
    async with serving() as served:
        maya = await served.open(await served.token(MAYA))
        jonas = await served.open(await served.token(JONAS))
        await maya.say("where is my order 123?", "a")
        assert "TRK456" not in await jonas.say("where is order 123?", "a")
        assert "TRK456" not in str(await jonas.transcript())
        for path in ("transcript", "events"):
            crossed = await served.client.get(f"{maya.path}/{path}", headers=jonas.headers)
            assert crossed.status_code == 401
        posted = await served.client.post(
            f"{maya.path}/messages", json={"client_id": "x", "text": "hi"}, headers=jonas.headers
        )
        assert posted.status_code == 401


async def test_guessing_at_an_order_is_stopped_after_five_tries() -> None:
    async with serving() as served:
        talk = await served.open()
        await talk.say("where is order 123?", "start")
        said = [await talk.say(f"guess{n}@example.com", f"g{n}") for n in range(5)]
        right = await talk.say(f"the address for order 123 is {MAYA}", "right")
        assert "TRK456" not in "".join(said) + right


async def test_guessing_from_many_conversations_at_once_is_stopped_too() -> None:
    async with serving() as served:
        replies: list[str] = []

        async def guess(n: int) -> None:
            talk = await served.open()
            replies.append(await talk.say(f"where is order 123? my e-mail is guess{n}@example.com", "a"))

        async with anyio.create_task_group() as group:
            for n in range(20):
                group.start_soon(guess, n)
        late = await served.open()
        await late.say(f"where is order 123? my e-mail is {MAYA}", "a")
        assert "TRK456" not in str(await late.transcript())
        assert "TRK456" not in "".join(replies)


async def test_stop_ends_the_turn_under_way() -> None:
    async with serving() as served:
        talk = await served.open()
        nothing = await served.client.post(f"{talk.path}/stop", headers=talk.headers)
        assert nothing.status_code == 202
        assert nothing.json() == {"is_stopped": False}


async def test_support_reads_a_transcript_and_a_viewer_does_not() -> None:
    async with serving() as served:
        talk = await served.open()
        await talk.say("hello", "a")
        read_by = {
            role: (await served.client.get(f"{talk.path}/transcript", headers=await served.key(role))).status_code
            for role in ("viewer", "support", "operator", "owner")
        }
        assert read_by == {"viewer": 403, "support": 200, "operator": 200, "owner": 200}
        unknown = await served.client.get("/v1/conversations/conv_0/transcript", headers=await served.key("support"))
        assert unknown.status_code == 404
