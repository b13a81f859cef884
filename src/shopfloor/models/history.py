"""The history as providers take it that know a system message at the beginning only."""

from collections.abc import Iterable
from dataclasses import replace

from shopfloor.models.contract import ModelMessage

NOTE = "[System Note] "
"""How a note of ours begins where it has to stand in the customer's place."""


def with_notes_as_user(messages: Iterable[ModelMessage]) -> list[ModelMessage]:
    """Return a history whose notes are parts of the user's messages, and in which no two of those follow each other."""
    history: list[ModelMessage] = []
    for message in messages:
        one = message
        if message.role == "system":
            text = message.content if message.content.startswith(NOTE) else NOTE + message.content
            one = ModelMessage(role="user", content=text)
        if history and one.role == "user" and history[-1].role == "user":
            history[-1] = replace(history[-1], content=f"{history[-1].content}\n\n{one.content}")
        else:
            history.append(one)
    return history
