"""The comparison with frameworks for agents: our peer takes its turn, and what was measured is shown."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bench_peers import PEERS, Run, serving, working
from peers_report import BEGINNING, END, Peer, figures_of, picture, put_between, ratios, table, told

PLAIN, AHEAD = (peer for peer in PEERS if peer.group == "shopfloor")
SLICES = {
    "asked": [{"calls": 5, "streamed": 4, "asked_bytes": 4_321}],
    "alone": [{"cpu_s": 0.2, "peak_mb": 40.0}, {"cpu_s": 0.004, "peak_mb": 50.0}, {"cpu_s": 0.005, "peak_mb": 50.0}],
    "together": [{"turns_s": 120.4, "peak_mb": 77.7}],
    "slow": [{"walls_s": [0.7, 0.6, 0.6], "firsts_s": [0.5, 0.4, 0.3], "peak_mb": 60.0}],
}
SAME = figures_of(SLICES)


@pytest.mark.anyio
@pytest.mark.parametrize(("peer", "calls"), [(PLAIN, 5), (AHEAD, 3)], ids=["plain", "reading ahead"])
async def test_our_peer_takes_its_turn_with_the_model_server(peer: Peer, calls: int, tmp_path: Path) -> None:
    async with serving(sys.executable) as server, working(peer, sys.executable, server, tmp_path) as worker:
        await worker.do("once")
        asked = server.counted()
    assert (asked["calls"], asked["streamed"]) == (calls, calls)
    assert asked["draft"] == asked["orders answers"] == asked["products answers"] == 1


@pytest.mark.anyio
async def test_a_peer_that_cannot_start_is_left_out_with_the_reason(tmp_path: Path) -> None:
    peer = Peer(name="nobody", group="framework", module="no_such_peer", pins="crewai")
    async with serving(sys.executable) as server, working(peer, sys.executable, server, tmp_path) as worker:
        run = Run(server, {})
        await run.enter(worker)
    assert run.slices == {}
    assert "No module named 'no_such_peer'" in run.left_out["nobody"]


@pytest.mark.parametrize("peer", [peer for peer in PEERS if peer.group != "shopfloor"], ids=lambda peer: peer.name)
def test_the_version_of_every_peer_is_pinned_and_shown(peer: Peer) -> None:
    assert peer.label[len(peer.name) + 1 :][0].isdigit()


def test_a_peers_figures_are_medians_over_its_slices_and_the_peak_of_its_memory() -> None:
    assert SAME == {
        "cpu_ms": 5.0,
        "turns_a_second": 120.4,
        "wall_s": 0.6,
        "first_text_s": 0.4,
        "peak_mb": 78,
        "calls": 5,
        "streamed": 4,
        "asked_kb": 4.3,
    }


def test_we_are_compared_with_the_best_framework_in_each_figure() -> None:
    figures = {peer.name: SAME for peer in PEERS}
    figures["langgraph"] = {**SAME, "cpu_ms": 2.0, "turns_a_second": 60.2, "wall_s": 0.5}
    figures["crewai"] = {**SAME, "turns_a_second": 240.8}
    assert list(ratios(PEERS, figures).values()) == [1.0, 2.5, 0.5, 1.2]
    assert ratios(PEERS, {"crewai": SAME}) == {}


def test_peers_stand_in_their_groups_with_the_thriftiest_first() -> None:
    figures = dict.fromkeys(("crewai", "langgraph", "aiohttp", PLAIN.name, AHEAD.name), SAME)
    figures["langgraph"] = {**SAME, "cpu_ms": 2.0}
    names = [row[0].split(" ")[0] for row in table(PEERS, figures)[1:]]
    assert names == ["shopfloor", "shopfloor,", "by", "langgraph", "crewai"]


def test_the_picture_has_a_bar_for_each_figure_and_cuts_the_one_that_stands_out() -> None:
    figures = {"crewai": {**SAME, "cpu_ms": 100.0}, "langgraph": {**SAME, "cpu_ms": 20.0}, PLAIN.name: SAME}
    drawn = ET.fromstring(picture(PEERS, figures))  # noqa: S314  (our own)
    bars = [one for one in drawn.findall("{*}rect") if one.find("{*}title") is not None]
    assert len(bars) == 3 * len(figures)
    assert [one.get("class") for one in drawn.findall("{*}path")].count("gap") == 1
    widths = {one.find("{*}title").text: float(str(one.get("width"))) for one in bars[:3]}  # type: ignore[union-attr]
    assert widths["langgraph 1.2.22: 20"] == pytest.approx(4 * widths["shopfloor: 5"], rel=0.01)


def test_a_run_writes_its_part_of_the_document_and_nothing_else() -> None:
    text = put_between(f"before\n{BEGINNING}\nold\n{END}\nafter\n", told(PEERS, {PLAIN.name: SAME}, {"crewai": "gone"}))
    assert text.startswith(f"before\n{BEGINNING}\nMeasured on")
    assert text.endswith(f"Left out, as they could not be measured: crewai.\n{END}\nafter\n")
    assert "old" not in text
