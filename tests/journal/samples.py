"""Events as a conversation has them, and any events at all."""

from hypothesis import strategies as st
from pydantic import JsonValue

from shopfloor.journal.events import EVENT_TYPES, EventData, HandedOff, MessageWritten, ReplyComposed, Source
from shopfloor.kernel.ids import AgentId, ConversationId, MessageId, TurnId

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


any_events = st.lists(st.one_of([any_event(kind) for kind in EVENT_TYPES.values()]), min_size=1, max_size=4)


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
