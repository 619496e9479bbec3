"""Bodies that say they are compressed: none is opened at a door, each is refused with one sentence."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from aiohttp import ClientSession, web

from edge.dialogue import orders
from edge.doorman import Runner
from edge.gate import make_app, make_nodes_app
from tests.doors import served

BOMB = 8 << 20  # bytes that a body of 8 KB says it is
MOST = 1000  # bytes of the body that is read as it arrives
BODIES = {
    "garbage": b"not compressed at all",
    "cut short": gzip.compress(b"x" * MOST)[:-8],
    "gzip": gzip.compress(b"{}"),
    "bomb": gzip.compress(bytes(BOMB)),
    "deflate": zlib.compress(b"{}"),
}


async def _whole(request: web.Request) -> web.Response:
    return web.json_response(len(await request.read()))


async def _bounded(request: web.Request) -> web.Response:
    return web.json_response(len(await orders.bounded(request, MOST)))


async def _unread(request: web.Request) -> web.Response:
    raise web.HTTPForbidden


ROUTES = [web.post("/whole", _whole), web.post("/bounded", _bounded), web.post("/unread", _unread)]


def _open(
    make: Callable[[Sequence[web.AbstractRouteDef]], web.Application],
) -> AbstractAsyncContextManager[str]:
    return served(Runner(make(ROUTES), 60.0, 0.1))


def _plain(routes: Sequence[web.AbstractRouteDef]) -> web.Application:
    app = web.Application()
    app.add_routes(routes)
    return app


@pytest.mark.parametrize("make", [make_app, make_nodes_app])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, identity", "x" * 300])
@pytest.mark.parametrize("body", BODIES)
async def test_what_says_that_it_is_compressed_is_refused(
    make: Callable[[Sequence[web.AbstractRouteDef]], web.Application],
    coding: str,
    body: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with _open(make) as address, ClientSession() as http:
        for path in ("/whole", "/bounded", "/unread", "/nothing"):
            sent = http.post(address + path, data=BODIES[body], headers={"Content-Encoding": coding})
            async with sent as answer:
                told = await answer.json(content_type="application/problem+json")
            assert (answer.status, told["key"]) == (400, "bad-request")
            assert coding[:80] in told["title"]
        async with http.post(
            f"{address}/whole", data=b"{}", headers={"Content-Encoding": "identity"}
        ) as as_is:
            assert await as_is.json() == 2
    assert not caplog.records


async def test_a_door_opens_nothing_that_is_compressed() -> None:
    async with _open(_plain) as address, ClientSession() as http:
        bomb = BODIES["bomb"]
        async with http.post(f"{address}/whole", data=bomb, headers={"Content-Encoding": "gzip"}) as answer:
            assert await answer.json() == len(bomb)


async def test_garbage_after_a_refusal_is_no_news_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n"
    async with _open(make_app) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        async with asyncio.timeout(40):
            writer.write(head)
            await reader.readuntil(b"\r\n\r\n")  # refused before the body came
            writer.write(b"not gzip" + b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b"404" in await reader.read()
        writer.close()
    assert not caplog.records
