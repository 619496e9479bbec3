"""Chunks of one material from one node, by HTTP Range: each is handed on when it is complete.

What comes is bounded before a byte of it is taken: the range that was asked for, of the size that the
catalogue says. Whether a chunk is the right one is for the store to say, by its sum.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from yarl import URL

from edge.content.download import Odd, check_status, extent
from edge.content.hub import HubAway
from edge.content.trickle import Paid, arriving, plain_headers
from edge.media.pull import Parent, ParentFailed, read_whole
from sync.catalogue import CHUNK, SUM, Item, chunk_size, chunks_of

PATIENCE = 30.0  # seconds for a list of sums: 32 kB for a gigabyte

Take = Callable[[int, bytes], Awaitable[None]]


async def read_sums(parent: Parent, item: Item) -> bytes:
    """Return the sums of a material's chunks as a node has them; raise HubAway, Gone, Odd."""
    wanted, url = SUM * chunks_of(item.size), parent.url.join(URL(f"/content/{item.id}/sums"))
    try:
        async with (
            asyncio.timeout(PATIENCE),
            parent.http.get(url, headers=plain_headers(parent), allow_redirects=False) as response,
        ):
            check_status(response)
            sums = await read_whole(response, wanted)
    except ParentFailed as exc:
        raise Odd(str(exc)) from exc
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise HubAway(f"{parent.url}: {exc or type(exc).__name__}") from exc
    if len(sums) != wanted:
        raise Odd(f"{parent.url}: {len(sums)} bytes of sums, not {wanted}")
    return sums


async def read_chunks(parent: Parent, item: Item, run: range, take: Take, paid: Paid) -> None:
    """Fetch chunks that stand together; `paid` waits, or raises to stop. Raises HubAway, Gone, Odd."""
    begin, end = run.start * CHUNK, min(run.stop * CHUNK, item.size)
    url = parent.url.join(URL(f"/content/{item.id}"))
    headers = plain_headers(parent) | {"Range": f"bytes={begin}-{end - 1}"}
    number, held = run.start, bytearray()
    try:
        async with parent.http.get(url, headers=headers, allow_redirects=False) as response:
            check_status(response)
            if extent(response) != (begin, item.size):
                raise Odd(f"{response.url}: another range than was asked for")
            async for piece in arriving(response, paid):
                held += piece
                if number * CHUNK + len(held) > end:
                    raise Odd(f"{response.url}: more than was asked for")
                while number < run.stop and len(held) >= (size := chunk_size(item.size, number)):
                    await take(number, bytes(held[:size]))
                    del held[:size]
                    number += 1
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise HubAway(f"{parent.url}: {exc or type(exc).__name__}") from exc
    if number != run.stop:
        raise HubAway(f"{parent.url}: cut short in chunk {number}")
