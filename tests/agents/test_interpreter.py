"""The interpreter: what a playbook says, asks, calls, proposes and hands over, from the first run to the last."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
import yaml
from demo_app import NOW, contents
from pydantic import JsonValue
from tools.visit import OTHERS, OWN, Visit, maya, writes

from shopfloor.actions.proposal import Consent
from shopfloor.agents.base import BaseAgent
from shopfloor.agents.interpreter import PlaybookSpecialist
from shopfloor.agents.outcome import AgentTask, Done, Failed, HandedOff, NeedsInput, Outcome, Said, Waiting
from shopfloor.agents.registry import parse_card
from shopfloor.agents.sentences import sentences
from shopfloor.agents.settings import shipped_brand
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Unavailable
from shopfloor.kernel.money import Money
from shopfloor.shop.memory import memory_shop
from shopfloor.tools.contract import Tool, ToolArgs, ToolContext, ToolResult, Toolset
from shopfloor.tools.toolsets import ToolList

pytestmark = pytest.mark.anyio

BRAND = shipped_brand()
CARD = """
id: tester
name: Tester
half: conversation
description: Tests.
instructions: Test.
tools: [look, fail, cancel_order, change_shipping_address, open_ticket]
handoffs: [general_support]
slots:
  size: {type: size, question: "Which size?", again: "Which size, please?"}
  colour: {type: colour, question: "Which colour for size {{ size }}?"}
  order_number: {type: order_number, question: "Which order?"}
  email: {type: email, question: "Which address?"}
fragments:
  greet:
    - say: Hello.
    - use: name_it
  name_it:
    - say: This is {{ brand.shop_name }}.
    - ask: size
      when: wants_size
"""


class Look(ToolArgs):
    size: str
    colour: str = ""
    extra: str | None = None


class Shelf:
    """The world: it answers what it is asked and keeps count."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.tools: tuple[Tool[Any], ...] = (
            Tool(name="look", description="Look.", args=Look, run=self._look),
            Tool(name="fail", description="Fail.", args=Look, run=self._fail),
        )

    async def _look(self, args: Look, _context: ToolContext) -> ToolResult:
        self.looks.append(args)
        made: list[JsonValue] = ["red", "blue"]
        return ToolResult(output={"outcome": "found", "size": args.size, "colours": made})

    async def _fail(self, args: Look, _context: ToolContext) -> ToolResult:
        raise Unavailable("the shelf does not answer")


@dataclass(kw_only=True)
class Play:
    """A skill played run by run, as a conversation would."""

    steps: str
    shelf: Shelf = field(default_factory=Shelf)
    writing: Toolset | None = None
    visit: Visit = field(default_factory=Visit)
    scope: dict[str, object] = field(default_factory=lambda: {"brand": BRAND, "wants_size": False})
    origin: str = "chat_1/turn_1/t1"

    async def run(
        self,
        waiting: Waiting | None = None,
        *,
        answer: Literal["yes", "no"] | None = None,
        **slots: JsonValue,
    ) -> tuple[list[str], Outcome]:
        """Run the skill's steps, from the top or after a question, and return what was said and the outcome."""
        card = parse_card(CARD + yaml.safe_dump({"skills": [self._skill()]}), "tester.yaml")
        task = AgentTask(
            id="t1",
            skill=card.skills[0],
            request="a test",
            slots={**(waiting.slots if waiting else {}), **slots},
            said=frozenset(waiting.said if waiting else ()),
            answer=answer,
            digest=waiting.digest if waiting else None,
            origin=self.origin,
        )
        consent = None
        if waiting and waiting.digest and answer == "yes":
            consent = Consent(digest=waiting.digest, asked_at=waiting.asked_at)
        tools = ToolList([*self.shelf.tools, *(self.writing.tools() if self.writing else ())])
        agent = BaseAgent(card, BRAND, tools, (), PlaybookSpecialist(card))
        context = self.visit.context(consent=consent, origin=self.origin)
        return await _heard(agent.run(task, dict(self.scope), tools, context))

    def _skill(self) -> dict[str, Any]:
        steps = yaml.safe_load(self.steps)
        return {"id": "test", "name": "Test", "description": "Tests.", "status": "Testing...", "steps": steps}


async def _heard(outputs: AsyncIterator[Said | Outcome]) -> tuple[list[str], Outcome]:
    words: list[str] = []
    outcomes: list[Outcome] = []
    async for output in outputs:
        assert not outcomes, "something came after the outcome"
        if isinstance(output, Said):
            words.append(output.text)
        else:
            outcomes.append(output)
    (outcome,) = outcomes
    return words, outcome


def waiting(outcome: Outcome) -> Waiting:
    assert isinstance(outcome, NeedsInput)
    return Waiting.model_validate_json(outcome.waiting.model_dump_json())


async def played(steps: str, **slots: JsonValue) -> tuple[list[str], Outcome]:
    return await Play(steps=steps).run(**slots)


# -- say, call, set, end, conditions ---------------------------------------------------------------------------------


async def test_steps_run_from_the_top_and_the_skill_is_done_at_the_end() -> None:
    words, outcome = await played(
        """
- say: Looking at {{ size }}.
- call: look
  with: {size: size}
  as: found
- say: Size {{ found.size }} comes in {{ found.colours | listing }}; you asked for {{ request }}.
""",
        size="9",
    )
    assert words == ["Looking at 9.", "Size 9 comes in red and blue; you asked for a test."]
    assert outcome == Done()


async def test_a_step_runs_only_where_its_condition_holds() -> None:
    words, _ = await played(
        """
- {say: one, when: size == '9'}
- {say: two, when: size == '10'}
- {say: three, when: colour is none}
- {say: four, when: found.outcome == 'found'}
- {say: five, when: not found.colours}
""",
        size="9",
    )
    assert words == ["one", "three", "five"]


async def test_arguments_that_are_none_are_left_out_of_a_call() -> None:
    play = Play(steps="- {call: look, with: {size: size, colour: colour, extra: nothing.at.all}, as: found}")
    await play.run(size="9")
    assert play.shelf.looks == [Look(size="9")]


async def test_slots_are_set_from_expressions() -> None:
    words, _ = await played(
        """
- set: {size: "'9' if colour == 'red' else '8'", email: customer.email}
- say: "{{ size }} {{ email is none }}"
""",
        colour="red",
    )
    assert words == ["9 True"]


async def test_an_end_ends_the_skill_there() -> None:
    assert await played("[{say: one}, {end: done}, {say: two}]") == (["one"], Done())
    words, outcome = await played("[{say: one}, {end: failed}, {say: two}]")
    assert words == ["one"]
    assert isinstance(outcome, Failed)


async def test_an_end_inside_a_fragment_ends_the_skill_too() -> None:
    play = Play(steps="[{use: greet}, {say: after}]", scope={"brand": BRAND, "wants_size": True})
    words, outcome = await play.run()
    assert words == ["Hello.", "This is Harbour Lane.", "Which size?"]
    assert isinstance(outcome, NeedsInput)


async def test_fragments_inside_fragments_run_in_their_place() -> None:
    assert await played("[{use: greet}, {say: after}]") == (["Hello.", "This is Harbour Lane.", "after"], Done())


async def test_a_fragment_used_twice_speaks_twice() -> None:
    words, _ = await played("[{use: greet}, {use: greet}]")
    assert words == ["Hello.", "This is Harbour Lane."] * 2


async def test_a_task_is_handed_over_with_its_reason() -> None:
    words, outcome = await played(
        """
- say: One moment.
- {hand_off: general_support, skill: talk_to_a_person, reason: "Size {{ size }} is missing."}
- say: never said
""",
        size="9",
    )
    assert words == ["One moment."]
    assert outcome == HandedOff("general_support", "talk_to_a_person", "Size 9 is missing.")  # type: ignore[arg-type]


# -- asking ----------------------------------------------------------------------------------------------------------

ASKING = """
- say: Let me see.
- ask: size
- say: Size {{ size }} it is.
- ask: colour
- call: look
  with: {size: size, colour: colour}
  as: found
- say: Found in {{ colour }}.
"""


async def test_what_is_missing_is_asked_for_and_the_task_waits() -> None:
    words, outcome = await played(ASKING)
    held = waiting(outcome)
    assert words == ["Let me see.", "Which size?"]
    assert (held.slot, held.question, held.slots, held.digest) == ("size", "Which size?", {}, None)
    assert (held.agent, held.skill, held.request, held.origin) == ("tester", "test", "a test", "chat_1/turn_1/t1")
    assert held.asked_at == NOW


async def test_what_is_known_is_not_asked_for() -> None:
    words, outcome = await played(ASKING, size="9", colour="red")
    assert words == ["Let me see.", "Size 9 it is.", "Found in red."]
    assert outcome == Done()


async def test_a_task_goes_on_after_an_answer_and_says_nothing_twice() -> None:
    play = Play(steps=ASKING)
    _, outcome = await play.run()
    words, outcome = await play.run(waiting(outcome), size="9")
    assert words == ["Size 9 it is.", "Which colour for size 9?"]
    assert waiting(outcome).slots == {"size": "9"}
    words, outcome = await play.run(waiting(outcome), colour="red")
    assert words == ["Found in red."]
    assert outcome == Done()
    assert play.shelf.looks == [Look(size="9", colour="red")]


async def test_an_answer_without_what_was_asked_for_is_asked_again_in_other_words() -> None:
    play = Play(steps=ASKING)
    _, outcome = await play.run()
    for _ in range(3):
        words, outcome = await play.run(waiting(outcome))
        assert words == ["Which size, please?"]


async def test_what_did_not_do_is_asked_for_again_and_forgotten() -> None:
    play = Play(
        steps="""
- ask: size
- call: look
  with: {size: size}
  as: found
- ask: size
  again: true
  when: size == '99'
  question: There is no {{ size }}. Which one?
- say: Found {{ size }}.
"""
    )
    words, outcome = await play.run(size="99")
    assert words == ["There is no 99. Which one?"]
    held = waiting(outcome)
    assert (held.slot, held.slots) == ("size", {})
    words, outcome = await play.run(held, size="99")
    assert words == ["There is no 99. Which one?"]
    assert await play.run(waiting(outcome), size="9") == (["Found 9."], Done())


async def test_an_unanswered_question_about_what_did_not_do_falls_back_to_the_slots_own() -> None:
    play = Play(
        steps="""
- ask: size
- {ask: size, again: true, when: size == '99', question: "No {{ size }}."}
"""
    )
    _, outcome = await play.run(size="99")
    words, _ = await play.run(waiting(outcome))
    assert words == ["Which size?"]


async def test_what_waits_in_a_fragment_goes_on_there() -> None:
    play = Play(steps="[{use: greet}, {say: 'Size {{ size }}.'}]", scope={"brand": BRAND, "wants_size": True})
    _, outcome = await play.run()
    assert await play.run(waiting(outcome), size="9") == (["Size 9."], Done())


# -- proposing -------------------------------------------------------------------------------------------------------

CANCELLING = """
- propose: cancel_order
  with: {order_number: order_number, reason: "'a test'"}
  as: cancellation
  question: "{{ summary }} Shall I?"
- {say: "Cancelled {{ cancellation.result.number }}.", when: cancellation.outcome == 'executed'}
- {say: "Kept {{ order_number }}.", when: cancellation.outcome == 'declined'}
- {say: "{{ cancellation.reason }}", when: cancellation.outcome == 'refused'}
- {say: "A colleague decides.", when: cancellation.outcome == 'needs_approval'}
"""


USUAL = Money("USD", 50_000)
DEMO = contents()
for spoken in ("de", "es", "fr"):
    sentences(spoken)  # read from files before the loop runs, as at the start of an installation


class Cancelling:
    """A customer of the demo shop who cancels."""

    def __init__(self, steps: str = CANCELLING, limit: Money = USUAL) -> None:
        self.shop = memory_shop(DEMO)
        self.clock = FixedClock(NOW)
        tools = writes(self.shop, self.clock, limit)
        self.play = Play(steps=steps, writing=tools, visit=Visit(maya()))

    async def state(self) -> str:
        order = await self.shop.orders.get_order(OWN)
        assert order
        return order.state


async def test_a_write_is_proposed_and_the_customer_asked_with_what_would_be_done() -> None:
    desk = Cancelling()
    words, outcome = await desk.play.run(order_number=OWN)
    (question,) = words
    assert question.startswith(f"Cancel order #{OWN}")
    assert question.endswith("Shall I?")
    held = waiting(outcome)
    assert (held.slot, held.question, held.slots) == (None, question, {"order_number": OWN})
    assert held.digest
    assert await desk.state() == "processing"


async def test_with_a_yes_it_is_done() -> None:
    desk = Cancelling()
    _, outcome = await desk.play.run(order_number=OWN)
    assert await desk.play.run(waiting(outcome), answer="yes") == ([f"Cancelled {OWN}."], Done())
    assert await desk.state() == "cancelled"
    assert desk.play.visit.moves == ["proposed", "confirmed", "executed"]


async def test_with_a_no_nothing_is_done_and_the_no_is_journaled_for_the_very_proposal() -> None:
    desk = Cancelling()
    _, outcome = await desk.play.run(order_number=OWN)
    held = waiting(outcome)
    assert await desk.play.run(held, answer="no") == ([f"Kept {OWN}."], Done())
    assert await desk.state() == "processing"
    proposed, declined = (event for event in desk.play.visit.events if isinstance(event, ActionMoved))
    assert (declined.state, declined.rule) == ("declined", "consent.no")
    assert (declined.digest, declined.key, declined.args) == (held.digest, proposed.key, proposed.args)


async def test_a_no_is_for_the_very_proposal_also_where_arguments_were_left_out() -> None:
    desk = Cancelling("""
- propose: change_shipping_address
  with:
    {order_number: order_number, name: "'Maya'", line1: "'15 Market St'", city: "'Boston'", postal_code: "'02110'",
    country: "'US'"}
  as: change
""")
    _, outcome = await desk.play.run(order_number=OWN)
    held = waiting(outcome)
    await desk.play.run(held, answer="no")
    _, declined = (event for event in desk.play.visit.events if isinstance(event, ActionMoved))
    assert (declined.state, declined.digest) == ("declined", held.digest)


async def test_without_a_clear_answer_the_question_is_asked_again() -> None:
    desk = Cancelling()
    first, outcome = await desk.play.run(order_number=OWN)
    again, _ = await desk.play.run(waiting(outcome))
    assert again == first
    assert await desk.state() == "processing"


async def test_a_yes_after_the_arguments_changed_is_asked_for_anew() -> None:
    desk = Cancelling()
    _, outcome = await desk.play.run(order_number=OWN)
    words, outcome = await desk.play.run(waiting(outcome), answer="yes", order_number="123")
    assert words == ["Order #123 is already on its way."]
    _, outcome = await desk.play.run(order_number=OWN)
    changed = Cancelling(CANCELLING.replace("'a test'", "'another reason'"))
    words, second = await changed.play.run(waiting(outcome), answer="yes")
    assert words[0].endswith("Shall I?")
    assert waiting(second).digest != waiting(outcome).digest
    assert await changed.state() == "processing"


async def test_a_yes_after_half_an_hour_is_asked_for_anew() -> None:
    desk = Cancelling()
    _, outcome = await desk.play.run(order_number=OWN)
    desk.clock.at = datetime(2026, 11, 21, 15, 31, tzinfo=UTC)
    words, _ = await desk.play.run(waiting(outcome), answer="yes")
    assert words[0].endswith("Shall I?")
    assert await desk.state() == "processing"


async def test_a_refusal_is_told_with_its_reason() -> None:
    words, outcome = await Cancelling().play.run(order_number=OTHERS)
    assert (words, outcome) == (["I cannot find that under your name."], Done())


SILENT = """
- propose: cancel_order
  with: {order_number: order_number, reason: "'a test'"}
  as: cancellation
- {say: "Cancelled {{ cancellation.result.number }}.", when: cancellation.outcome == 'executed'}
"""


async def test_what_waits_for_the_merchant_is_said_where_the_skill_says_nothing_of_it() -> None:
    desk = Cancelling(SILENT, limit=Money("USD", 10_000))
    desk.play.scope |= {"now": NOW, "zone": UTC}
    _, outcome = await desk.play.run(order_number=OWN)
    (said,), outcome = await desk.play.run(waiting(outcome), answer="yes")
    assert outcome == Done()
    assert said == (
        "Above $100.00 a colleague has to approve this. I have passed it on: Cancel order #141, placed on 20 November "
        "2026, over $119.71; the money goes back to PayPal. You will hear from me here, tomorrow at the latest."
    )
    assert desk.play.visit.moves == ["proposed", "needs_approval"]


async def test_a_card_may_say_it_in_words_of_its_own() -> None:
    desk = Cancelling(limit=Money("USD", 10_000))
    _, outcome = await desk.play.run(order_number=OWN)
    assert await desk.play.run(waiting(outcome), answer="yes") == (["A colleague decides."], Done())


async def test_what_was_sent_and_not_confirmed_is_being_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancel_order(*_args: object, **_named: object) -> None:
        raise Unavailable("no answer")

    desk = Cancelling(SILENT)
    monkeypatch.setattr(desk.shop.orders, "cancel_order", cancel_order)
    _, outcome = await desk.play.run(order_number=OWN)
    (said,), outcome = await desk.play.run(waiting(outcome), answer="yes")
    assert outcome == Done()
    assert said.startswith("I have sent this, but our system has not confirmed it yet: Cancel order #141")
    assert said.endswith("It is being checked, so please do not ask for it again. You will hear from me here.")


async def test_a_refusal_is_said_where_the_skill_says_nothing_of_it_and_once() -> None:
    desk = Cancelling(SILENT + "- {ask: size, when: wants_size}\n")
    assert await desk.play.run(order_number=OTHERS) == (["I cannot find that under your name."], Done())
    desk.play.scope |= {"wants_size": True}
    words, outcome = await desk.play.run(order_number=OTHERS)
    assert words == ["Which size?"]
    assert await desk.play.run(waiting(outcome), size="9") == (["I cannot find that under your name."], Done())


async def test_a_skill_that_ends_early_tells_it_too_and_one_that_hands_over_leaves_it_to_the_colleague() -> None:
    ended = Cancelling(SILENT + "- end: done\n- say: Never.\n")
    assert await ended.play.run(order_number=OTHERS) == (["I cannot find that under your name."], Done())
    handed = Cancelling(SILENT + "- {hand_off: general_support, reason: refused}\n")
    words, outcome = await handed.play.run(order_number=OTHERS)
    assert words == []
    assert isinstance(outcome, HandedOff)


async def test_what_was_not_carried_out_is_said_in_the_conversations_language() -> None:
    desk = Cancelling(SILENT, limit=Money("USD", 10_000))
    desk.play.scope |= {"language": "de", "now": NOW, "zone": UTC}
    _, outcome = await desk.play.run(order_number=OWN)
    (said,), _ = await desk.play.run(waiting(outcome), answer="yes")
    assert said.startswith("Über 100,00\u00a0$ muss jemand aus unserem Team das freigeben. Ich habe es weitergegeben: ")
    assert said.endswith("Sie hören hier von mir, spätestens morgen.")


async def test_a_no_to_one_write_leaves_another_that_was_done_before_it() -> None:
    ticket = """
- propose: open_ticket
  with: {email: "'a@example.com'", subject: "'Help'", summary: "'Help me.'"}
  as: ticket
- {say: "Ticket {{ ticket.result.ticket_id }}.", when: ticket.outcome == 'executed'}
"""
    desk = Cancelling(ticket + CANCELLING)
    words, outcome = await desk.play.run(order_number=OWN)
    assert words[0].startswith("Ticket T-")
    words, outcome = await desk.play.run(waiting(outcome), answer="no")
    assert (words, outcome) == ([f"Kept {OWN}."], Done())
    moves = [(event.kind, event.state) for event in desk.play.visit.events if isinstance(event, ActionMoved)]
    assert ("open_ticket", "declined") not in moves
    assert moves[-1] == ("cancel_order", "declined")
    assert len(await desk.shop.tickets.list_tickets()) == 1


async def test_a_yes_that_nobody_asked_for_does_nothing() -> None:
    desk = Cancelling()
    words, outcome = await desk.play.run(order_number=OWN, answer="yes")
    assert words[0].endswith("Shall I?")
    assert isinstance(outcome, NeedsInput)


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("- {call: fail, with: {size: \"'9'\"}, as: x}", "the shelf does not answer"),
        ("- {call: look, as: x}", "look: size: Field required"),
        ("- {call: look, with: {size: 9}, as: x}", "look: size: "),
        ("- {call: look, with: {size: \"'9'\", shape: \"'round'\"}, as: x}", "look: shape: "),
        ("- {propose: cancel_order, as: x}", "there is no tool called cancel_order"),
        ("- say: '{{ nothing }}'", "cannot be filled in"),
        ("- say: '{{ brand.__class__ }}'", "cannot be filled in"),
        ("- say: '{{ range(10 ** 9) }}'", "cannot be filled in"),
        ("- {say: hello, when: 1 / 0}", "cannot be worked out"),
        ("- set: {size: now}", "gives a datetime, not a plain value"),
        ("- set: {size: brand}", "gives a Brand, not a plain value"),
        ("- set: {size: '[nothing]'}", "gives a list, not a plain value"),
        ("- set: {size: \"['a'] | map('upper')\"}", "gives a generator, not a plain value"),
        ("- {call: look, with: {size: 'brand.model_dump'}, as: x}", "look: size: Field required"),
        ("- {hand_off: general_support, reason: '{{ nothing }}'}", "cannot be filled in"),
    ],
)
async def test_a_step_that_goes_wrong_fails_the_task_and_nothing_comes_after(steps: str, reason: str) -> None:
    play = Play(steps=f"- say: before\n{steps}\n- say: after")
    play.scope = {**play.scope, "now": NOW}
    words, outcome = await play.run()
    assert words == ["before"]
    assert isinstance(outcome, Failed)
    assert reason in outcome.reason


async def test_a_playbook_that_keeps_making_one_call_is_stopped() -> None:
    words, outcome = await played("- {call: look, with: {size: \"'9'\"}, as: x}\n" * 4 + "- say: never")
    assert words == []
    assert isinstance(outcome, Failed)
    assert "keeps calling look" in outcome.reason


# -- in other languages ----------------------------------------------------------------------------------------------

GERMAN_STEPS = """
- ask: size
- call: look
  with: {size: size, colour: "language"}
  as: seen
- say: "In size {{ size }}: {{ seen.colours | listing }}, until {{ '2026-12-14' | day(now, zone) }}."
- say: Said in English only, {{ seen.colours | listing }}.
- say: "{{ seen.size }}"
"""
GERMAN_TEXTS = """
languages:
  de:
    texts:
      Which size?: Welche Größe?
      "In size {{ size }}: {{ seen.colours | listing }}, until {{ '2026-12-14' | day(now, zone) }}.":
        "In Größe {{ size }}: {{ seen.colours | listing }}, {{ '2026-12-14' | until(now, zone) }}."
"""


async def test_texts_are_said_in_the_conversations_language_and_conditions_and_tools_see_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(globals(), "CARD", CARD + GERMAN_TEXTS)
    play = Play(steps=GERMAN_STEPS)
    play.scope |= {"language": "de", "now": NOW, "zone": UTC}
    asked, outcome = await play.run()
    assert asked == ["Welche Größe?"]
    assert isinstance(outcome, NeedsInput)
    said, _ = await play.run(outcome.waiting, size="9")
    assert said == [
        "In Größe 9: rot und blau, bis zum 14. Dezember.",
        "Said in English only, red and blue.",
        "9",
    ]
    assert play.shelf.looks[-1].colour == "de"
