"""Two relays in a row between a node and its hub: one counts what the wire carries, one what TLS carries.

The second holds the keys of both, as only a test can, so node and hub are the real ones and notice nothing.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from sync.joining.identity import Identity, Parent
from sync.joining.tls import client_context, server_context

HERE = "127.0.0.1"
CHUNK = 1 << 16


class Counted(Struct):
    """Bytes each way, and how often somebody connected."""

    up: int = 0
    down: int = 0
    connections: int = 0

    @property
    def both(self) -> int:
        """Return the bytes of both ways."""
        return self.up + self.down


class Said(Counted):
    """What was said under TLS, to look at."""

    asked: bytearray = bytearray()
    answered: bytearray = bytearray()


@asynccontextmanager
async def relaying(
    to: str, counted: Counted, server: ssl.SSLContext | None = None, client: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Pass on what is said to an address, and count it; gives the address to call instead."""
    host, port = to.rsplit(":", 1)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted.connections += 1
        there, onward = await asyncio.open_connection(host, int(port), ssl=client)
        async with asyncio.TaskGroup() as both:
            both.create_task(_pour(reader, onward, counted, "up"))
            both.create_task(_pour(there, writer, counted, "down"))

    door = await asyncio.start_server(meet, HERE, 0, ssl=server)
    try:
        yield f"{HERE}:{door.sockets[0].getsockname()[1]}"
    finally:
        door.close()


@asynccontextmanager
async def tapped(child: Identity, hub: Identity, parent: Parent) -> AsyncIterator[tuple[str, Counted, Said]]:
    """Stand between the two; gives the address to call, the wire's bytes, and those of HTTP."""
    wire, said = Counted(), Said()
    above, below = client_context(child, parent), server_context(hub, [child.certificate])
    async with (
        relaying(parent.address, said, below, above) as inner,
        relaying(inner, wire) as outer,
    ):
        yield outer, wire, said


async def _pour(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: Counted, way: str
) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            setattr(counted, way, getattr(counted, way) + len(chunk))
            if isinstance(counted, Said):
                (counted.asked if way == "up" else counted.answered).extend(chunk)
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass  # whoever leaves first does so without a word
    finally:
        writer.close()
