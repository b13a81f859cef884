"""Runs turns of one peer in a process of its own, as `bench_peers.py` tells it to.

`python worker.py MODULE FUNCTION URL` builds the peer's turn by the module's function, for the model server at the
address. Each line of stdin names a measurement; its figures are a line of JSON on stdout. CPU is that of the process
with all its threads. What a peer prints goes to stderr.
"""

import asyncio
import json
import os
import resource
import sys
from importlib import import_module
from time import perf_counter
from typing import TextIO

from assignment import USER, Turn

try:
    from uvloop import run
except ImportError:  # in tests, where speed is of no matter
    from asyncio import run

FEWEST = 10
"""Turns of a slice one after the other, at the least."""
AT_ONCE = 50
SLOW = 3
"""Turns of a slice while the server takes its time."""
SLICE_S = 1.0
"""How long a slice goes on beyond its fewest turns, so that quick peers are measured as well as slow ones."""
PROOFS = ("DH123456", "Street Low")
"""What only the tools know."""
Figures = dict[str, float | list[float]]


def cpu_s() -> float:
    """Return the CPU time that the process and its children have used."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """Return the most memory that the process held at any time; Linux counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


async def one(turn: Turn) -> tuple[float, float]:
    """Do one turn, and return the seconds until its first text, which may be all of it, and until its end."""
    heard: list[float] = []

    def emit(_agent: str, _text: str) -> None:
        if not heard:
            heard.append(perf_counter() - began)

    began = perf_counter()
    reply = await turn(USER, emit)
    took_s = perf_counter() - began
    if any(proof not in reply for proof in PROOFS):
        raise RuntimeError(f"this is no answer: {reply[:300]}")
    return (heard[0] if heard else took_s), took_s


async def alone(turn: Turn) -> Figures:
    """Measure turns one after the other."""
    began, began_cpu = perf_counter(), cpu_s()
    walls: list[float] = []
    while len(walls) < FEWEST or perf_counter() - began < SLICE_S:
        walls.append((await one(turn))[1])
    return {"cpu_s": (cpu_s() - began_cpu) / len(walls), "walls_s": walls}


async def together(turn: Turn) -> Figures:
    """Measure many turns at once: whoever is done begins again until the slice is over."""
    began, began_cpu = perf_counter(), cpu_s()

    async def again() -> int:
        count = 0
        while not count or perf_counter() - began < SLICE_S:
            await one(turn)
            count += 1
        return count

    done = sum(await asyncio.gather(*(again() for _ in range(AT_ONCE))))
    return {"turns_s": done / (perf_counter() - began), "cpu_s": (cpu_s() - began_cpu) / done}


async def one_by_one(turn: Turn) -> Figures:
    """Measure how long a few turns take, while the server takes its time."""
    times = [await one(turn) for _ in range(SLOW)]
    return {"firsts_s": [first for first, _ in times], "walls_s": [wall for _, wall in times]}


async def once(turn: Turn) -> Figures:
    """Do one turn, of which the server counts the calls."""
    await one(turn)
    return {}


async def warm_up(turn: Turn) -> Figures:
    """Open what the first turns open."""
    await one(turn)
    await asyncio.gather(*(one(turn) for _ in range(FEWEST)))
    return {}


MEASUREMENTS = {"warm": warm_up, "once": once, "alone": alone, "together": together, "slow": one_by_one}


async def work(turn: Turn, told: TextIO) -> None:
    """Measure what stdin asks for until it ends."""
    loop = asyncio.get_running_loop()
    while what := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        figures = await MEASUREMENTS[what](turn)
        told.write(json.dumps({**figures, "peak_mb": peak_mb()}) + "\n")
        told.flush()


def main() -> None:
    """Build the peer and work."""
    module, function, url = sys.argv[1:]
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    build = getattr(import_module(module), function)
    run(work(build(url), told))
    told.close()
    os._exit(0)  # some peers leave threads behind that do not end


if __name__ == "__main__":
    main()
