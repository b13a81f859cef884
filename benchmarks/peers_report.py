"""What `bench_peers.py` measured, as figures, as a table and as a picture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Literal

from drawing import label, picture_of
from figures import Figures, machine, write

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
BEGINNING, END = "<!-- written by make bench-peers -->", "<!-- until here -->"

Group = Literal["shopfloor", "by hand", "framework"]
CAPTIONS: dict[Group, str] = {
    "shopfloor": "shopfloor",
    "by hand": "A loop written by hand, on",
    "framework": "Frameworks",
}
"""The groups as they are shown, in their order."""


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
    (asked,) = slices["asked"]
    return {
        "cpu_ms": round(1000 * median(one["cpu_s"] for one in slices["alone"]), 1),
        "turns_a_second": round(median(one["turns_s"] for one in slices["together"]), 1),
        "wall_s": round(median(wall for one in slices["slow"] for wall in one["walls_s"]), 3),
        "first_text_s": round(median(first for one in slices["slow"] for first in one["firsts_s"]), 3),
        "peak_mb": round(max(one["peak_mb"] for what in ("alone", "together", "slow") for one in slices[what])),
        "calls": asked["calls"],
        "streamed": asked["streamed"],
        "asked_kb": round(asked["asked_bytes"] / 1000, 1),
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
    "sent in them, kB",
)


def in_order(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> list[Peer]:
    """Return those that were measured: our own as they are, then by hand, then frameworks, the thriftiest first."""
    shown = [peer for peer in peers if peer.name in figures]
    groups = list(CAPTIONS)
    return sorted(
        shown,
        key=lambda one: (groups.index(one.group), one.group != "shopfloor" and figures[one.name]["cpu_ms"]),
    )


def table(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> list[list[str]]:
    """Return the rows of the table, its head first."""
    rows = [list(COLUMNS)]
    for peer in in_order(peers, figures):
        one = figures[peer.name]
        rows.append(
            [
                f"by hand, {peer.label}" if peer.group == "by hand" else peer.label,
                _short(one["cpu_ms"], 1),
                _short(one["turns_a_second"], 1),
                _short(one["wall_s"], 2),
                _short(one["first_text_s"], 2),
                f"{one['peak_mb']:.0f}",
                f"{one['calls']:.0f} ({one['streamed']:.0f})",
                _short(one["asked_kb"], 1),
            ]
        )
    return rows


def _short(value: float, digits: int) -> str:
    """Return a value with no more digits than are of interest."""
    return f"{value:.{0 if value >= 100 else digits}f}"


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


SUBTITLE = "A planner, two specialists side by side with a tool each, answers streamed; the same model server for all"
CUT_NOTE = "A bar with a gap is longer than it is drawn."
WIDTH, LABELS, GAP, MARGIN = 960, 196, 28, 28
ROW, BAR, TOP, BETWEEN = 25, 15, 126, 34
NUMBER = 46
"""Pixels beside a bar for its figure."""
CUT = 2.0
"""The largest bar is cut where it is so many times as long as the next."""
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
    Panel(figure="turns_a_second", head="Turns a second", note="50 at once; more is better", digits=1),
    Panel(figure="wall_s", head="Time of a turn", note="s, at 200 ms a call; less is better", digits=2),
)


def picture(peers: Sequence[Peer], figures: Mapping[str, Figures]) -> str:
    """Return the figures as an SVG picture: a row for each peer, a panel for each of three figures.

    It has a background of its own, light or dark as the reader's screen is.
    """
    shown = in_order(peers, figures)
    panel_width = (WIDTH - 2 * MARGIN - LABELS - GAP * (len(PANELS) - 1)) / len(PANELS)
    drawn = [label(MARGIN, 40, "title", "One turn, the same work everywhere"), label(MARGIN, 61, "note", SUBTITLE)]
    places: dict[str, int] = {}
    y, group = TOP, "shopfloor"
    for peer in shown:
        if peer.group != group:
            y, group = y + BETWEEN, peer.group
            drawn.append(label(MARGIN, y - 10, "note", CAPTIONS[peer.group]))
        places[peer.name] = y
        drawn.append(label(MARGIN, y + 12, f"label{_strong(peer)}", peer.label))
        y += ROW
    for number, panel in enumerate(PANELS):
        x = MARGIN + LABELS + number * (panel_width + GAP)
        bars = [(peer, places[peer.name], figures[peer.name][panel.figure]) for peer in shown]
        drawn += _panel(panel, x, panel_width, y, bars)
    drawn.append(label(MARGIN, y + 22, "note", CUT_NOTE))
    height = y + 22 + MARGIN
    return picture_of(drawn, WIDTH, height, "The same turn in shopfloor, by hand and in frameworks")


def _panel(panel: Panel, x: float, width: float, bottom: int, bars: Sequence[tuple[Peer, int, float]]) -> Sequence[str]:
    drawn = [
        label(x, TOP - 30, "head", panel.head),
        label(x, TOP - 14, "note", panel.note),
        f'<path d="M{x - 0.5:.1f} {TOP - 4}V{bottom - ROW + BAR + 4}" class="line"/>',
    ]
    longest, most = drawn_up_to(sorted(value for _, _, value in bars)), width - NUMBER
    for peer, y, value in bars:
        length = max(2.0, most * min(value, longest) / longest)
        drawn.append(
            f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" class="{CLASSES[peer.group]}">'
            f"<title>{escape(peer.label)}: {value:g}</title></rect>"
        )
        if value > longest:
            at = x + length - 18
            drawn.append(f'<path d="M{at:.1f} {y + BAR + 1}l5 -{BAR + 2}m5 0l-5 {BAR + 2}" class="gap"/>')
        drawn.append(label(x + length + 6, y + 12, f"figure{_strong(peer)}", _short(value, panel.digits)))
    return drawn


def drawn_up_to(values: Sequence[float]) -> float:
    """Return the value of the longest bar, of values in order: somewhat more than the second where one stands out."""
    if len(values) < 2 or values[-1] <= CUT * values[-2]:
        return values[-1] if values else 1.0
    return 1.25 * values[-2]


def _strong(peer: Peer) -> str:
    return " strong" if peer.group == "shopfloor" else ""
