"""Real sockets to enrol over: a hub, somebody in the middle, and a meter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from sync.joining.admission import Admission
from sync.joining.identity import Identity, Parent, load_or_create
from sync.joining.tls import client_context, explained, peer_fingerprint, server_context, stranger_context
from tests.sync.joining.fakes import FakeInvitations

HERE = "127.0.0.1"
GUESSER = "127.0.0.66"  # another computer, as far as a hub can tell


class Hub:
    """A hub with the door for strangers, and a page that tells a node which school it is of."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.invited = FakeInvitations()
        self.now = 0
        self.address = ""
        self._context = server_context(identity, [])
        self.admission = Admission(identity, "Hub school", self.invited, self._context, lambda: self.now)

    @asynccontextmanager
    async def serving(self, trusted: list[str] | None = None) -> AsyncIterator["Hub"]:
        """Listen; with certificates (PEM), as after a restart."""
        context = self._context if trusted is None else server_context(self.identity, trusted)
        app = web.Application()
        app.add_routes([*self.admission.routes(), web.get("/school", self._school)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, HERE, 0, ssl_context=context).start()
        self.address = f"{HERE}:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _school(self, request: web.Request) -> web.Response:
        school = self.invited.nodes.get(peer_fingerprint(request.transport)[:16], "")
        return web.Response(status=200 if school else 403, text=school)


@asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[Hub]:
    """Start a hub that keeps its identity in a folder."""
    async with Hub(load_or_create(folder)).serving() as started:
        yield started


@asynccontextmanager
async def man_in_the_middle(folder: Path, victim: str) -> AsyncIterator[str]:
    """Listen with a certificate of his own and pass on, unchanged, what either side says."""
    host, port = victim.split(":")

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(host, int(port), ssl=stranger_context())
        await asyncio.gather(_pour(reader, onward), _pour(there, writer))

    server = await asyncio.start_server(meet, HERE, 0, ssl=server_context(load_or_create(folder), []))
    async with server:
        yield f"{HERE}:{server.sockets[0].getsockname()[1]}"


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
    except ConnectionError:
        pass  # whoever leaves first does so without a word
    finally:
        writer.transport.abort() if reader.at_eof() else writer.close()


@asynccontextmanager
async def answering(*lines: str) -> AsyncIterator[str]:
    """Listen without TLS and say the same to everybody, as a printer's page does."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write("\r\n".join(lines).encode())
        writer.close()

    server = await asyncio.start_server(meet, HERE, 0)
    async with server:
        yield f"{HERE}:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def saying(identity: Identity, answer: web.Response) -> AsyncIterator[str]:
    """Listen like a hub and give one answer to whoever wants to enrol."""

    async def say(request: web.Request) -> web.Response:
        return answer

    app = web.Application()
    app.add_routes([web.post("/enroll", say)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, HERE, 0, ssl_context=server_context(identity, [])).start()
    try:
        yield f"{HERE}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def school_of(identity: Identity, parent: Parent) -> str:
    """Ask the hub, over a new connection, which school this node is of; "" if it is of none."""
    connector = aiohttp.TCPConnector(ssl=client_context(identity, parent))
    try:
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(f"https://{parent.address}/school") as response,
        ):
            return await response.text()
    except (aiohttp.ClientError, OSError) as exc:
        raise explained(exc, parent.address) from exc


async def post(address: str, body: bytes, come_from: str = HERE) -> tuple[int, str]:
    """Send whatever to a hub's door for strangers; return status and words."""
    connector = aiohttp.TCPConnector(ssl=stranger_context(), local_addr=(come_from, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post(f"https://{address}/enroll", data=body) as response,
    ):
        return response.status, await response.text()
