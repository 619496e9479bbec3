"""How long a browser takes to show a lesson on our watch page, from navigation to the first frame shown."""

import asyncio
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.child import Peer
from tests.bench.contract import Order, PublisherPlan, Sent
from tests.bench.lesson import make
from tests.bench.place import Here
from tests.bench.servers import node
from tests.browsers import Browser, chromium

# Its time counts from the navigation (HTML, requestVideoFrameCallback); one frame at most passes unseen.
FIRST_FRAME = """new Promise(done => {
    const look = () => {
        const video = document.querySelector("video")
        if (video) video.requestVideoFrameCallback(now => done(now / 1000))
        else setTimeout(look, 10)
    }
    look()
})"""
GOLDEN, GOP = 0.618, 2.0  # as in join: openings spread over the GOP


def times(count: int) -> list[float | None]:
    """Open the watch page so many times in Chromium; no times where it is not installed."""
    if not shutil.which("chromium"):
        return []
    here = Here()
    with (
        TemporaryDirectory() as folder,
        node(here, Path(folder)) as (url, _),
        Peer(here, "publisher", PublisherPlan(f"{url}/whip/lesson", str(make()))) as publisher,
    ):
        publisher.ready()
        publisher.ask(Order("start"), Sent)
        return asyncio.run(_open_all(url, count))


async def _open_all(url: str, count: int) -> list[float | None]:
    async with chromium() as browser:
        await _open(browser, url)  # the first page of a cold browser is no measure of ours
        took: list[float | None] = []
        for number in range(count):
            await asyncio.sleep(number * GOLDEN % 1 * GOP)
            took.append(await _open(browser, url))
        return took


async def _open(browser: Browser, url: str) -> float:
    page = await browser.open(url)
    shown: Any = await page.evaluate(FIRST_FRAME)
    await page.close()
    return float(shown)
