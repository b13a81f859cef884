"""What the merchant sets about models: from a file and the environment, with a remedy for each slip."""

from decimal import Decimal

import pytest

from shopfloor.kernel.errors import InvalidInput
from shopfloor.models.settings import ModelSettings, model_settings

WHOLE = """
providers:
  openai: {at_once: 20, per_minute: 500}
  house:
    base_url: http://10.0.0.5:8000/v1
    schemas: json_object
    deadlines: {first_byte_s: 120}
tiers:
  fast:
    - openai:gpt-5-mini
    - {provider: house, model: "qwen3:8b", price: {input: 0, output: 0}, omit: [temperature]}
  balanced: [openai:gpt-5.2]
  power: ["anthropic:claude-opus-4-8", "openai:gpt-5.2"]
classes: {email_copy: fast}
budgets:
  turn: {tokens: 60000, dollars: 0.05, seconds: 60}
  customer_day: {dollars: 0.50}
"""


def test_settings_are_read_from_a_file() -> None:
    settings = model_settings(WHOLE, {})
    assert [one.name for one in settings.models()] == [
        "openai:gpt-5-mini",
        "house:qwen3:8b",
        "openai:gpt-5.2",
        "anthropic:claude-opus-4-8",
    ]
    assert settings.providers["house"].deadlines.first_byte_s == 120
    assert settings.budgets.customer_day.dollars == Decimal("0.50")
    assert settings.classes == {"email_copy": "fast"}


def test_the_environment_goes_before_the_file() -> None:
    environ = {
        "SHOPFLOOR_MODEL_FAST": "ollama:llama3.2:3b, openai:gpt-5-mini",
        "SHOPFLOOR_OLLAMA_URL": "http://10.0.0.9:11434/v1",
        "SHOPFLOOR_MODEL_POWER": "  ",
    }
    settings = model_settings(WHOLE, environ)
    assert [one.name for one in settings.tiers["fast"]] == ["ollama:llama3.2:3b", "openai:gpt-5-mini"]
    assert str(settings.providers["ollama"].base_url) == "http://10.0.0.9:11434/v1"
    assert [one.name for one in settings.tiers["power"]] == ["anthropic:claude-opus-4-8", "openai:gpt-5.2"]


def test_without_any_setting_there_is_no_model() -> None:
    assert model_settings("", {}) == ModelSettings()
    assert model_settings("", {}).is_empty


def test_a_model_that_is_named_twice_is_set_up_once() -> None:
    text = "tiers: {fast: ['ollama:m'], power: [{provider: ollama, model: m, price: {input: 0, output: 0}}]}"
    (one,) = model_settings(text, {}).models()
    assert one.price is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tiers: [", "it is no YAML"),
        ("- fast", "begin with `tiers:`"),
        ("tier: {}", "tier: there is no field of this name: there are providers, tiers, classes"),
        ("tiers: {quick: []}", "tiers.quick: there is none of this name: there are 'fast', 'balanced' or 'power'"),
        ("providers: {own: {deadlines: {whole: 3}}}", "whole: there is no field of this name: there are connect_s,"),
        ("tiers: {fast: [{provider: ollama, model: m, prise: 1}]}", "there are provider, model, price"),
        ("tiers: {fast: [gpt-5-mini]}", "a model is named `provider:model`"),
        ("tiers: {fast: ['nope:m']}", "no provider nope: add it under providers with its base_url, or use anthropic"),
        ("tiers: {fast: ['azure:m']}", "the provider azure needs its base_url"),
        ("{tiers: {fast: ['own:m']}, providers: {own: {}}}", "the provider own needs its base_url"),
        (
            "providers: {own: {base_url: 'ftp://x'}}",
            "providers.own.base_url: it is no address: begin with http:// or https://",
        ),
        ("providers: {own: {key_variable: sk-abcdef}}", "the key itself does not belong here"),
        ("providers: {own: {at_once: 0}}", "providers.own.at_once"),
        ("classes: {email_copy: cheap}", "classes.email_copy"),
        ("classes: {poetry: fast}", "classes.poetry"),
        ("budgets: {turn: {dollars: -1}}", "budgets.turn.dollars"),
        (
            "tiers: {fast: [{provider: vllm, model: m, omit: [a]}], power: [{provider: vllm, model: m, omit: [b]}]}",
            "vllm:m is set up in two ways",
        ),
    ],
)
def test_a_slip_is_told_with_its_field_and_the_remedy(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as slip:
        model_settings(text, {}, "models.yaml")
    assert str(slip.value).startswith("models.yaml: ")
    assert told in str(slip.value)
    assert "sk-abc" not in str(slip.value)
