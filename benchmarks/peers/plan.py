"""The plan as frameworks parse it."""

from typing import Literal

from pydantic import BaseModel


class Task(BaseModel):
    """A part of the message, for one agent."""

    agent: Literal["orders", "products"]
    task: str


class Plan(BaseModel):
    """All parts."""

    tasks: list[Task]
