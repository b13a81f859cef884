"""What customers hear of an action that waited: that it does, what became of it, once and where they asked."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from demo_app import JONAS, MAYA, NOW, begin, demo_app, identity_of, say
from demo_outreach import new_york, only_crier, said_in
from demo_requests import ASKED, DEAR, GRACE, SUMMARY, cancelling, key_of, later, mails, told

from shopfloor.actions.approvals import GIVE_UP_AFTER
from shopfloor.actions.news import SETTLE_AFTER
from shopfloor.actions.undo import Scope
from shopfloor.app import App
from shopfloor.journal.events import ActionMoved
from shopfloor.kernel.clock import FixedClock
from shopfloor.kernel.errors import Unavailable
from shopfloor.kernel.ids import AgentId, ConversationId, OrderNumber, stream_of
from shopfloor.outreach.attempts import Outreach

pytestmark = pytest.mark.anyio

APPROVED = "Good news: a colleague has approved it. Your order #150 is cancelled.\n$991.95 goes back to PayPal."
REASON = "The parcel was handed over a minute ago."


async def outreaches(app: App) -> list[Outreach]:
    """Return all outreaches, the first signal's leading."""
    signals = reversed(await app.outreach.outreaches.signals())
    return [one for signal in signals for one in await app.outreach.outreaches.outreaches_of(signal.id) or ()]


# -- that it waits ---------------------------------------------------------------------------------------------------


async def test_what_waits_is_said_with_for_whom_and_until_when_and_no_ticket_is_opened() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    assert (await said_in(app, conversation))[-1] == ASKED
    kinds = {e.data.kind for e in await app.journal.read(stream_of(conversation)) if isinstance(e.data, ActionMoved)}
    assert kinds == {"cancel_order"}


async def test_who_asks_for_the_same_again_hears_that_it_waits_and_gives_no_second_yes() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    assert await say(app, conversation, f"please cancel order {DEAR}") == (
        "You have asked for that already: a colleague still has to approve that order #150 is cancelled. You will hear "
        "from me here, tomorrow at the latest."
    )
    assert len(await app.approvals.waiting()) == 1


async def test_an_answer_that_was_lost_is_being_checked_and_is_not_to_be_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await demo_app()
    lose_answers(monkeypatch, app, is_done=False)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    reply = await say(app, conversation, "yes")
    assert reply.startswith("I have sent this, but our system has not confirmed it yet: Cancel order #141")
    assert reply.endswith("It is being checked, so please do not ask for it again. You will hear from me here.")
    assert (await say(app, conversation, "cancel order 141")).startswith("You have asked for that already: whether")


# -- what became of it -----------------------------------------------------------------------------------------------


async def test_an_approved_action_is_told_once_where_it_was_asked_for_and_by_mail() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == APPROVED
    assert await mails(app) == [(JONAS, APPROVED)]
    [outreach] = await outreaches(app)
    assert (outreach.agent, outreach.purpose, outreach.state) == ("order_management", "service", "sent")
    assert outreach.conversation_id == conversation


async def test_a_rejected_action_is_told_with_the_reason_as_one_line_of_plain_text() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    hostile = "It left\n\n- a <b>minute</b> ago.\x07 {{ brand }} [click](https://evil.example)"
    await app.approvals.reject(await key_of(app), GRACE, reason=hostile)
    shown = "It left - a <b>minute</b> ago. {{ brand }} [click](https://evil.example)"
    assert await told(app, conversation, before) == (
        "I am sorry: a colleague has looked at your request and decided against it, so nothing was changed. "
        f'The reason: "{shown}" Your request was: {SUMMARY}'
    )


async def test_who_approved_it_and_what_they_noted_is_not_for_the_customer() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    await app.approvals.approve(await key_of(app), GRACE, reason="a known fraud case, let him go")
    heard = await told(app, conversation, before) + await say(app, conversation, "what about my cancellation?")
    assert "Grace" not in heard
    assert "fraud" not in heard


async def test_what_the_world_forbids_after_the_approval_is_told_with_the_rules_reason() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    await app.shop.orders.cancel_order(OrderNumber(DEAR), reason="by phone", at=NOW, key="phone")
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == (
        "I am sorry: a colleague has approved your request, but it could not be done any more. Order #150 is already "
        f"cancelled. Your request was: {SUMMARY}"
    )


async def test_an_approval_on_the_day_after_is_for_the_same() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    later(app, timedelta(hours=20))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == APPROVED


async def test_nobody_decides_and_a_yes_asks_for_it_again() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    later(app, timedelta(hours=25))
    assert await app.approvals.settle() == 1
    assert await told(app, conversation, before) == (
        "I am sorry: nobody could decide on your request in time, so nothing was changed.\n\n"
        f"{SUMMARY} Shall I ask for it again? Please answer yes or no."
    )
    assert await say(app, conversation, "yes") == ASKED
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before + 2) == APPROVED


async def test_a_no_to_asking_again_leaves_it() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    later(app, timedelta(hours=25))
    await app.approvals.settle()
    await app.outreach.work()
    assert await say(app, conversation, "no") == "All right, I have left order #150 as it is."
    assert await app.approvals.waiting() == []


@pytest.mark.parametrize("is_done", [True, False])
async def test_what_was_being_checked_is_told_once_it_is_known(monkeypatch: pytest.MonkeyPatch, is_done: bool) -> None:
    app = await demo_app()
    lose_answers(monkeypatch, app, is_done=is_done)
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    await say(app, conversation, "yes")
    before = len(await said_in(app, conversation))
    monkeypatch.undo()
    later(app, SETTLE_AFTER if is_done else GIVE_UP_AFTER + SETTLE_AFTER)
    later(app, timedelta(seconds=1))
    assert await app.approvals.settle() == 1
    heard = await told(app, conversation, before)
    if is_done:
        assert heard.startswith(
            "I know it for certain now. Your order #141 is cancelled.\n$119.71 goes back to PayPal."
        )
    else:
        assert heard.startswith(
            "I am sorry: it turned out that your request could not be done. It did not reach our shop system, so "
            "nothing was changed. Your request was: Cancel order #141"
        )
    assert len(await mails(app)) == 1


async def test_an_approved_action_whose_answer_was_lost_is_told_twice_with_what_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    lose_answers(monkeypatch, app)
    await app.approvals.approve(await key_of(app), GRACE)
    heard = await told(app, conversation, before)
    assert heard.startswith("A colleague has approved your request, but our system has not confirmed it yet: Cancel")
    monkeypatch.undo()
    later(app, SETTLE_AFTER + timedelta(seconds=1))
    await app.approvals.settle()
    assert await told(app, conversation, before + 1) == APPROVED


async def test_what_went_on_before_it_was_told_is_told_as_it_is_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    lose_answers(monkeypatch, app)
    await app.approvals.approve(await key_of(app), GRACE)
    monkeypatch.undo()
    later(app, SETTLE_AFTER + timedelta(seconds=1))
    await app.approvals.settle()
    assert await told(app, conversation, before) == APPROVED
    assert sorted(one.rule or "" for one in await outreaches(app)) == ["action.moved", "allowed"]


# -- to whom, by whom, when ------------------------------------------------------------------------------------------


async def test_a_guest_hears_of_it_in_their_conversation_and_at_the_address_they_were_checked_by() -> None:
    app = await demo_app()
    conversation = await cancelling(app, None)
    before = len(await said_in(app, conversation))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == APPROVED
    assert await mails(app) == [(JONAS, APPROVED)]


async def test_a_guest_whose_conversation_is_somebody_elses_by_now_is_told_in_one_of_their_own() -> None:
    app = await demo_app()
    conversation = await cancelling(app, None)
    before = len(await said_in(app, conversation))
    await app.chat.sign_in(conversation, await identity_of(app, MAYA))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == ""
    assert await mails(app) == [(JONAS, APPROVED)]
    [outreach] = await outreaches(app)
    assert outreach.conversation_id not in {None, conversation}
    assert "cancel" not in (await say(app, conversation, "what about my cancellation?")).lower()


async def test_a_guest_who_has_signed_in_as_the_same_person_is_told_where_they_asked() -> None:
    app = await demo_app()
    conversation = await cancelling(app, None)
    before = len(await said_in(app, conversation))
    await app.chat.sign_in(conversation, await identity_of(app, JONAS))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == APPROVED
    assert "This was done today" in await say(app, conversation, "what about my cancellation?")


async def test_nothing_is_told_of_what_the_customer_has_had_erased() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    key = await key_of(app)
    await app.approvals.reject(key, GRACE, reason=REASON)
    await app.chat.erase(conversation)
    await app.outreach.work()
    assert await outreaches(app) == []
    assert await mails(app) == []


async def test_what_was_about_to_be_told_when_it_was_erased_is_not() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    await app.approvals.reject(await key_of(app), GRACE, reason=REASON)
    [signal] = await app.outreach.outreaches.untaken()
    await app.outreach.outreaches.take(signal, await app.outreach._planned(signal))
    await app.chat.erase(conversation)
    await app.outreach.work()
    assert [one.rule for one in await outreaches(app)] == ["action.erased"]
    assert await mails(app) == []


async def test_no_quiet_hour_keeps_an_answer_from_the_chat_but_its_mail_waits_for_the_morning() -> None:
    app = await demo_app(clock=FixedClock(new_york(21, 20)))
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    later(app, timedelta(hours=3))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == APPROVED
    [message] = await app.outreach.outreaches.outbox()
    assert (message.created_at, message.not_before) == (new_york(21, 23), new_york(22, 9))


async def test_an_answer_is_told_however_late() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    await app.approvals.approve(await key_of(app), GRACE)
    later(app, timedelta(days=9))  # nobody worked meanwhile
    assert await told(app, conversation, before) == APPROVED


async def test_a_question_for_a_yes_that_is_open_comes_first() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    assert "Shall I cancel it?" in await say(app, conversation, "cancel order 151")
    before = len(await said_in(app, conversation))
    await app.approvals.reject(await key_of(app), GRACE, reason=REASON)
    assert await told(app, conversation, before) == ""
    assert "order #151 is cancelled" in await say(app, conversation, "yes")
    later(app, timedelta(minutes=31))
    assert REASON in await told(app, conversation, before + 1)


async def test_an_expiry_does_not_ask_for_a_yes_while_another_question_is_open() -> None:
    app = await demo_app()
    conversation = await cancelling(app)
    later(app, timedelta(hours=25))
    assert "Which order do you mean?" in await say(app, conversation, "I want to cancel another order")
    before = len(await said_in(app, conversation))
    await app.approvals.settle()
    assert await told(app, conversation, before) == (
        "I am sorry: nobody could decide on your request in time, so nothing was changed.\n\n"
        f"It was: {SUMMARY} If you still want it, ask me again."
    )
    assert "#151" in await say(app, conversation, "151")


async def test_the_answer_is_the_agents_own_whose_card_hears_of_it_else_the_first_that_does() -> None:
    app = await demo_app()
    await hush(app, "order_management")
    conversation = await cancelling(app)
    before = len(await said_in(app, conversation))
    await app.approvals.approve(await key_of(app), GRACE)
    assert await told(app, conversation, before) == (
        f"Good news: a colleague has approved your request, and it is done. {SUMMARY}"
    )
    assert [one.agent for one in await outreaches(app)] == ["general_support"]


async def test_where_no_agent_hears_of_it_nobody_is_told() -> None:
    app = await demo_app()
    await only_crier(app)
    await cancelling(app)
    await app.approvals.approve(await key_of(app), GRACE)
    await app.outreach.work()
    assert (await outreaches(app), await mails(app)) == ([], [])


# -- asking about it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", [JONAS, None])
async def test_what_about_my_cancellation(email: str | None) -> None:
    app = await demo_app()
    conversation = await cancelling(app, email)
    waiting = (
        f"This still waits for a colleague's approval: {SUMMARY} You will hear from me here, tomorrow at the latest."
    )
    assert await say(app, conversation, "what about my cancellation?") == waiting
    await app.approvals.reject(await key_of(app), GRACE, reason=REASON)
    assert await say(app, conversation, "what about my cancellation?") == (
        f'A colleague decided against this today: {SUMMARY} The reason: "{REASON}"'
    )


async def test_a_customer_sees_their_requests_of_other_conversations_and_a_guest_does_not() -> None:
    app = await demo_app()
    await cancelling(app)
    again = await begin(app, JONAS)
    assert "still waits" in await say(app, again, "what about my cancellation?")
    for stranger in (MAYA, None):
        other = await begin(app, stranger)
        assert "I see no request of yours" in await say(app, other, "what about my cancellation?")


async def test_a_guests_request_is_not_listed_in_another_conversation_about_the_same_order() -> None:
    app = await demo_app()
    await cancelling(app, None)
    other = await begin(app)
    await say(app, other, f"where is order {DEAR}?")
    await say(app, other, JONAS)
    assert "I see no request of yours" in await say(app, other, "what about my cancellation?")


# -- undone by the staff ---------------------------------------------------------------------------------------------


async def changed_address(app: App) -> tuple[ConversationId, str]:
    """Have an order sent elsewhere, and return the conversation and the action's key."""
    conversation = await begin(app, MAYA)
    await say(app, conversation, "send order 141 to 5 Pine Street, Portland 04101")
    await say(app, conversation, "yes")
    [key] = [
        e.data.key
        for e in await app.journal.read(stream_of(conversation))
        if isinstance(e.data, ActionMoved) and e.data.state == "executed"
    ]
    return conversation, key


async def test_what_the_staff_undo_is_told_to_whose_it_was() -> None:
    app = await demo_app()
    conversation, key = await changed_address(app)
    before = len(await said_in(app, conversation))
    [step] = await app.undoing.run(Scope(key=key), GRACE)
    assert step.is_undone
    heard = await told(app, conversation, before)
    assert heard == (
        "A colleague has taken something back that was done for you: Send order #141 to 5 Pine Street, Portland, "
        "04101, US. Done in its place: Send order #141 to 2218 Alder Bend Road, Apt 4, Minneapolis, MN 55408, US."
    )
    assert [one for one, _ in await mails(app)] == [MAYA]
    assert "taken it back since" in await say(app, conversation, "what became of my request?")


async def test_the_staff_may_undo_without_a_word() -> None:
    app = await demo_app()
    conversation, key = await changed_address(app)
    before = len(await said_in(app, conversation))
    await app.undoing.run(Scope(key=key), GRACE, is_silent=True)
    assert await told(app, conversation, before) == ""
    assert await mails(app) == []


async def test_what_cannot_be_undone_is_told_to_nobody() -> None:
    app = await demo_app()
    conversation = await begin(app, MAYA)
    await say(app, conversation, "cancel order 141")
    await say(app, conversation, "yes")
    before = len(await said_in(app, conversation))
    [step] = await app.undoing.run(Scope(stream=stream_of(conversation)), GRACE)
    assert step.rule == "undo.irreversible"
    assert await told(app, conversation, before) == ""


# -- over a crash ----------------------------------------------------------------------------------------------------


async def test_a_turn_that_is_taken_up_again_after_the_decision_tells_it_and_the_worker_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process dies after the action began to wait and before the reply; the merchant decides meanwhile."""
    app = await demo_app()
    conversation = await begin(app, JONAS)
    await say(app, conversation, f"cancel order {DEAR}")
    await app.chat.post(conversation, "yes")
    with monkeypatch.context() as broken:
        die_after(broken, app, "needs_approval")
        with pytest.raises(Unavailable, match="the power is out"):
            await app.chat.answer(conversation)
    await app.approvals.approve(await key_of(app), GRACE)
    await app.outreach.work()
    said = [text for text in await said_in(app, conversation) if "#150 is cancelled" in text]
    assert said == ["Done: your order #150 is cancelled.\n$991.95 goes back to PayPal."]
    assert [one.rule for one in await outreaches(app)] == ["agent.silent"]


def die_after(monkeypatch: pytest.MonkeyPatch, app: App, state: str) -> None:
    """Let the journal store an action's step and then nothing more, as if the process had died."""
    append, is_dead = app.journal.append, False

    async def appending(stream: Any, events: Any) -> Any:
        nonlocal is_dead
        if is_dead:
            raise Unavailable("the power is out")
        stored = await append(stream, events)
        is_dead = any(isinstance(one, ActionMoved) and one.state == state for one in events)
        return stored

    monkeypatch.setattr(app.journal, "append", appending)


def lose_answers(monkeypatch: pytest.MonkeyPatch, app: App, *, is_done: bool = True) -> None:
    """Let the shop cancel orders without an answer, or not even that."""
    cancel: Callable[..., Awaitable[Any]] = app.shop.orders.cancel_order

    async def cancelling(*args: Any, **named: Any) -> Any:
        if is_done:
            await cancel(*args, **named)
        raise Unavailable("the shop system does not answer")

    monkeypatch.setattr(app.shop.orders, "cancel_order", cancelling)


async def hush(app: App, agent: str) -> None:
    """Let an agent hear of no signal."""
    card = (await app.registry.get(AgentId(agent))).card
    await app.registry.put(card.model_copy(update={"subscriptions": ()}))
