"""A hub's door for nodes with one large file behind it, and nothing else that would take time."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import uvloop
from aiohttp import web

from edge.access import NodesDoor
from edge.content.serving import Serving
from sync.joining.identity import load_or_create
from sync.joining.tls import server_context
from tests.bench.contract import BulkHubPlan, Ready
from tests.bench.peers.speech import orders, say

SIZE = 1 << 30  # bytes, all zero and none on the disk
PATH = "/recordings/large"


class BulkHub:
    """Serves the file, and answers small questions."""

    def __init__(self, plan: BulkHubPlan) -> None:
        self._plan = plan
        self._file = Path(plan.state) / "large"
        self.serving = Serving(lambda: plan.beside)

    def app(self) -> web.Application:
        """Return the door."""
        with self._file.open("wb") as file:
            file.truncate(SIZE)
        app = web.Application()
        app.add_routes([web.get(PATH, self._large), web.get("/small", self._small)])
        if not self._plan.congestion:
            app.add_routes(self.serving.routes(NodesDoor()))
            app.on_response_prepare.append(self.serving.prepared)
        return app

    async def _large(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(self._file)

    async def _small(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok")


@asynccontextmanager
async def _up(plan: BulkHubPlan, app: web.Application) -> AsyncIterator[str]:
    context = server_context(load_or_create(Path(plan.state)), [plan.room])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    door = socket.create_server((plan.address, 0))
    if plan.congestion:  # connections inherit it
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, plan.congestion.encode())
    await web.SockSite(runner, door, ssl_context=context).start()
    try:
        yield f"{plan.address}:{door.getsockname()[1]}"
    finally:
        await runner.cleanup()


async def main(plan: BulkHubPlan) -> None:
    """Serve until standard input closes."""
    hub = BulkHub(plan)
    async with _up(plan, hub.app()) as url:
        task = asyncio.ensure_future(hub.serving.run())
        say(Ready(url))
        async for _ in orders():
            say(Ready(url))
        task.cancel()


if __name__ == "__main__":
    uvloop.run(main(msgspec.json.decode(sys.argv[1], type=BulkHubPlan)))
