"""How long a site takes until it can be searched, and a question among few and many passages.

    python benchmarks/knowledge.py

A site of 200 pages is served by this process on a free port, and crawled with the limits that hold for everybody, at
the pace of the product. Then questions are put to indexes of 200 and of 5,000 passages.
"""

import asyncio
import random
import tempfile
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from aiohttp import web

from shopfloor.app import open_app
from shopfloor.config import Config
from shopfloor.language.english import word_set
from shopfloor.search.contract import Document
from shopfloor.search.knowledge import PageRetriever
from shopfloor.topics.topics import shipped_topics

PAGES = 200
QUESTIONS = 300
WORDS = word_set(
    """return refund parcel delivery jacket wool tent boots size label warranty voucher invoice customs courier exchange
    days weeks price order address payment card account points repair wash shrink waterproof leather canvas shelf"""
)
LISTED = sorted(WORDS)


def sentence(chance: random.Random) -> str:
    """Return some words."""
    return " ".join(chance.choices(LISTED, k=chance.randint(8, 16))).capitalize() + "."


def section(chance: random.Random, number: int) -> tuple[str, str]:
    """Return a heading and a text."""
    heading = f"How does {chance.choice(LISTED)} {chance.choice(LISTED)} work, case {number}?"
    return heading, " ".join(sentence(chance) for _ in range(6))


def page(number: int) -> str:
    """Return a page with four sections and links to the next ones."""
    chance = random.Random(number)
    parts = [section(chance, number * 10 + part) for part in range(4)]
    body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in parts)
    links = "".join(f'<a href="/page/{number * 3 + step}">more</a>' for step in (1, 2, 3) if number * 3 + step < PAGES)
    return f"<html><head><title>Page {number}</title></head><body><main><h1>Page {number}</h1>{body}</main>{links}"


async def answer(request: web.Request) -> web.Response:
    """Serve a page."""
    if request.path == "/":
        return web.Response(text=page(0), content_type="text/html")
    if not request.path.startswith("/page/"):
        return web.Response(status=404)
    return web.Response(text=page(int(request.path.rsplit("/", 1)[1])), content_type="text/html")


async def crawl() -> None:
    """Crawl the site, twice."""
    site = web.Application()
    site.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with tempfile.TemporaryDirectory() as folder:
        async with open_app(Config(data=Path(folder) / "data")) as app:
            began = perf_counter()
            report = await app.knowledge.sources.add(address, staff="benchmark", allow_private=True)
            await app.knowledge.base.retrieve("how does the return of a tent work")
            took_s = perf_counter() - began
            print(f"a site of {report.taken} pages can be searched after {took_s:.1f} s")
            began = perf_counter()
            again = await app.knowledge.sources.refresh(address, staff="benchmark")
            print(f"looked at again, {again.unchanged} unchanged: {perf_counter() - began:.1f} s")
    await runner.cleanup()


async def retrieve(count: int) -> None:
    """Put questions to an index of so many passages."""
    chance = random.Random(count)
    documents = [
        Document(
            id=f"page-{number}",
            title=f"Page {number}",
            topic="",
            text="\n\n".join(f"## {h}\n\n{t}" for h, t in (section(chance, number * 10 + part) for part in range(4))),
        )
        for number in range(count // 4)
    ]
    began = perf_counter()
    index = PageRetriever(documents, home="US", embedder=shipped_topics())
    built_s = perf_counter() - began
    took_ms: list[float] = []
    for _ in range(QUESTIONS):
        question = f"how do I {' '.join(chance.choices(LISTED, k=6))}?"
        began = perf_counter()
        await index.retrieve(question)
        took_ms.append((perf_counter() - began) * 1_000)
    cuts = quantiles(took_ms, n=100)
    print(
        f"{count:,} passages: built in {built_s:.2f} s; a question takes p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms"
    )


async def main() -> None:
    """Measure."""
    await crawl()
    for count in (200, 5_000):
        await retrieve(count)


if __name__ == "__main__":
    asyncio.run(main())
