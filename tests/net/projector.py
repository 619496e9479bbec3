"""The projector of a class room, run as a program: a node, a lesson and Chromium on one computer.

It prints one line of JSON. `test_projector` starts it where there is no network at all.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import ClientSession

from tests.browsers import chromium, until
from tests.flows.crew import Crew

PLAYS = "document.querySelector('video').videoWidth > 0 && document.querySelector('video').currentTime > 1"
SIZE = "document.querySelector('video').videoWidth"


async def _show(folder: Path) -> int:
    async with ClientSession() as http:
        crew = Crew(folder, http)
        try:
            node = await crew.node("room")
            await crew.publisher("test:vp8", f"{node.url}/whip/lesson")
            async with chromium(loopback=True) as browser:
                page = await browser.open(f"{node.url}/")
                await until(page, PLAYS)
                return int(await page.evaluate(SIZE))
        finally:
            await crew.end()


if __name__ == "__main__":
    print(json.dumps({"width": asyncio.run(_show(Path(sys.argv[1])))}))
