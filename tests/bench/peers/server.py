"""WHIP and WHEP doors for the peers made from aiortc."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

from tests.bench.peers.signalling import new_connection


class Rooms(Protocol):
    """What stands behind the doors; both are called between the offer and the answer."""

    async def publisher(self, pc: RTCPeerConnection) -> None:
        """Take a publisher."""

    async def viewer(self, pc: RTCPeerConnection) -> None:
        """Take a viewer."""


@asynccontextmanager
async def doors(address: str, rooms: Rooms) -> AsyncIterator[str]:
    """Serve /whip/lesson and /whep/lesson, give the root's URL, close every connection at the end."""
    connections: list[RTCPeerConnection] = []

    def door(
        enter: Callable[[RTCPeerConnection], Awaitable[None]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            pc = new_connection()
            connections.append(pc)
            await pc.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
            await enter(pc)
            await pc.setLocalDescription(await pc.createAnswer())
            return web.Response(status=201, text=pc.localDescription.sdp, content_type="application/sdp")

        return answer

    app = web.Application()
    app.router.add_post("/whip/lesson", door(rooms.publisher))
    app.router.add_post("/whep/lesson", door(rooms.viewer))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, address, 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://{address}:{port}"
    finally:
        await runner.cleanup()
        async with asyncio.TaskGroup() as closing:
            for pc in connections:
                closing.create_task(pc.close())
