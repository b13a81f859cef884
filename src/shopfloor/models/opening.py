"""The models of an installation, opened only where one is set up."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module

from anyio import to_thread

from shopfloor.kernel.clock import Clock
from shopfloor.models.ledger import Ledger
from shopfloor.models.router import ModelRouter
from shopfloor.models.settings import ModelSettings
from shopfloor.models.spending import Spending


@asynccontextmanager
async def opened_models(
    settings: ModelSettings, ledger: Ledger, spending: Spending, clock: Clock
) -> AsyncGenerator[ModelRouter | None]:
    """Hand out the router that is set up, and close its connections; None where no model is set up.

    Raises:
        InvalidInput: what is set up cannot be used.
    """
    if settings.is_empty:
        yield None
        return
    # Imported here, since an installation without models should not wait for an HTTP client and a list of prices.
    building = await to_thread.run_sync(import_module, "shopfloor.models.building")
    async with building.opened_router(settings, ledger, spending, clock) as router:
        yield router
