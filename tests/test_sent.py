"""Files that are sent, and people who do not wait for them."""

import asyncio
import threading
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from edge.sent import SentFile
from tests.content.hubs import HERE
from tests.flows.crew import until

DEADLINE = 30.0


class Slow(SentFile):
    """A file on a disk that takes its time: `begun`, until it `goes_on`, `opened`."""

    begun = threading.Event()
    goes_on = threading.Event()
    opened = threading.Event()

    def _make_response(self, request: Any, accept_encoding: str) -> Any:
        self.begun.set()
        self.goes_on.wait(DEADLINE)
        made = super()._make_response(request, accept_encoding)
        self.opened.set()
        return made


def is_open(path: Path) -> bool:
    """Tell whether a descriptor of this process leads to a file."""
    return any(each.exists() and each.samefile(path) for each in Path("/proc/self/fd").iterdir())


async def test_who_turns_away_while_a_file_is_opened_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "lesson.mp4"
    path.write_bytes(b"lesson")
    left: list[str] = []

    async def send(request: web.Request) -> web.StreamResponse:
        file = Slow(path)
        try:
            await file.prepare(request)
        except asyncio.CancelledError:
            left.append(path.name)
            raise
        return file

    app = web.Application()
    app.add_routes([web.get("/", send)])
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HERE, 0).start()
    async with ClientSession() as session, asyncio.timeout(DEADLINE):
        asking = asyncio.ensure_future(session.get(f"http://{HERE}:{runner.addresses[0][1]}/"))
        await asyncio.to_thread(Slow.begun.wait, DEADLINE)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: left, DEADLINE)
    Slow.goes_on.set()
    await asyncio.to_thread(Slow.opened.wait, DEADLINE)
    await until(lambda: not is_open(path), DEADLINE)
    await runner.cleanup()
