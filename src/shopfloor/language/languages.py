"""The languages that the team reads and answers in."""

from typing import Literal

Language = Literal["en", "de", "es", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "es", "fr")
DEFAULT: Language = "en"
"""What a conversation is held in until its customer writes otherwise."""
NAMES_IN_ENGLISH: dict[Language, str] = {"en": "English", "de": "German", "es": "Spanish", "fr": "French"}
