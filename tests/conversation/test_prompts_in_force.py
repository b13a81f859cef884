"""Prompts that change while the team works: from the next turn on, noted in the journal, never breaking one."""

import logging

import pytest
from demo_app import MAYA, begin, demo_app, say
from demo_models import is_planning, planned, router_of, scripted, spoken

from shopfloor.agents.prompt_texts import TOKEN_DIGITS, prompts_json, prompts_of
from shopfloor.app import App
from shopfloor.journal.events import ContextLoaded, ModelCalled
from shopfloor.kernel.ids import ConversationId

pytestmark = pytest.mark.anyio

ASKED = "Where is my order #123?"


async def change(app: App, **texts: str) -> None:
    await app.prompts.put(prompts_of(prompts_json(await app.prompts.in_force()) | texts, "x"))


async def contexts(app: App, conversation: ConversationId) -> list[ContextLoaded]:
    events = (await app.chat.state(conversation)).events
    return [event.data for event in events if isinstance(event.data, ContextLoaded)]


async def test_changed_prompts_hold_from_the_next_turn_on_and_stand_in_the_journal_before_their_calls() -> None:
    model = scripted("One.", "Two.")
    app = await demo_app(models=router_of(model), sure=1.1)
    conversation = await begin(app, MAYA)
    await say(app, conversation, ASKED)
    await change(
        app,
        specialist_system="You are {{ card.name }}. Rhyme.",
        specialist_situation="{{ request }}",
        hand_over="Give it away.",
        planner_system="Plan well. {{ team }}",
    )
    await say(app, conversation, ASKED)
    first, last = spoken(model)
    assert "# Your work" in first.system
    assert (last.system, last.tools[-1].description) == ("You are Order Management. Rhyme.", "Give it away.")
    assert last.situation.startswith('<data source="customer">')
    plans = [request.system for request in model.requests if is_planning(request)]
    assert plans[0].startswith("You plan how")
    assert plans[-1].startswith("Plan well. ## ")
    assert [context.prompts for context in await contexts(app, conversation)] == [1, 2]
    kinds = [type(event.data) for event in (await app.chat.state(conversation)).events]
    assert kinds.index(ContextLoaded) < kinds.index(ModelCalled)


async def test_the_stable_part_is_the_same_to_the_byte_until_something_changes() -> None:
    model = scripted("One.", "Two.", "Three.")
    app = await demo_app(models=router_of(model))
    for _ in range(2):
        await say(app, await begin(app, MAYA), ASKED)
    one, two = spoken(model)
    assert (one.system, one.tools, one.cache_key) == (two.system, two.tools, two.cache_key)
    await change(app, specialist_system="{{ card.name }}")
    await say(app, await begin(app, MAYA), ASKED)
    assert spoken(model)[2].cache_key != one.cache_key


async def test_without_a_model_no_version_of_prompts_is_noted() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await say(app, conversation, "hello")
    assert [context.prompts for context in await contexts(app, conversation)] == [None]


def test_a_context_of_before_there_were_versions_is_still_read() -> None:
    old = {"version": "x", "brand": {}, "cards": []}
    assert ContextLoaded.model_validate(old).prompts is None


LONG = "a line of a hundred letters or so, which is of no use to anybody at all, and is said again and again. "


FORGED = "{{ '\\ue000' ~ '" + "\\ue019" * TOKEN_DIGITS + "' ~ '\\ue001' }}"
"""What would stand for a value that is not there."""


@pytest.mark.parametrize(
    "texts",
    [
        {"specialist_system": "{{ card.name }}{% if card.id == 'order_management' %}{{ 1 / 0 }}{% endif %}"},
        {"specialist_situation": "{{ request }}{{ 1 // (skill != 'Track an order') }}"},
        {
            "specialist_system": "{{ card.name }}{% if card.id == 'order_management' %}{% for one in range(1500) %}"
            f"{LONG}{{% endfor %}}{{% endif %}}"
        },
        {"specialist_situation": "{{ request }}{% if now not in ('a day', '') %}{{ request|urlencode }}{% endif %}"},
        {"specialist_situation": "{% if now == 'a day' %}{{ request }}{% endif %}"},
        {"specialist_situation": "{{ request }}{{ pages if now not in ('a day', '') }}"},
        {"specialist_situation": f"{{{{ request }}}}{{% if now not in ('a day', '') %}}{FORGED}{{% endif %}}"},
        {"specialist_system": "{{ card.name }}{% if card.id == 'order_management' %}{{ '\\ud800' }}{% endif %}"},
    ],
    ids=["system", "situation", "too long", "changed", "left out", "a list", "forged", "half a letter"],
)
async def test_a_prompt_that_fails_for_one_agent_leaves_its_task_to_the_playbook(
    texts: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    model = scripted("A model's words.")
    app = await demo_app(models=router_of(model))
    await change(app, **texts)
    with caplog.at_level(logging.WARNING):
        reply = await say(app, await begin(app, MAYA), ASKED)
    assert "TRK456" in reply, "the playbook told it"
    assert spoken(model) == []
    assert "playbook" in caplog.text


async def test_sentences_stay_held_back_where_the_request_for_others_cannot_be_filled_in() -> None:
    words = "{% for one in sentences %}{{ one.text }}{% endfor %}{{ 1 // (2 - sentences|length) }}"
    for said, told in (("It is under way. It costs $4. Or $5.", "It is under way."), ("It costs $4. Or $5.", "TRK456")):
        model = scripted(said, "It is well.")
        app = await demo_app(models=router_of(model))
        await change(app, repair=words)
        assert told in await say(app, await begin(app, MAYA), ASKED)
        assert len(spoken(model)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{{ state }}{{ 1 // (writes_in != 'English') }}",
        "{{ state }}{% if writes_in not in ('a language', '') %}{{ state|urlencode }}{% endif %}",
        "{{ state }}{{ '\\ud800' if writes_in not in ('a language', '') }}",
        f"{{{{ state }}}}{{% if writes_in not in ('a language', '') %}}{FORGED}{{% endif %}}",
    ],
    ids=["breaks", "changed", "half a letter", "forged"],
)
async def test_a_plan_whose_prompt_fails_is_the_rules(text: str) -> None:
    model = scripted("It is under way.", plan=planned({"agent": "order_management", "skill": "track_order"}))
    app = await demo_app(models=router_of(model), sure=1.1)
    await change(app, planner_situation=text)
    assert "under way" in await say(app, await begin(app, MAYA), ASKED)
    assert not any(is_planning(request) for request in model.requests)
