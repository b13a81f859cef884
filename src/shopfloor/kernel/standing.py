"""Work that stands beside a block and ends with it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from anyio import get_cancelled_exc_class
from anyio.abc import TaskGroup


@asynccontextmanager
async def held(group: TaskGroup) -> AsyncGenerator[TaskGroup]:
    """Run a block beside a group's tasks, which end with it; an error of the block comes out as it is, in no group."""
    failure: BaseException | None = None
    async with group:
        try:
            yield group
        except (get_cancelled_exc_class(), GeneratorExit):
            raise
        except BaseException as error:  # Ctrl-C too: whoever runs the installation looks for it
            failure = error
        finally:
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure
