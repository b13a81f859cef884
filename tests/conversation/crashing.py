"""Answers a conversation in a process of its own, and kills it just before its n-th commit; run by `test_crash.py`."""

from pathlib import Path

from dying import die_before_commit

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.kernel.ids import ConversationId


async def answer(data: str, conversation: str, text: str, kill_at: int) -> None:
    async with open_app(Config(data=Path(data))) as app:
        die_before_commit(kill_at)
        await app.chat.post(ConversationId(conversation), text)
        await app.chat.answer(ConversationId(conversation))
