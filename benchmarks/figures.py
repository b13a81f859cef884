"""How measurements are summed up, shown and written down."""

import json
import os
import platform
import sqlite3
import statistics
from pathlib import Path

RESULTS = Path(__file__).parent / "results"

Figures = dict[str, float]


def milliseconds(seconds: float) -> float:
    """Return milliseconds, to a hundredth."""
    return round(seconds * 1000, 2)


def spread(name: str, seconds: list[float]) -> Figures:
    """Return the median, the 95th and, of a hundred values or more, the 99th percentile in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    places = (50, 95, 99) if len(seconds) >= 100 else (50, 95)
    return {f"{name}_p{place}_ms": milliseconds(cuts[place - 1]) for place in places}


def machine() -> dict[str, str | int | None]:
    """Return what the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def record(name: str, figures: dict[str, Figures]) -> None:
    """Print figures, a line for each thing measured, and write them to `results/<name>.json`."""
    for what, values in figures.items():
        print(f"{what:<40}", "  ".join(f"{value:>8g} {unit}" for unit, value in values.items()))
    write(name, figures)


def write(name: str, figures: dict[str, Figures]) -> None:
    """Write figures to `results/<name>.json`, with what they depend on."""
    RESULTS.mkdir(exist_ok=True)
    written = {"machine": machine(), "figures": figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(written, indent=2) + "\n", "utf-8")
