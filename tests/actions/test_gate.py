"""The gate: what it asks for, in which order, and what stands in the journal when."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from actions.till import ADA, CHECKED, NOW, Desk, Pay, Till
from anyio import CancelScope, Event, create_task_group, fail_after
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shopfloor.actions.gate import CONSENT_LIFETIME
from shopfloor.actions.kind import ActionKind, Inverse, Preview
from shopfloor.actions.proposal import Admitted, Consent
from shopfloor.identity.identity import GUEST, Assurance, Identity
from shopfloor.kernel.errors import Conflict, InvalidInput, NotFound, Refused, StorageError, Unavailable
from shopfloor.kernel.money import Money
from shopfloor.shop.contract import Capability

pytestmark = pytest.mark.anyio

DEADLINE_S = 10


# -- what is no proposal at all --------------------------------------------------------------------------------------


async def test_a_kind_that_nobody_registered_is_an_error_and_not_recorded() -> None:
    desk = Desk()
    with pytest.raises(InvalidInput, match="steal"):
        await desk.submit(kind="steal")
    assert await desk.steps() == []


async def test_arguments_that_do_not_fit_are_named_and_not_recorded() -> None:
    desk = Desk()
    with pytest.raises(InvalidInput, match=r"(?s)order: .*minor: "):
        await desk.submit({"order": 1, "minor": "much"})
    assert await desk.steps() == []


@pytest.mark.parametrize("smuggled", ["identity", "customer_id", "key", "consent"])
async def test_who_it_is_for_cannot_be_among_the_arguments(smuggled: str) -> None:
    desk = Desk()
    with pytest.raises(InvalidInput, match=smuggled):
        await desk.submit({"order": "1", smuggled: "ada"})
    assert desk.till.asked == []


# -- who and whose ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assurance", "identity", "is_enough"),
    [
        ("anyone", GUEST, True),
        ("anyone", CHECKED, True),
        ("anyone", ADA, True),
        ("verified", GUEST, False),
        ("verified", CHECKED, True),
        ("verified", ADA, True),
        ("signed_in", GUEST, False),
        ("signed_in", CHECKED, False),
        ("signed_in", ADA, True),
    ],
)
async def test_a_kind_says_how_sure_of_the_customer_one_must_be(
    assurance: Assurance, identity: Identity, is_enough: bool
) -> None:
    till = Till()
    desk = Desk(till.kind(assurance=assurance, confirmation="none"), till=till)
    verdict = await desk.submit(identity=identity)
    if is_enough:
        assert (verdict.state, till.paid) == ("executed", {"k": 500})
    else:
        assert (verdict.state, verdict.rule, await desk.states()) == ("refused", f"identity.{assurance}", ["refused"])
        assert till.asked == []


async def test_what_is_not_theirs_is_refused_before_anything_about_it_is_read() -> None:
    desk = Desk()
    desk.till.shut = Refused("order.shipped", "Order 3 is already on its way.")
    verdict = await desk.submit({"order": "3"})
    assert (verdict.state, verdict.rule, verdict.summary) == ("refused", "identity.owner", "")
    assert "on its way" not in verdict.reason


async def test_every_resource_of_an_action_has_to_be_theirs() -> None:
    till = Till()
    desk = Desk(till.kind(resources=lambda args: ("order:1", f"order:{args.order}")), till=till)
    assert (await desk.submit({"order": "3"})).rule == "identity.owner"
    assert (await desk.submit({"order": "2"})).state == "needs_yes"


# -- the rules of the shop -------------------------------------------------------------------------------------------


async def test_the_shops_own_rules_refuse_with_their_name_and_reason() -> None:
    desk = Desk()
    desk.till.shut = Refused("order.shipped", "It is already on its way.")
    verdict = await desk.submit()
    assert (verdict.state, verdict.rule, verdict.reason) == ("refused", "order.shipped", "It is already on its way.")
    assert await desk.states() == ["refused"]


async def test_the_limit_itself_is_still_allowed_and_one_cent_more_needs_approval() -> None:
    desk = Desk(limit=Money("USD", 500))
    assert (await desk.submit({"order": "1", "minor": 500})).state == "needs_yes"
    asked = await desk.submit({"order": "1", "minor": 501})
    assert asked.state == "needs_yes", "the customer's yes comes before the merchant is asked"
    consent = Consent(digest=asked.digest, asked_at=NOW)
    verdict = await desk.submit({"order": "1", "minor": 501}, consent=consent)
    assert (verdict.state, verdict.rule) == ("needs_approval", "approval.irreversible")
    assert "$5.00" in verdict.reason
    assert desk.till.asked == []


async def test_a_yes_does_not_lift_an_action_over_the_limit() -> None:
    desk = Desk(limit=Money("USD", 499))
    verdict = await desk.submit()
    consent = Consent(digest=verdict.digest, asked_at=NOW)
    assert (await desk.submit(consent=consent)).state == "needs_approval"
    assert desk.till.asked == []


@pytest.mark.parametrize("currency", ["EUR", "AUD", "ZAR"])
async def test_an_amount_in_another_currency_than_the_limit_needs_approval(currency: str) -> None:
    desk = Desk(limit=Money("USD", 500))
    desk.till.currency = currency
    asked = await desk.submit({"order": "1", "minor": 1})
    consent = Consent(digest=asked.digest, asked_at=NOW)
    assert (await desk.submit({"order": "1", "minor": 1}, consent=consent)).state == "needs_approval"


async def test_without_a_limit_every_amount_is_allowed() -> None:
    assert (await Desk(limit=None).submit({"order": "1", "minor": 10**9})).state == "needs_yes"


async def test_what_can_be_undone_has_no_limit() -> None:
    till = Till()
    desk = Desk(till.undoable(), till=till, limit=Money("USD", 1))
    assert (await desk.submit()).state == "executed"


# -- the customer's yes ----------------------------------------------------------------------------------------------


async def test_without_a_yes_the_gate_asks_and_says_what_would_be_done() -> None:
    desk = Desk()
    verdict = await desk.submit()
    assert (verdict.state, verdict.summary) == ("needs_yes", "Pay 500 for 1.")
    assert await desk.states() == ["proposed"]
    assert desk.till.asked == []


async def test_with_the_yes_it_is_done_and_the_result_returned() -> None:
    desk = Desk()
    verdict = await desk.paid()
    assert (verdict.state, verdict.result) == ("executed", {"paid": 500})
    assert desk.till.paid == {"k": 500}


async def test_a_yes_holds_for_exactly_these_arguments() -> None:
    desk = Desk()
    consent = await desk.asked({"order": "1", "minor": 500})
    verdict = await desk.submit({"order": "1", "minor": 501}, consent=consent)
    assert verdict.state == "needs_yes"
    assert verdict.digest != consent.digest
    assert desk.till.asked == []


async def test_arguments_that_mean_the_same_share_a_yes() -> None:
    desk = Desk()
    consent = await desk.asked({"order": "1"})
    verdict = await desk.submit({"note": "  ", "minor": 500, "order": " 1 "}, consent=consent)
    assert verdict.state == "executed"


async def test_a_yes_to_another_kind_of_action_does_not_count() -> None:
    till = Till()
    desk = Desk(till.kind("pay"), till.kind("pay_back"), till=till)
    consent = await desk.asked(kind="pay")
    assert (await desk.submit(kind="pay_back", consent=consent)).state == "needs_yes"
    assert till.asked == []


@pytest.mark.parametrize(("waited", "state"), [(CONSENT_LIFETIME, "executed"), (timedelta(minutes=31), "needs_yes")])
async def test_a_question_stays_open_for_half_an_hour(waited: timedelta, state: str) -> None:
    assert timedelta(minutes=30) == CONSENT_LIFETIME
    desk = Desk()
    consent = await desk.asked()
    desk.clock.at += waited
    assert (await desk.submit(consent=consent)).state == state


async def test_a_yes_does_not_help_once_the_world_has_moved_on() -> None:
    desk = Desk()
    consent = await desk.asked()
    desk.till.shut = Refused("order.shipped", "It is already on its way.")
    assert (await desk.submit(consent=consent)).rule == "order.shipped"


# -- what the journal hears ------------------------------------------------------------------------------------------


async def test_an_action_is_journaled_as_confirmed_before_its_effect_and_as_executed_after() -> None:
    desk = Desk()
    await desk.paid()
    assert await desk.states() == ["proposed", "confirmed", "executed"]
    assert desk.paid_when == {"proposed": 0, "confirmed": 0, "executed": 1}


async def test_every_step_is_journaled_with_its_digest_arguments_and_summary() -> None:
    desk = Desk()
    verdict = await desk.paid()
    steps = await desk.steps()
    for step in steps:
        assert (step.digest, step.args, step.summary) == (verdict.digest, verdict.args, "Pay 500 for 1.")
        assert (step.customer_id, step.agent, step.turn_id) == ("ada", "clerk", "turn_1")
        assert (step.resources, step.amount_minor, step.currency) == (("order:1",), 500, "USD")
        assert (step.inputs["facts"], step.policy) == ({"note": ""}, 1)
    assert steps[-1].result == {"paid": 500}


async def test_what_is_refused_between_the_look_and_the_write_is_refused_with_its_rule() -> None:
    desk = Desk()
    desk.till.broken = Refused("order.shipped", "It has just left.")
    verdict = await desk.paid()
    assert (verdict.state, verdict.rule, verdict.reason) == ("refused", "order.shipped", "It has just left.")
    assert await desk.states() == ["proposed", "confirmed", "refused"]


@pytest.mark.parametrize("fault", [Unavailable("no answer"), StorageError("the disk failed")])
async def test_an_effect_without_an_answer_has_an_unknown_outcome(fault: Exception) -> None:
    desk = Desk()
    desk.till.broken = fault
    verdict = await desk.paid()
    assert (verdict.state, verdict.rule) == ("outcome_unknown", "outcome.unknown")
    assert await desk.states() == ["proposed", "confirmed", "outcome_unknown"]


async def test_what_was_done_is_executed_though_nobody_can_look_at_it_afterwards() -> None:
    till, looks = Till(), [0]

    async def state(args: Pay) -> JsonValue:
        looks[0] += 1
        if looks[0] > 1:
            raise KeyError("a mistake")
        return await till.state(args)

    desk = Desk(till.undoable(snapshot=state), till=till)
    assert (await desk.submit()).state == "executed"
    assert await desk.states() == ["confirmed", "executed"]


async def test_what_was_done_is_executed_though_its_result_cannot_be_stored() -> None:
    till = Till()

    async def pay(key: str, args: Pay) -> JsonValue:
        await till.pay(key, args)
        return "\ud800"

    kind = replace(till.kind(confirmation="none"), execute=pay)
    desk = Desk(kind, till=till)
    verdict = await desk.submit()
    assert (verdict.state, verdict.result, (await desk.get()).state) == ("executed", None, "executed")


async def test_an_effect_that_turns_out_impossible_is_journaled_as_refused() -> None:
    desk = Desk()
    desk.till.broken = NotFound("there is no order 1")
    consent = await desk.asked()
    with pytest.raises(NotFound):
        await desk.submit(consent=consent)
    assert await desk.states() == ["proposed", "confirmed", "refused"]


@pytest.mark.parametrize("error", [Refused("items.unknown", "It is gone."), NotFound("no order 1"), InvalidInput("no")])
async def test_what_was_done_is_executed_though_something_says_no_afterwards(error: Exception) -> None:
    till = Till()
    till.broken_after = error
    desk = Desk(till.undoable(), till=till)
    verdict = await desk.submit()
    record = await desk.get()
    assert (verdict.state, verdict.result, verdict.rule, verdict.reason) == ("executed", {"paid": 500}, None, "")
    assert (record.state, record.result, record.before, record.after) == ("executed", {"paid": 500}, 0, 500)
    assert await desk.states() == ["confirmed", "executed"]


@pytest.mark.parametrize("error", [Refused("items.unknown", "It is gone."), NotFound("no order 1")])
async def test_what_says_no_leaves_the_outcome_unknown_where_it_cannot_be_looked_up(error: Exception) -> None:
    desk = Desk()
    desk.till.broken_after, desk.till.is_lost = error, True
    assert (await desk.paid()).state == "outcome_unknown"
    assert (await desk.get()).state == "outcome_unknown"
    desk.till.is_lost = False
    desk.clock.at += timedelta(hours=1)
    assert await desk.approvals.settle() == 1
    assert ((await desk.get()).state, desk.till.out) == ("executed", {"1": 500})


async def test_a_key_that_another_action_used_is_refused_and_not_taken_for_done() -> None:
    desk = Desk()
    desk.till.paid["k"] = 700  # by another action
    desk.till.broken = Conflict("the key was used for another write")
    with pytest.raises(Conflict):
        await desk.paid()
    record = await desk.get()
    assert (record.state, record.rule, record.result) == ("refused", "action.impossible", None)


async def test_a_shop_that_cannot_be_read_leaves_nothing_half_done() -> None:
    till = Till()

    async def no_answer(_args: Pay) -> Preview:
        raise Unavailable("no answer")

    kind = ActionKind(
        name="pay",
        description="Pay.",
        needs=Capability.TICKETS,
        args=Pay,
        resources=lambda _args: (),
        preview=no_answer,
        execute=till.pay,
        look_up=till.look_up,
        confirmation="yes",
        assurance="anyone",
        irreversible=True,
    )
    desk = Desk(kind, till=till)
    with pytest.raises(Unavailable):
        await desk.submit()
    assert (await desk.states(), till.asked) == ([], [])


async def test_a_caller_who_is_cancelled_leaves_an_action_that_is_done_and_journaled() -> None:
    desk = Desk()
    consent = await desk.asked()
    desk.till.go_on = Event()
    scope = CancelScope()

    async def propose() -> None:
        with scope:
            await desk.submit(consent=consent)

    with fail_after(DEADLINE_S):
        async with create_task_group() as tasks:
            tasks.start_soon(propose)
            await desk.till.begun.wait()
            scope.cancel()
            desk.till.go_on.set()
    assert scope.cancelled_caught
    assert desk.till.paid == {"k": 500}
    assert await desk.states() == ["proposed", "confirmed", "executed"]


# -- after a crash ---------------------------------------------------------------------------------------------------


ADMITTED = Admitted(args={"order": "1", "minor": 500}, summary="Pay 500 for 1.", digest="of what was shown")


async def test_an_action_admitted_before_a_crash_is_carried_out_without_being_judged_again() -> None:
    desk = Desk()
    desk.own.clear()
    desk.till.shut = Refused("order.already_cancelled", "It is cancelled, by this very action.")
    verdict = await desk.submit(identity=GUEST, admitted=ADMITTED)
    assert (verdict.state, verdict.summary, verdict.result) == ("executed", "Pay 500 for 1.", {"paid": 500})
    assert await desk.states() == ["executed"]


async def test_an_action_admitted_before_a_crash_has_its_effect_once() -> None:
    desk = Desk()
    first = await desk.paid()
    again = await desk.submit(admitted=Admitted(args=first.args, summary=first.summary, digest=first.digest))
    assert again.result == first.result
    assert desk.till.paid == {"k": 500}


async def test_an_admitted_action_still_needs_arguments_that_fit() -> None:
    with pytest.raises(InvalidInput):
        await Desk().submit({"order": "1", "minor": "much"}, admitted=ADMITTED)


# -- laws ------------------------------------------------------------------------------------------------------------

ARGS = st.fixed_dictionaries(
    {"order": st.sampled_from(["1", "2"])},
    optional={"minor": st.integers(-(10**6), 10**6), "note": st.text(st.characters(codec="utf-8"), max_size=20)},
)
KEYS = st.text("abc/", min_size=1, max_size=5)


@given(args=ARGS, key=KEYS)
async def test_the_same_proposal_twice_changes_nothing_the_second_time(args: dict[str, JsonValue], key: str) -> None:
    till = Till()
    desk = Desk(till.kind(confirmation="none"), till=till)
    first = await desk.submit(args, key=key)
    paid = dict(till.paid)
    again = await desk.submit(args, key=key)
    assert (again.state, again.result, again.summary) == (first.state, first.result, first.summary)
    assert (till.paid, till.asked) == (paid, [key])


@given(args=ARGS, other=ARGS, key=KEYS)
async def test_a_key_is_never_used_for_another_action(
    args: dict[str, JsonValue], other: dict[str, JsonValue], key: str
) -> None:
    till = Till()
    desk = Desk(till.kind(confirmation="none"), till=till)
    first = await desk.submit(args, key=key)
    if Pay.model_validate(args) == Pay.model_validate(other):
        assert (await desk.submit(other, key=key)).digest == first.digest
        return
    with pytest.raises(Conflict):
        await desk.submit(other, key=key)
    assert till.asked == [key]


# -- kinds -----------------------------------------------------------------------------------------------------------


NOTHING = Inverse(kind="pay", args=lambda *_: {})


@pytest.mark.parametrize("changes", [{"irreversible": False}, {"irreversible": True, "inverse": NOTHING}])
def test_a_kind_says_either_what_undoes_it_or_that_nothing_does(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="pay: name an inverse, or say irreversible"):
        Till().kind(**changes)


def test_a_kind_that_cannot_be_looked_up_cannot_be_made() -> None:
    values: dict[str, Any] = {one.name: getattr(Till().kind(), one.name) for one in fields(ActionKind)}
    del values["look_up"]
    with pytest.raises(TypeError, match="look_up"):
        ActionKind(**values)


def test_two_kinds_of_one_name_are_refused_at_the_start() -> None:
    till = Till()
    with pytest.raises(ValueError, match="pay"):
        Desk(till.kind(), till.kind(), till=till)


def test_a_kind_that_is_undone_by_none_that_is_registered_is_refused_at_the_start() -> None:
    till = Till()
    with pytest.raises(ValueError, match="pay is undone by repay"):
        Desk(till.kind(inverse=Inverse(kind="repay", args=lambda *_: {})), till=till)
