"""What a node pulls from its parent, and what it does not take from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from edge.media.dtls import Identity
from edge.media.link import MAX_PULLS, Link
from edge.media.ntp import NtpClock
from edge.media.packet import Track
from edge.media.pull import Parent, ParentFailed, Pull
from edge.media.studio import Studio


class Asked(Pull):
    """Notes which streams are pulled, and pulls none."""

    def __init__(self, parent: Parent) -> None:
        super().__init__(parent, Studio(8), Identity.create(), NtpClock(), loopback=True)
        self.names: list[str] = []

    async def once(self, name: str, path: str = "") -> None:
        self.names.append(name)
        await asyncio.Event().wait()


@asynccontextmanager
async def _parent(names: list[str], told: asyncio.Event) -> AsyncIterator[Parent]:
    async def streams(request: web.Request) -> web.Response:
        if request.query["after"] != "0":
            told.set()
            await asyncio.Event().wait()
        return web.json_response({"version": 1, "streams": [{"name": each, "live": True} for each in names]})

    app = web.Application()
    app.add_routes([web.get("/api/streams", streams)])
    async with TestServer(app) as server, ClientSession() as http:
        yield Parent(http, URL(str(server.make_url("/"))), "classroom", None)


async def _pulled(names: list[str]) -> list[str]:
    told = asyncio.Event()
    async with _parent(names, told) as parent, asyncio.timeout(10):
        pull = Asked(parent)
        link = Link(parent, pull, lambda name: True, asyncio.Event(), found=True)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run())
            await told.wait()
            running.cancel()
    return pull.names


async def test_a_name_that_would_lead_out_of_the_recordings_is_not_pulled() -> None:
    assert await _pulled(["lesson", "../../etc/passwd", "/etc/cron", "a\nb", ""]) == ["lesson"]


async def test_a_parent_gets_no_more_than_so_many_streams_pulled() -> None:
    assert len(await _pulled([f"lesson-{number}" for number in range(2 * MAX_PULLS)])) == MAX_PULLS


async def test_a_parent_does_not_take_the_name_of_somebody_who_publishes_here() -> None:
    studio, here = Studio(8), Track("video", "VP8", 96, 5)
    stream = studio.begin("lesson", {"video": here})
    async with _parent([], asyncio.Event()) as parent:
        with pytest.raises(ParentFailed):
            await Pull(parent, studio, Identity.create(), NtpClock(), loopback=True).once("lesson")
    assert studio.streams["lesson"] is stream
    assert stream.publication == 1
