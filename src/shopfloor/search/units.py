"""Measures as one term, however they are written: `15-inch`, `15"` and `15 inches`; `16 GB` and `16gb`."""

import re

_WRITTEN = {
    "inch": "inch inches",
    "ft": "ft feet foot",
    "yd": "yd yard yards",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "kg": "kg kilo kilos kilogram kilograms",
    "lb": "lb lbs pound pounds",
    "oz": "oz ounce ounces",
    "ml": "ml milliliter milliliters millilitre millilitres",
    "l": "liter liters litre litres",
    "gal": "gal gallon gallons",
    "qt": "qt quart quarts",
    "gb": "gb gigabyte gigabytes",
    "tb": "tb terabyte terabytes",
    "mb": "mb megabyte megabytes",
    "ghz": "ghz",
    "mhz": "mhz",
    "hz": "hz hertz",
    "mah": "mah",
    "mp": "mp megapixel megapixels",
    "w": "watt watts",
    "v": "volt volts",
}
_ATTACHED = {"in": "inch", '"': "inch", "''": "inch", "”": "inch", "l": "l", "w": "w", "v": "v"}
"""What is a unit only where it stands at its number: `in` and `l` may be anything else."""
UNITS = {name: unit for unit, names in _WRITTEN.items() for name in names.split()}


def _any_of(names: dict[str, str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


MEASURE = re.compile(rf"(?<=\d)(?:[ -]?({_any_of(UNITS)})|-?({_any_of(_ATTACHED)}))(?!\w)")


def joined_units(text: str) -> str:
    """Return a text in lower case with each unit at its number, by its shortest name."""
    return MEASURE.sub(lambda match: UNITS.get(match[1]) or _ATTACHED[match[2]], text)
