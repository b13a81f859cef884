"""What is remembered, in words for the customer."""

from collections.abc import Sequence

from shopfloor.profiles.contract import Origin, Remembered
from shopfloor.profiles.vocabulary import MATTER

LABELS = {
    "size.shoes": "your shoe size: {}",
    "size.tops": "your size in tops: {}",
    "size.bottoms": "your size in trousers and skirts: {}",
    "fit": "your fit: {}",
    "gender": "you look for: {}",
    "colour.likes": "colours you like: {}",
    "brand.likes": "brands you like: {}",
    "avoids": "left out for you: {}",
}
IN_A_ROW = {
    "size.shoes": "your shoe size ({})",
    "size.tops": "your size in tops ({})",
    "size.bottoms": "your size in trousers and skirts ({})",
    "fit": "your fit ({})",
    "gender": "what you look for ({})",
    "colour.likes": "that you like {}",
    "brand.likes": "that you like {}",
    "avoids": "that you do not want {}",
}
GENDERS = {"men": "men's things", "women": "women's things", "kids": "kids' things", "unisex": "unisex things"}
ORIGINS: dict[Origin, str] = {
    "said": "you told me",
    "order": "from what you bought and kept",
    "search": "from what you looked for",
    "staff": "noted by a colleague",
    "ticket": "open",
}


def lines(entries: Sequence[Remembered]) -> tuple[str, ...]:
    """Tell entries one to a line, each key once, with where it is known from."""
    grouped: dict[tuple[str, Origin], list[str]] = {}
    for entry in entries:
        grouped.setdefault((entry.key, entry.origin), []).append(entry.value)
    return tuple(_line(key, origin, values) for (key, origin), values in grouped.items())


def label(key: str, values: Sequence[str]) -> str:
    """Name one key with its values inside a sentence: `your shoe size (9)`."""
    return IN_A_ROW[key].format(_joined(key, values))


def _line(key: str, origin: Origin, values: Sequence[str]) -> str:
    if key.startswith(MATTER):
        return f"Still open: {values[0]}"
    text = f"{LABELS[key].format(_joined(key, values))} ({ORIGINS[origin]})"
    return text[0].upper() + text[1:]


def _joined(key: str, values: Sequence[str]) -> str:
    said = [GENDERS.get(value, value) for value in values] if key == "gender" else list(values)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
