"""What the merchant sets about models, as data: providers, tiers, classes of work, budgets.

It comes from a file or from the database, and for a few models from the environment. Keys are never in it: it names
their variables.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, JsonValue, ValidationError, model_validator

from shopfloor.database.versioned import Kind, Versioned
from shopfloor.kernel.errors import FieldProblem, InvalidFields, InvalidInput
from shopfloor.kernel.fields import fields_of
from shopfloor.language.masking import masked
from shopfloor.models.endpoint import Deadlines
from shopfloor.models.presets import PRESETS, WireFormat
from shopfloor.models.tiers import TIERS, TaskClass, Tier

NAME = r"^[a-z][a-z0-9_-]{0,39}$"
VARIABLE = r"^[A-Z][A-Z0-9_]{0,79}$"
TIER_VARIABLES: dict[Tier, str] = {
    "fast": "SHOPFLOOR_MODEL_FAST",
    "balanced": "SHOPFLOOR_MODEL_BALANCED",
    "power": "SHOPFLOOR_MODEL_POWER",
}
"""Environment variables that name a tier's models, parted by commas; they go before a file."""
SECRET = re.compile(
    r"(?:(?<!cache_)key|token|secrets?|password|credentials?|auth|authorization|cookies?|headers?)$", re.I
)
"""How fields end that hold a key, or may; `prompt_cache_key` is none."""
URL_VARIABLE = "SHOPFLOOR_{}_URL"
"""The environment variable of a provider's address: `SHOPFLOOR_OLLAMA_URL`."""

Dollars = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=9)]


class Strict(BaseModel):
    """A part of the settings: what is not known is refused, so that a slip does not go unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceSetting(Strict):
    """What a million model tokens cost, in US dollars; 0 for a model on your own machine."""

    input: Dollars
    output: Dollars
    cached: Dollars | None = None


def _named(value: object) -> object:
    """Read `provider:model` as what it stands for."""
    if not isinstance(value, str):
        return value
    provider, _, model = value.strip().partition(":")
    return {"provider": provider, "model": model}


class ModelSetting(Strict):
    """One model, as `provider:model` or with more to say about it."""

    provider: str = Field(pattern=NAME)
    model: str = Field(min_length=1, max_length=200)
    price: PriceSetting | None = None
    omit: frozenset[str] = frozenset()
    """Fields of a request that it does not take, such as `temperature`."""
    extra: dict[str, JsonValue] = {}
    """Fields that each request to it has besides, such as `reasoning_effort`."""

    @property
    def name(self) -> str:
        """Return `provider:model`."""
        return f"{self.provider}:{self.model}"

    @property
    def is_plain(self) -> bool:
        """Whether nothing but its name is said."""
        return self.price is None and not self.omit and not self.extra


class DeadlineSetting(Strict):
    """How long each part of a call may take, in seconds."""

    connect_s: float = Field(default=5, gt=0, le=600)
    first_byte_s: float = Field(default=30, gt=0, le=600)
    between_s: float = Field(default=30, gt=0, le=600)
    whole_s: float = Field(default=120, gt=0, le=3600)

    def deadlines(self) -> Deadlines:
        """Return it as the clients take it."""
        return Deadlines(**self.model_dump())


class ProviderSetting(Strict):
    """Where a provider is; what is left out is as it is known of a provider of that name."""

    format: WireFormat | None = None
    base_url: HttpUrl | None = None
    key_variable: str | None = Field(default=None, pattern=VARIABLE)
    """The environment variable that the key is in."""
    schemas: Literal["json_schema", "json_object"] = "json_schema"
    """How a form of answer is asked for; `json_object` for servers that keep to no schema."""
    at_once: int | None = Field(default=None, ge=1, le=10_000)
    per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    deadlines: DeadlineSetting = DeadlineSetting()


class TurnAllowance(Strict):
    """What the models may use for one turn."""

    tokens: int | None = Field(default=None, ge=1)
    dollars: Dollars | None = None
    seconds: float | None = Field(default=None, gt=0)


class DayAllowance(Strict):
    """What the models may use for one customer in a day."""

    tokens: int | None = Field(default=None, ge=1)
    dollars: Dollars | None = None


class Budgets(Strict):
    """What the models may use."""

    turn: TurnAllowance = TurnAllowance()
    customer_day: DayAllowance = DayAllowance()

    @property
    def are_money(self) -> bool:
        """Whether one of them is of money."""
        return self.turn.dollars is not None or self.customer_day.dollars is not None


Chain = Annotated[list[Annotated[ModelSetting, BeforeValidator(_named)]], Field(max_length=8)]


class ModelSettings(Strict):
    """All settings of models; without any tier there is no model, and the team works without one."""

    providers: dict[Annotated[str, Field(pattern=NAME)], ProviderSetting] = {}
    tiers: dict[Tier, Chain] = {}
    classes: dict[TaskClass, Tier] = {}
    """Where a class of work is done, where it is not its default tier."""
    budgets: Budgets = Budgets()
    call_s: float = Field(default=90, gt=0, le=3600)
    """Seconds that one call may take, over all the models that are asked for it."""
    rerank_s: float = Field(default=0, ge=0, le=30)
    """Seconds that a model may take to put the products found in order; 0 asks none."""

    @model_validator(mode="after")
    def _is_whole(self) -> "ModelSettings":
        every = [one for tier in self.tiers for one in self.tiers[tier]]
        problems = [problem for one in every for problem in self._wrong_with(one)]
        chosen = {one.name: one for one in self.models()}
        problems += [
            f"{one.name} is set up in two ways" for one in every if not one.is_plain and one != chosen[one.name]
        ]
        if problems:
            raise ValueError("; ".join(dict.fromkeys(problems)))
        return self

    def _wrong_with(self, one: ModelSetting) -> list[str]:
        setting = self.providers.get(one.provider)
        preset = PRESETS.get(one.provider)
        if setting is None and preset is None:
            known = ", ".join(sorted(PRESETS))
            return [f"there is no provider {one.provider}: add it under providers with its base_url, or use {known}"]
        form = (setting.format if setting else None) or (preset.format if preset else "openai")
        has_url = (setting and setting.base_url) or (preset and preset.base_url)
        if form != "pydantic-ai" and not has_url:
            return [f"the provider {one.provider} needs its base_url, under providers"]
        return []

    @property
    def is_empty(self) -> bool:
        """Whether there is no model."""
        return not any(self.tiers.values())

    def models(self) -> list[ModelSetting]:
        """Return each model once, in the order of tiers; where more is said about it in one place, that holds."""
        known: dict[str, ModelSetting] = {}
        for tier in TIERS:
            for one in self.tiers.get(tier, []):
                if one.name not in known or known[one.name].is_plain:
                    known[one.name] = one
        return list(known.values())


def model_settings(text: str, environ: Mapping[str, str], what: str = "the model settings") -> ModelSettings:
    """Return the settings that a file's text holds, with what the environment says on top.

    Raises:
        InvalidInput: they cannot be used; the message names each field and the remedy.
    """
    try:
        loaded: object = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"{what}: it is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(loaded, dict):
        raise InvalidInput(f"{what}: it is no mapping: begin with `tiers:`")
    return _with_environment(dict(loaded), environ, what)  # pyright: ignore[reportUnknownArgumentType]


def kept_settings(kept: ModelSettings, environ: Mapping[str, str]) -> ModelSettings:
    """Return the settings that the database keeps, with what the environment says on top.

    Raises:
        InvalidInput: they cannot be used together.
    """
    return _with_environment(MODELS.data(kept), environ, "the model settings in the database")


def set_by(environ: Mapping[str, str]) -> list[str]:
    """Return the variables by which the environment sets models and addresses."""
    names = [*TIER_VARIABLES.values(), *(URL_VARIABLE.format(provider.upper()) for provider in PRESETS)]
    return [name for name in names if environ.get(name, "").strip()]


def settings_of(data: object, what: str) -> ModelSettings:
    """Read settings from plain values.

    Raises:
        InvalidFields: naming each field that is wrong, and the remedy.
    """
    if not isinstance(data, dict):
        raise InvalidInput(f"{what}: it is no mapping: begin with `tiers:`")
    try:
        settings = ModelSettings.model_validate(data)
    except ValidationError as error:
        raise InvalidFields(what, [_remedied(one) for one in fields_of(error, ModelSettings)]) from None
    return settings


def settings_to_keep(data: object, what: str) -> ModelSettings:
    """Read settings that are to be kept in the database, where no key may be.

    Raises:
        InvalidFields: naming each field that is wrong, and the remedy.
    """
    settings = settings_of(data, what)
    if problems := [*_secrets(settings)]:
        raise InvalidFields(what, problems)
    return settings


def _secrets(settings: ModelSettings) -> Iterator[FieldProblem]:
    """Say where a key stands, or could."""
    remedy = "set key_variable to the name of the environment variable that the key is in"
    for name, one in settings.providers.items():
        url = one.base_url
        if url and (url.username or url.password):
            yield FieldProblem(f"providers.{name}.base_url", f"a name and a password do not belong here: {remedy}")
        elif url and (url.query or url.fragment):
            yield FieldProblem(f"providers.{name}.base_url", f"an address ends before its `?` or `#`: {remedy}")
    for tier, chain in settings.tiers.items():
        for place, model in enumerate(chain):
            for field in _secret_fields(model.extra):
                yield FieldProblem(f"tiers.{tier}.{place}.extra{field}", f"a key does not belong here: {remedy}")


def _secret_fields(value: JsonValue) -> Iterator[str]:
    """Return the paths of the parts of a value that are named or look like a key, as `.headers` or `.tools.0.token`."""
    if isinstance(value, str) and masked(value) != value:
        yield ""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if SECRET.search(str(name)):
            yield f".{name}"
        else:
            yield from (f".{name}{field}" for field in _secret_fields(part))


MODELS = Kind(
    name="models",
    plural="model settings",
    history="shopfloor models history",
    type=ModelSettings,
    read=settings_to_keep,
    is_sparse=True,
)
"""How the settings of models are kept."""
KeptModels = Versioned[ModelSettings]
"""Which models there are, with all that there were before; the product's own value has none."""


def _with_environment(data: dict[str, Any], environ: Mapping[str, str], what: str) -> ModelSettings:
    _add_environment(data, environ)
    return settings_of(data, what)


def _add_environment(data: dict[str, Any], environ: Mapping[str, str]) -> None:
    for tier, variable in TIER_VARIABLES.items():
        if named := environ.get(variable, "").strip():
            tiers = data.setdefault("tiers", {})
            if isinstance(tiers, dict):
                tiers[tier] = [one.strip() for one in named.split(",") if one.strip()]
    for provider in PRESETS:
        if url := environ.get(URL_VARIABLE.format(provider.upper()), "").strip():
            providers = data.setdefault("providers", {})
            if isinstance(providers, dict):
                providers[provider] = {**(providers.get(provider) or {}), "base_url": url}  # pyright: ignore[reportUnknownMemberType]


def _remedied(problem: FieldProblem) -> FieldProblem:
    """Say of some fields what belongs there; what stands in one is never repeated, as it may be a key."""
    if problem.field.endswith("key_variable"):
        return problem._replace(
            message="it is the name of an environment variable in capitals; the key itself does not belong here"
        )
    if problem.field.startswith("tiers.") and problem.field.endswith(".model"):
        return problem._replace(message="a model is named `provider:model`, such as `openai:gpt-5-mini`")
    return problem
