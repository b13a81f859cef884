"""Measures the same turn in frameworks for agents, by hand and in shopfloor, all in one run.

`make bench-peers` installs each peer once, at the versions in `peers/pins/`, into a folder that git ignores; starts a
model server on this machine and a process for each peer; and lets them work by turns, in small slices over several
rounds, so that what else the machine does meets all of them alike. It prints a table and writes it to `docs/peers.md`
with `docs/peers.svg` and `benchmarks/results/peers.json`. A peer that cannot be installed or does not answer is named
and left out. Nothing is asserted.
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import ProxyHandler, build_opener

from peers_report import Measured, Peer, report

HERE = Path(__file__).parent
ROOT = HERE.parent
INSTALLED = ROOT / ".peers"
OURS = "shopfloor"
BY_HAND = "by_hand"
PEERS = (
    Peer(name="shopfloor", group="shopfloor", module="shopfloor_peer", pins=OURS),
    Peer(
        name="shopfloor, reading ahead",
        group="shopfloor",
        module="shopfloor_peer",
        function="build_reading_ahead",
        pins=OURS,
    ),
    Peer(name="aiohttp", group="by hand", module="raw_aiohttp", pins=BY_HAND),
    Peer(name="httpx2", group="by hand", module="raw_httpx2", pins=BY_HAND),
    Peer(name="httpx", group="by hand", module="raw_httpx", pins=BY_HAND),
    Peer(name="openai", group="by hand", module="raw_openai", pins=BY_HAND),
    Peer(name="autogen-agentchat", group="framework", module="autogen_peer", pins="autogen"),
    Peer(name="agent-framework-core", group="framework", module="agent_framework_peer", pins="agent_framework"),
    Peer(name="openai-agents", group="framework", module="openai_agents_peer", pins="openai_agents"),
    Peer(name="langgraph", group="framework", module="langgraph_peer", pins="langgraph"),
    Peer(name="pydantic-ai-slim", group="framework", module="pydantic_ai_peer", pins="pydantic_ai"),
    Peer(name="crewai", group="framework", module="crewai_peer", pins="crewai"),
)
ROUNDS = 5
EVERY_OTHER = {"together": 0, "slow": 1}
"""What is measured in every other round only, from which on."""
SLOW_MS = 200
INSTALLS_AT_ONCE = 2
INSTALL_S = 600.0
ANSWER_S = 180.0
"""How long a peer may take for one slice."""
WHOLE_S = 1_800.0
"""After which the run is given up."""
QUIET = {
    "AGENT_FRAMEWORK_USER_AGENT_DISABLED": "true",
    "ANONYMIZED_TELEMETRY": "false",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "OPENAI_API_KEY": "sk-none",
    "OTEL_SDK_DISABLED": "true",
}
"""Keeps peers from telling anybody of the run."""
NO_PROXY = build_opener(ProxyHandler({}))


class LeftOut(Exception):
    """A peer that cannot be measured."""


def python_of(pins: str) -> Path:
    """Return the interpreter of an installation."""
    return INSTALLED / pins / "bin" / "python"


async def install(pins: str) -> None:
    """Install what a file pins, unless that has been done.

    Raises:
        LeftOut: it cannot be installed.
    """
    wanted = ["--requirement", str(HERE / "peers" / "pins" / f"{pins}.txt")]
    stated = [Path(wanted[1])]
    if pins == OURS:
        stated += [ROOT / "pyproject.toml", ROOT / "constraints.txt"]
        wanted += ["--constraint", str(stated[-1]), "--editable", str(ROOT)]
    here = f"{ROOT} {sys.version}".encode()
    digest = hashlib.sha256(here + b"".join(path.read_bytes() for path in stated)).hexdigest()
    mark = INSTALLED / pins / "installed"
    if mark.exists() and mark.read_text() == digest:
        return
    began = perf_counter()
    shutil.rmtree(INSTALLED / pins, ignore_errors=True)
    await _run(sys.executable, "-m", "venv", str(INSTALLED / pins))
    quiet = ("--quiet", "--disable-pip-version-check", "--no-compile")
    await _run(str(python_of(pins)), "-m", "pip", "install", *quiet, *wanted)
    mark.write_text(digest)
    print(f"installed {pins} in {perf_counter() - began:.0f} s", flush=True)


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(INSTALL_S):
            _, told = await process.communicate()
    except TimeoutError as error:
        raise LeftOut(f"its installation took longer than {INSTALL_S:g} s") from error
    finally:
        await end(process)
    if process.returncode:
        lines = told.decode(errors="replace").strip().splitlines()
        wrong = [line for line in lines if line.startswith("ERROR")] or lines or ["no reason was given"]
        raise LeftOut(f"it cannot be installed: {wrong[-1]}")


async def install_all(peers: Sequence[Peer]) -> dict[str, str]:
    """Install what peers need, and return why what is missing is missing, by the name of its pins."""
    gate = asyncio.Semaphore(INSTALLS_AT_ONCE)
    failed: dict[str, str] = {}

    async def one(pins: str) -> None:
        async with gate:
            try:
                await install(pins)
            except LeftOut as error:
                failed[pins] = str(error)

    needed = dict.fromkeys([BY_HAND, *(peer.pins for peer in peers)])
    INSTALLED.mkdir(exist_ok=True)
    await asyncio.gather(*(one(pins) for pins in sorted(needed, key="crewai".__ne__)))  # the largest first
    return failed


async def end(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here, if it still runs."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _pipes(process: asyncio.subprocess.Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    """Return where a process is told something, and where it answers."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process was started without pipes")
    return process.stdin, process.stdout


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelServer:
    """The model server, by its address."""

    url: str

    def counted(self) -> dict[str, int]:
        """Return what was asked since it was last counted."""
        found: dict[str, int] = json.loads(self._get("/stats"))
        return found

    def delay(self, milliseconds: int) -> None:
        """Let each answer take so long from now on."""
        self._get(f"/delay/{milliseconds}")

    def _get(self, path: str) -> bytes:
        with NO_PROXY.open(self.url + path, timeout=10) as response:
            answer: bytes = response.read()
        return answer


@asynccontextmanager
async def serving(python: str) -> AsyncGenerator[ModelServer]:
    """Run the model server in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        python,
        str(HERE / "peers" / "model_server.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        _, heard = _pipes(process)
        port = int(await asyncio.wait_for(heard.readline(), ANSWER_S))
        yield ModelServer(url=f"http://127.0.0.1:{port}")
    finally:
        await end(process)


class Worker:
    """A peer's process."""

    def __init__(self, peer: Peer, process: asyncio.subprocess.Process, log: Path) -> None:
        """Take the process, and the file that it complains to."""
        self.peer = peer
        self._process = process
        self._log = log

    async def stop(self) -> None:
        """End the process."""
        await end(self._process)

    async def do(self, what: str) -> dict[str, Any]:
        """Have something measured.

        Raises:
            LeftOut: the process died, or takes too long.
        """
        told, heard = _pipes(self._process)
        try:
            told.write(f"{what}\n".encode())
            return json.loads(await asyncio.wait_for(heard.readline(), ANSWER_S))
        except TimeoutError as error:
            raise LeftOut(f"it took longer than {ANSWER_S:g} s for one slice") from error
        except (ConnectionError, ValueError) as error:
            lines = self._log.read_text(errors="replace").strip().splitlines() or ["without a word"]
            raise LeftOut(f"its process ended: {lines[-1][:200]}") from error


@asynccontextmanager
async def working(peer: Peer, python: str, server: ModelServer, folder: Path) -> AsyncGenerator[Worker]:
    """Run a peer in a process of its own, whose home and temporary files lie in a folder."""
    own = folder / f"{peer.module}.{peer.function}"
    own.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    log = own / "stderr"
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            python,
            str(HERE / "peers" / "worker.py"),
            peer.module,
            peer.function,
            f"{server.url}/v1",
            env={**kept, **QUIET, "HOME": str(own), "TMPDIR": str(own)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            limit=2**24,
        )
    try:
        yield Worker(peer, process, log)
    finally:
        await end(process)


class Run:
    """The slices of all peers that take part."""

    def __init__(self, server: ModelServer, left_out: dict[str, str]) -> None:
        """Take the model server, and who is left out from the start, each with the reason."""
        self.slices: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.left_out = left_out
        self._server = server
        self._workers: list[Worker] = []

    async def enter(self, worker: Worker) -> None:
        """Warm a peer up and count what it asks the model in a turn."""
        try:
            await worker.do("warm")
            self._server.counted()
            await worker.do("once")
        except LeftOut as error:
            await self._leave_out(worker, error)
            return
        self.slices[worker.peer.name] = defaultdict(list, {"asked": [self._server.counted()]})
        self._workers.append(worker)

    async def measure(self, what: str) -> None:
        """Let each peer do one slice, and let go of those that cannot."""
        self._server.delay(SLOW_MS if what == "slow" else 0)
        for worker in [*self._workers]:
            try:
                self.slices[worker.peer.name][what].append(await worker.do(what))
            except LeftOut as error:
                self._workers.remove(worker)
                del self.slices[worker.peer.name]
                await self._leave_out(worker, error)

    async def _leave_out(self, worker: Worker, error: LeftOut) -> None:
        await worker.stop()
        self.left_out[worker.peer.name] = str(error)


async def measure(peers: Sequence[Peer], rounds: int) -> Measured:
    """Measure all peers that can be measured."""
    failed = await install_all(peers)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=INSTALLED, ignore_cleanup_errors=True)))
        fast = sys.executable if BY_HAND in failed else str(python_of(BY_HAND))
        server = await stack.enter_async_context(serving(fast))
        run = Run(server, {peer.name: failed[peer.pins] for peer in peers if peer.pins in failed})
        for peer in peers:
            if peer.name not in run.left_out:
                print(f"starting {peer.name}", flush=True)
                python = str(python_of(peer.pins))
                await run.enter(await stack.enter_async_context(working(peer, python, server, folder)))
        for number in range(rounds):
            for what in ("alone", "together", "slow"):
                if number % 2 == EVERY_OTHER.get(what, number % 2):
                    print(f"round {number + 1} of {rounds}: {what}", flush=True)
                    await run.measure(what)
    return Measured(slices=run.slices, left_out=run.left_out)


async def bounded(peers: Sequence[Peer], rounds: int) -> Measured:
    """Measure, but not for ever."""
    async with asyncio.timeout(WHOLE_S):
        return await measure(peers, rounds)


def main() -> None:
    """Measure, print and write down."""
    options = argparse.ArgumentParser(description="Measure the same turn in several frameworks.")
    options.add_argument("--rounds", type=int, default=ROUNDS, help="how often the slices are repeated")
    modules = sorted({peer.module for peer in PEERS})
    options.add_argument("--only", nargs="+", choices=modules, help="measure these only, and write nothing down")
    told = options.parse_args()
    peers = [peer for peer in PEERS if not told.only or peer.module in told.only]
    measured = asyncio.run(bounded(peers, max(2, told.rounds)))
    report(peers, measured, is_whole=not told.only)


if __name__ == "__main__":
    main()
