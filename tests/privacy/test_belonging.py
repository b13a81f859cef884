"""Whose a conversation is."""

import pytest
from demo_app import JONAS, MAYA, begin, demo_app, identity_of, say
from demo_outreach import happen, only_crier
from privacy.people import JONAS_ID, MAYA_ID, ZOE, guest_of, peopled

from shopfloor.app import App
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import ConversationId
from shopfloor.kernel.persons import Person

pytestmark = pytest.mark.anyio


async def theirs(app: App, given: str) -> set[ConversationId]:
    belonging = app.customers.belonging
    return {*(await belonging.of(await belonging.person(given))).conversations}


async def test_a_customers_conversations_are_those_they_signed_in_to_or_opened_with_their_address() -> None:
    app, talks = await peopled()
    assert await theirs(app, MAYA) == {talks["maya"], talks["guest"]}
    assert await theirs(app, MAYA_ID) == {talks["maya"], talks["guest"]}
    assert await theirs(app, f" {MAYA.upper()} ") == {talks["maya"], talks["guest"]}
    assert await theirs(app, JONAS_ID) == {talks["jonas"]}
    assert await theirs(app, ZOE) == set()


async def test_an_address_that_was_only_typed_makes_no_conversation_theirs() -> None:
    app = await demo_app()
    conversation = await begin(app)
    await say(app, conversation, f"my e-mail address is {MAYA}")
    await say(app, conversation, "where is order 150?")
    await say(app, conversation, MAYA)  # it is not that order's
    assert await theirs(app, MAYA) == set()


async def test_who_signs_in_takes_a_guests_conversation_along() -> None:
    app = await demo_app()
    conversation = await guest_of(app, "123", MAYA)
    assert await theirs(app, MAYA) == {conversation}
    await app.chat.sign_in(conversation, await identity_of(app, JONAS))
    assert await theirs(app, MAYA) == set()
    assert await theirs(app, JONAS) == {conversation}


async def test_of_an_erased_guest_the_orders_tell_while_all_of_them_are_of_the_address() -> None:
    app = await demo_app()
    own, mixed = await guest_of(app, "123", MAYA), await guest_of(app, "150", MAYA)
    assert await theirs(app, MAYA) == {own, mixed}
    for conversation in (own, mixed):
        assert await app.chat.erase(conversation)
    assert await theirs(app, MAYA) == {own}
    assert await theirs(app, JONAS) == {mixed}, "its only order is of his address"


async def test_a_conversation_that_the_shop_began_is_whose_address_it_wrote_to() -> None:
    app = await demo_app()
    await only_crier(app)
    order = await app.shop.orders.get_order("124")
    assert order
    (outreach,) = await happen(app, "late", "parcel_delayed", order_number=order.number)
    assert outreach.state == "sent"
    assert outreach.conversation_id
    assert await theirs(app, order.email) == {outreach.conversation_id}


@pytest.mark.parametrize(
    ("given", "person"),
    [
        (MAYA.title(), Person(customer_id=MAYA_ID, email=MAYA)),
        (MAYA_ID, Person(customer_id=MAYA_ID, email=MAYA)),
        (ZOE, Person(customer_id=None, email=ZOE)),
        ("c-gone", Person(customer_id="c-gone", email=None)),
    ],
)
async def test_a_person_is_named_by_id_or_address(given: str, person: Person) -> None:
    app = await demo_app()
    assert await app.customers.belonging.person(given) == person


@pytest.mark.parametrize("given", ["", "  ", "a\nb", "\0"])
async def test_nobody_is_named_by_nothing(given: str) -> None:
    app = await demo_app()
    with pytest.raises(InvalidInput, match="name a customer"):
        await app.customers.belonging.person(given)
