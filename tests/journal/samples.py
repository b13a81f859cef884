"""Events as a conversation has them, and any events at all."""

from hypothesis import strategies as st
from pydantic import JsonValue

from shopfloor.journal.chain import KNOWN_TYPES
from shopfloor.journal.events import (
    ActionMoved,
    ActionState,
    EventData,
    HandedOff,
    IdentityVerified,
    MessageWritten,
    PersonalErased,
    ReplyComposed,
    Source,
)
from shopfloor.kernel.ids import AgentId, ConversationId, CustomerId, MessageId, TurnId

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
st.register_type_strategy(JsonValue, json_values)  # pyright: ignore[reportArgumentType]
st.register_type_strategy(str, texts)
st.register_type_strategy(float, numbers)


def any_event(kind: type[EventData]) -> st.SearchStrategy[EventData]:
    fields = {name: st.from_type(field.annotation) for name, field in kind.model_fields.items()}  # pyright: ignore[reportArgumentType]
    return st.builds(kind, **fields)


written_events = st.one_of([any_event(kind) for kind in KNOWN_TYPES.values() if kind is not PersonalErased])
"""Of any type but the one that only the journal itself writes."""
any_events = st.lists(written_events, min_size=1, max_size=4)


def asks(name: str, *, text: str = "Where is my order?", client_id: str | None = None) -> MessageWritten:
    return MessageWritten(message_id=MessageId(name), role="user", content=text, client_id=client_id)


def replies(*names: str, text: str = "It arrives tomorrow.") -> ReplyComposed:
    return ReplyComposed(
        conversation_id=ConversationId("c"),
        turn_id=TurnId(f"turn of {', '.join(names)}"),
        message_ids=tuple(MessageId(name) for name in names),
        content=text,
        sources=(Source(kind="order", id="123", agent=AgentId("orders")),),
    )


def hands_off(reason: str) -> HandedOff:
    return HandedOff(
        turn_id=TurnId("t"),
        task_id="1",
        from_agent=AgentId("orders"),
        to_agent=AgentId("returns"),
        agent_name="Return Management",
        reason=reason,
    )


def shows(customer: str | None, *, email: str | None = None) -> IdentityVerified:
    return IdentityVerified(
        method="token" if customer else "order_and_email",
        customer_id=CustomerId(customer) if customer else None,
        email=email,
    )


def moves(kind: str, state: ActionState, *, rule: str | None = None, customer: str | None = None) -> ActionMoved:
    return ActionMoved(
        agent=AgentId("orders"),
        agent_name="Order Management",
        customer_id=CustomerId(customer) if customer else None,
        key=f"{kind}/{state}",
        kind=kind,
        digest="d",
        state=state,
        args={"order_number": "123"},
        summary="Cancel order 123.",
        rule=rule,
    )


def acts(key: str, text: str = "Cancel order 123.") -> ActionMoved:
    """Move an action; without a text it is as an erasure leaves it."""
    return ActionMoved(
        agent=AgentId("staff"),
        agent_name="Alan",
        key=key,
        kind="cancel_order",
        digest=text,
        state="executed",
        args={},
        summary=text,
    )
