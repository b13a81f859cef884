"""Providers that are known by name: where they are, which format they speak, and how a key is shown to them."""

from dataclasses import dataclass
from typing import Literal

WireFormat = Literal["openai", "anthropic", "pydantic-ai"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """What is known of a provider, unless the settings say otherwise."""

    format: WireFormat = "openai"
    base_url: str | None = None
    """None where it is the merchant's own."""
    key_variable: str | None = None
    """The environment variable of the key; None for a server that asks for none."""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    max_tokens_field: str = "max_tokens"
    takes_cache_key: bool = False
    has_system_notes: bool = False


PRESETS: dict[str, Preset] = {
    "openai": Preset(
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        max_tokens_field="max_completion_tokens",
        takes_cache_key=True,
        has_system_notes=True,
    ),
    "azure": Preset(
        key_variable="AZURE_OPENAI_API_KEY",
        key_header="api-key",
        key_prefix="",
        max_tokens_field="max_completion_tokens",
        has_system_notes=True,
    ),
    "anthropic": Preset(
        format="anthropic",
        base_url="https://api.anthropic.com",
        key_variable="ANTHROPIC_API_KEY",
        key_header="x-api-key",
        key_prefix="",
    ),
    "gemini": Preset(base_url="https://generativelanguage.googleapis.com/v1beta/openai", key_variable="GEMINI_API_KEY"),
    "groq": Preset(
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        max_tokens_field="max_completion_tokens",
        has_system_notes=True,
    ),
    "openrouter": Preset(
        base_url="https://openrouter.ai/api/v1", key_variable="OPENROUTER_API_KEY", has_system_notes=True
    ),
    "ollama": Preset(base_url="http://127.0.0.1:11434/v1"),
    "vllm": Preset(base_url="http://127.0.0.1:8000/v1"),
}
