"""What `bench_peers.py` measured, as figures, as a table and as a picture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Literal

from figures import Figures, machine, write

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
BEGINNING, END = "<!-- written by make bench-peers -->", "<!-- until here -->"

Group = Literal["shopfloor", "by hand", "framework"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """Who is measured."""

    name: str
    """Of a framework, as its package is called."""
    group: Group
    module: str
    """In `peers/`."""
    pins: str
    """The file in `peers/pins/`, without its ending."""
    function: str = "build"

    @property
    def label(self) -> str:
        """Return the name as it is shown, with the version of what is pinned."""
        if self.group == "shopfloor":
            return self.name
        pins = (HERE / "peers" / "pins" / f"{self.pins}.txt").read_text("utf-8")
        version = re.search(rf"^{re.escape(self.name)}==(.+)$", pins, re.MULTILINE)
        return f"{self.name} {version[1]}" if version else self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """All slices of a run, by peer and by what was measured in them."""

    slices: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why peers are missing, by name."""


def figures_of(slices: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figures:
    """Return one peer's figures: medians over all slices, and the peak of memory."""
    (calls,) = slices["calls"]
    return {
        "cpu_ms": round(1000 * median(one["cpu_s"] for one in slices["alone"]), 1),
        "turns_a_second": round(median(one["turns_s"] for one in slices["together"]), 1),
        "wall_s": round(median(wall for one in slices["slow"] for wall in one["walls_s"]), 3),
        "first_text_s": round(median(first for one in slices["slow"] for first in one["firsts_s"]), 3),
        "peak_mb": round(max(one["peak_mb"] for what in ("alone", "together", "slow") for one in slices[what])),
        "calls": calls["calls"],
        "streamed": calls.get("streamed", 0),
    }


def ratios(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> dict[str, float]:
    """Return how shopfloor compares, where all that it takes was measured, under the words that say so."""
    frameworks = [figures[peer.name] for peer in peers if peer.group == "framework" and peer.name in figures]
    plain, ahead, floor = (figures.get(name) for name in ("shopfloor", "shopfloor, reading ahead", "aiohttp"))
    found: dict[str, float] = {}
    if plain and floor:
        found["CPU per turn, of aiohttp by hand"] = plain["cpu_ms"] / floor["cpu_ms"]
    if plain and frameworks:
        found["CPU per turn, of the thriftiest framework"] = plain["cpu_ms"] / min(f["cpu_ms"] for f in frameworks)
        best = max(one["turns_a_second"] for one in frameworks)
        found["turns a second, 50 at once, of the fastest framework"] = plain["turns_a_second"] / best
    if ahead and frameworks:
        found["wall at 200 ms a call, reading ahead, of the fastest framework"] = ahead["wall_s"] / min(
            one["wall_s"] for one in frameworks
        )
    return {words: round(value, 2) for words, value in found.items()}


COLUMNS = (
    "who",
    "CPU a turn, ms",
    "turns a second, 50 at once",
    "wall at 200 ms a call, s",
    "first text, s",
    "peak memory, MB",
    "calls (streamed)",
)


def table(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> list[list[str]]:
    """Return the rows of the table, its head first."""
    rows = [list(COLUMNS)]
    for peer in peers:
        if one := figures.get(peer.name):
            label = f"by hand, {peer.label}" if peer.group == "by hand" else peer.label
            calls = f"{one['calls']:.0f} ({one['streamed']:.0f})"
            rate = f"{one['turns_a_second']:.{0 if one['turns_a_second'] >= 100 else 1}f}"
            wall, first = f"{one['wall_s']:.2f}", f"{one['first_text_s']:.2f}"
            rows.append([label, f"{one['cpu_ms']:.1f}", rate, wall, first, f"{one['peak_mb']:.0f}", calls])
    return rows


def told(peers: Sequence[Peer], measured: Mapping[str, Figures], left_out: Mapping[str, str]) -> str:
    """Return the part of the document that a run writes."""
    on = machine()
    head, *rows = table(peers, measured)
    lines = [
        f"Measured on {on['cores']} shared cores ({on['processor']}, Python {on['python']}):",
        "",
        f"| {' | '.join(head)} |",
        f"|---|{'---:|' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        "| shopfloor against others | times |",
        "|---|---:|",
        *(f"| {words} | {value:.2f} |" for words, value in ratios(peers, measured).items()),
    ]
    if left_out:
        lines += ["", f"Left out, as they could not be measured: {', '.join(left_out)}."]
    return "\n".join(lines)


def put_between(text: str, new: str) -> str:
    """Return a document with the part that runs write replaced."""
    before, _, rest = text.partition(BEGINNING)
    _, _, after = rest.partition(END)
    return f"{before}{BEGINNING}\n{new}\n{END}{after}"


def report(peers: Sequence[Peer], measured: Measured, *, is_whole: bool) -> None:
    """Print everything, and write it down where all peers were asked for."""
    figures = {name: figures_of(slices) for name, slices in measured.slices.items()}
    rows = table(peers, figures)
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        print(row[0].ljust(widths[0]), *cells, sep="  ")
    compared = ratios(peers, figures)
    for words, value in compared.items():
        print(f"{value:>6.2f} times: {words}")
    for name, why in measured.left_out.items():
        print(f"left out: {name}: {why}")
    if not is_whole:
        return
    write("peers", {**figures, "shopfloor against others": compared})
    document = DOCS / "peers.md"
    document.write_text(put_between(document.read_text("utf-8"), told(peers, figures, measured.left_out)), "utf-8")
    (DOCS / "peers.svg").write_text(picture(peers, figures), "utf-8")


SUBTITLE = (
    "A planner, two specialists side by side with a tool each, answers streamed; one process each, one model server"
)
WIDTH, LABELS, GAP, MARGIN = 960, 196, 30, 28
ROW, BAR, TOP, BETWEEN = 26, 15, 122, 16
NUMBER = 50
"""Pixels beside a bar for its figure."""
STYLE = """
.back{fill:#fff;stroke:#d8dee4}.title{fill:#1b2733;font-size:18px;font-weight:600}.note{fill:#5b6875;font-size:12px}
.head{fill:#1b2733;font-size:13px;font-weight:600}.label,.figure{fill:#2f3c48;font-size:12.5px}
.ours{fill:#12728f}.hand{fill:#b7c0c9}.others{fill:#d99a4e}.line{stroke:#d8dee4}
.strong{fill:#0c5d76;font-weight:600}.figure{font-variant-numeric:tabular-nums}
@media(prefers-color-scheme:dark){.back{fill:#10171e;stroke:#2b3742}.title,.head{fill:#e8eef3}.note{fill:#93a1ae}
.label,.figure{fill:#c6d0d9}.ours{fill:#35a7c8}.hand{fill:#5d6a76}.others{fill:#c98a42}.line{stroke:#2b3742}
.strong{fill:#7fd0e6}}
"""
CLASSES: Mapping[Group, str] = {"shopfloor": "ours", "by hand": "hand", "framework": "others"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One figure of all peers, as bars."""

    figure: str
    head: str
    note: str
    digits: int


PANELS = (
    Panel(figure="cpu_ms", head="CPU of a turn", note="ms; less is better", digits=1),
    Panel(figure="turns_a_second", head="Turns a second", note="50 at once; more is better", digits=0),
    Panel(figure="wall_s", head="Time of a turn", note="s, where a call takes 200 ms; less is better", digits=2),
)


def picture(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> str:
    """Return the figures as an SVG picture: a row for each peer, a panel for each of three figures.

    It has a background of its own, light or dark as the reader's screen is.
    """
    shown = [peer for peer in peers if peer.name in figures]
    places: dict[str, int] = {}
    y = TOP
    for before, peer in zip([None, *shown], shown, strict=False):
        y += BETWEEN if before and before.group != peer.group else 0
        places[peer.name] = y
        y += ROW
    height = y + MARGIN
    panel_width = (WIDTH - 2 * MARGIN - LABELS - GAP * (len(PANELS) - 1)) / len(PANELS)
    drawn = [
        f'<text x="{MARGIN}" y="40" class="title">One turn, the same work everywhere</text>',
        f'<text x="{MARGIN}" y="61" class="note">{SUBTITLE}</text>',
    ]
    for peer in shown:
        is_ours = " strong" if peer.group == "shopfloor" else ""
        text = f'<text x="{MARGIN}" y="{places[peer.name] + 12}" class="label{is_ours}">{escape(peer.label)}</text>'
        drawn.append(text)
    for number, panel in enumerate(PANELS):
        x = MARGIN + LABELS + number * (panel_width + GAP)
        drawn += _panel(panel, x, panel_width, places, [(peer, figures[peer.name][panel.figure]) for peer in shown])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img" '
        'aria-label="The same turn in shopfloor, by hand and in frameworks">'
        f"<style>{STYLE.replace(chr(10), '')}</style>"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" class="back"/>'
        f"{''.join(drawn)}</svg>\n"
    )


def _panel(
    panel: Panel, x: float, width: float, places: Mapping[str, int], values: Sequence[tuple[Peer, float]]
) -> list[str]:
    most = max((value for _, value in values), default=1.0)
    drawn = [
        f'<text x="{x:.1f}" y="{TOP - 30}" class="head">{panel.head}</text>',
        f'<text x="{x:.1f}" y="{TOP - 14}" class="note">{panel.note}</text>',
    ]
    if places:
        low = max(places.values()) + BAR + 4
        drawn.append(f'<path d="M{x - 0.5:.1f} {TOP - 4}V{low}" class="line"/>')
    for peer, value in values:
        y, length = places[peer.name], max(2.0, (width - NUMBER) * value / most)
        is_ours = " strong" if peer.group == "shopfloor" else ""
        digits = 0 if value >= 100 else max(panel.digits, 1)
        drawn.append(
            f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" class="{CLASSES[peer.group]}">'
            f"<title>{escape(peer.label)}: {value:g}</title></rect>"
            f'<text x="{x + length + 6:.1f}" y="{y + 12}" class="figure{is_ours}">{value:.{digits}f}</text>'
        )
    return drawn
