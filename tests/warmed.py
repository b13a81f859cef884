"""Answers a message when it is imported, so that a process forked from then on need not learn or read anything first.

Only `dying` has it imported, in the process that it forks others off.
"""

import anyio
from demo_app import MAYA, begin, demo_app, say


async def _answer() -> None:
    app = await demo_app()
    await say(app, await begin(app, MAYA), "where is my order #123?")


anyio.run(_answer)
