"""Who connects and says nothing takes nobody's place."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import ClientSession, web

from edge.doorman import MOST_SILENT, SILENCE, Runner


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    app = web.Application()
    app.add_routes([web.get("/", _hello)])
    runner = Runner(app, 60.0, 0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_strangers_who_say_nothing_give_way_to_who_asks(port: int) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_SILENT + 5)]
    async with ClientSession() as http, http.get(f"http://127.0.0.1:{port}/") as answer:
        assert await answer.text() == "hello"
    for reader, _ in silent[:5]:  # those who came first had to go
        async with asyncio.timeout(SILENCE / 2):
            assert await _end(reader) == b""
    for _, writer in silent:
        writer.close()


async def test_who_asked_once_keeps_the_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    writer.write(ask)
    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_SILENT + 5)]
    writer.write(ask)
    assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    for _, each in [*silent, (reader, writer)]:
        each.close()


async def _end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
