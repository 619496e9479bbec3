"""What comes of an answer, as fast as it may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp

from edge.content.download import GLANCE
from edge.media.pull import Parent

Paid = Callable[[int], Awaitable[None]]


def plain_headers(parent: Parent) -> dict[str, str]:
    """Return what is sent along: bytes that are counted come as they are, not compressed."""
    return {**parent.headers, "Accept-Encoding": "identity"}


async def arriving(response: aiohttp.ClientResponse, paid: Paid) -> AsyncIterator[bytes]:
    """Yield what comes; `paid` waits for each piece, and is asked between two glances whether it still may.

    A piece counts before it is paid for, whatever the link is needed for by then.
    """
    while True:
        await paid(0)
        glance = asyncio.timeout(GLANCE)
        try:
            async with glance:
                piece = await response.content.readany()
        except TimeoutError:
            if not glance.expired():  # the link has been silent for too long
                raise
            continue
        if not piece:
            return
        yield piece
        await paid(len(piece))
