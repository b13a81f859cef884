"""Builds the clients and the router from the settings. Imported only where a model is set up, as it brings aiohttp."""

import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from anyio import move_on_after, to_thread

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.models.anthropic import AnthropicMessages
from shopfloor.models.breaker import Breaker, Circuit
from shopfloor.models.budget import Allowance
from shopfloor.models.connections import Connections
from shopfloor.models.contract import Model
from shopfloor.models.endpoint import Endpoint
from shopfloor.models.ledger import GatheringLedger, Ledger
from shopfloor.models.limits import Limited, ProviderLimit
from shopfloor.models.openai_chat import OpenAiChat
from shopfloor.models.presets import PRESETS, Preset
from shopfloor.models.prices import Price, PriceList, nanos_of
from shopfloor.models.retry import Retrying
from shopfloor.models.router import Books, Limits, ModelRouter
from shopfloor.models.settings import DayAllowance, ModelSetting, ModelSettings, ProviderSetting, TurnAllowance
from shopfloor.models.spending import Spending
from shopfloor.models.tiers import Tier
from shopfloor.models.traced import Rung

CLOSING_S = 10.0


@asynccontextmanager
async def opened_router(
    settings: ModelSettings,
    ledger: Ledger,
    spending: Spending,
    clock: Clock,
    wrap: Callable[[Model], Model] = lambda model: model,
) -> AsyncGenerator[ModelRouter]:
    """Hand out the router that the settings describe, with the keys from the environment, and close it afterwards.

    `wrap` is as for `ModelRouter`.

    Raises:
        InvalidInput: as `build_router`.
    """
    connections = Connections(clock)
    gathering = GatheringLedger(ledger)

    def build() -> ModelRouter:
        return build_router(
            settings, os.environ, connections, ledger=gathering, spending=spending, clock=clock, wrap=wrap
        )

    try:
        yield await to_thread.run_sync(build)
    finally:
        with move_on_after(CLOSING_S, shield=True):
            await connections.close()
            await gathering.write()


def build_router(
    settings: ModelSettings,
    environ: Mapping[str, str],
    connections: Connections,
    *,
    ledger: Ledger,
    spending: Spending,
    clock: Clock,
    wrap: Callable[[Model], Model] = lambda model: model,
) -> ModelRouter:
    """Return the router that the settings describe; it opens nothing before the first call.

    Raises:
        InvalidInput: a key is missing, an extra is not installed, or a budget of money meets a model without a price.
    """
    prices = price_list(settings)
    _check_prices(settings, prices)
    limits = {name: _limit(name, one) for name, one in settings.providers.items() if one.at_once or one.per_minute}
    models = {
        one.name: _guarded(client_of(settings, one, environ, connections), one, limits) for one in settings.models()
    }
    tiers: dict[Tier, list[tuple[Rung, Model]]] = {
        tier: [(Rung(tier=tier, provider=one.provider, model=one.model), models[one.name]) for one in chain]
        for tier, chain in settings.tiers.items()
    }
    return ModelRouter(
        tiers,
        Books(ledger=ledger, spending=spending, cost=prices.nanos, clock=clock),
        limits=Limits(
            turn=_allowance(settings.budgets.turn),
            day=_allowance(settings.budgets.customer_day),
            call_s=settings.call_s,
            rerank_s=settings.rerank_s,
        ),
        classes=settings.classes,
        wrap=wrap,
    )


def price_list(settings: ModelSettings) -> PriceList:
    """Return what the models cost."""
    known = {one.name: one.price for one in settings.models() if one.price}
    return PriceList({name: Price(input=p.input, output=p.output, cached=p.cached) for name, p in known.items()})


def client_of(
    settings: ModelSettings, one: ModelSetting, environ: Mapping[str, str], connections: Connections
) -> Model:
    """Return the bare client of a model: one attempt, no ladder.

    Raises:
        InvalidInput: its key is missing or cannot be one, or the extra `pydantic-ai` is not installed.
    """
    provider = settings.providers.get(one.provider, ProviderSetting())
    preset = PRESETS.get(one.provider, Preset())
    form = provider.format or preset.format
    if form == "pydantic-ai":
        return _pydantic_ai(one, provider, connections)
    endpoint = Endpoint(
        provider=one.provider,
        model=one.model,
        base_url=str(provider.base_url or preset.base_url).rstrip("/"),
        headers=_headers(one.provider, provider, preset, environ),
        deadlines=provider.deadlines.deadlines(),
        omit=one.omit,
        extra=one.extra,
        max_tokens_field=preset.max_tokens_field,
        has_schemas=provider.schemas == "json_schema",
        takes_cache_key=preset.takes_cache_key,
        has_system_notes=preset.has_system_notes,
    )
    return (AnthropicMessages if form == "anthropic" else OpenAiChat)(endpoint, connections)


def key_variable_of(settings: ModelSettings, provider: str) -> str | None:
    """Return the environment variable of a provider's key; None where it takes none, or keeps to its own."""
    setting = settings.providers.get(provider)
    preset = PRESETS.get(provider, Preset())
    return (setting.key_variable if setting else None) or preset.key_variable


def _headers(name: str, provider: ProviderSetting, preset: Preset, environ: Mapping[str, str]) -> dict[str, str]:
    variable = provider.key_variable or preset.key_variable
    if variable is None:
        return {}
    key = environ.get(variable, "").strip()
    if not key:
        raise InvalidInput(f"the provider {name} needs its key: set the environment variable {variable}")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(f"what stands in {variable} cannot be a key: set it anew, without blanks and line ends")
    return {preset.key_header: f"{preset.key_prefix}{key}"}


def _pydantic_ai(one: ModelSetting, provider: ProviderSetting, connections: Connections) -> Model:
    try:
        module: Any = import_module("shopfloor.models.pydantic_ai")
    except ImportError as error:
        raise InvalidInput(f"{one.name} needs the extra pydantic-ai: pip install 'shopfloor[pydantic-ai]'") from error
    client: Any = module.PydanticAiModel(one.name, one.name, whole_s=provider.deadlines.whole_s)
    connections.also_close(client.close)
    model: Model = client
    return model


def _guarded(client: Model, one: ModelSetting, limits: Mapping[str, ProviderLimit]) -> Model:
    guarded = Breaker(Retrying(client), Circuit(), one.name)
    limit = limits.get(one.provider)
    return guarded if limit is None else Limited(guarded, limit)


def _limit(name: str, provider: ProviderSetting) -> ProviderLimit:
    return ProviderLimit(name, at_once=provider.at_once, per_minute=provider.per_minute)


def _allowance(setting: TurnAllowance | DayAllowance) -> Allowance:
    return Allowance(
        tokens=setting.tokens,
        nanos=None if setting.dollars is None else nanos_of(setting.dollars),
        seconds=setting.seconds if isinstance(setting, TurnAllowance) else None,
    )


def _check_prices(settings: ModelSettings, prices: PriceList) -> None:
    unknown = [one.name for one in settings.models() if not prices.knows(one.provider, one.model)]
    if settings.budgets.are_money and unknown:
        raise InvalidInput(
            f"a budget of money cannot be kept with {', '.join(unknown)}, whose price is not known: "
            "give each its price (0 on your own machine), or set a budget of tokens"
        )
