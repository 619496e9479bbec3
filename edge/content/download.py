"""One file of the parent by HTTP Range, from where its draft ends."""

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

import aiohttp
from yarl import URL

from edge.content.catalogue import ETAG
from edge.content.draft import Draft, Source, TooMuch
from edge.content.hub import HubAway
from edge.content.pace import Pays
from edge.media.pull import Parent

T = TypeVar("T")
RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
LATER = (401, 403, 408, 425, 429, 502, 503, 504)  # who answers so has no time, or does not know us

GLANCE = 0.25  # seconds: a lesson that begins does not wait for a link that stands still


class Gone(Exception):
    """The parent does not have it any more."""


class Odd(Exception):
    """The parent's answer is none; what is here may still be good."""


class Changed(Odd):
    """What is here is not what the parent has: to be begun anew."""


class NoRoom(Exception):
    """The disk is full, or does not take it."""


class Download:
    """Fetches through one session with the parent; `go_on` is asked for each piece and raises to stop."""

    def __init__(self, parent: Parent, pace: Pays, go_on: Callable[[], None]) -> None:
        self._parent = parent
        self._pace = pace
        self._go_on = go_on

    async def run(self, path: str, draft: Draft, most: int) -> None:
        """Fetch what is missing; raise HubAway, Gone, Odd, NoRoom, and whatever `go_on` raises."""
        if draft.is_whole:
            return
        headers = {**self._parent.headers, "Accept-Encoding": "identity", "Range": f"bytes={draft.have}-"}
        if draft.source is not None and draft.source.etag:
            headers["If-Match"] = draft.source.etag
        url = self._parent.url.join(URL(path))
        try:
            async with self._parent.http.get(url, headers=headers, allow_redirects=False) as response:
                await self._begin(response, draft, most)
                while piece := await self._piece(response):
                    await stored(draft.add, piece)
                    await asyncio.sleep(self._pace.owed(len(piece), asyncio.get_running_loop().time()))
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise HubAway(f"{url}: {exc or type(exc).__name__}") from exc
        except TooMuch as exc:
            raise Changed(str(exc)) from exc
        if not draft.is_whole:
            raise HubAway(f"{url}: cut short after {draft.have} bytes")

    async def _piece(self, response: aiohttp.ClientResponse) -> bytes:
        """Return what comes next, b"" at the end; between two glances whether it is still wanted."""
        while True:
            self._go_on()
            glance = asyncio.timeout(GLANCE)
            try:
                async with glance:
                    return await response.content.readany()
            except TimeoutError:
                if not glance.expired():  # the link has been silent for too long
                    raise

    async def _begin(self, response: aiohttp.ClientResponse, draft: Draft, most: int) -> None:
        """Look at what is answered before a byte of it is taken."""
        check_status(response)
        start, size = extent(response)
        if start != draft.have or (draft.source is not None and draft.source.size != size):
            raise Changed(f"{response.url}: from {start} of {size} bytes, not from {draft.have}")
        if not 0 < size <= most:
            raise Odd(f"{response.url}: {size} bytes; at most {most}")
        if draft.source is None:
            etag = response.headers.get("ETag", "")
            await stored(draft.begin, Source(etag if ETAG.fullmatch(etag) else "", size))


def check_status(response: aiohttp.ClientResponse) -> None:
    """Raise Gone, Changed, HubAway, Odd unless a file is answered."""
    status = response.status
    if status in (404, 410):
        raise Gone(str(response.url))
    if status in (412, 416):
        raise Changed(f"{response.url}: answers {status}")
    if 300 <= status < 400 or status in LATER:
        raise HubAway(f"{response.url}: answers {status}")
    if status not in (200, 206) or "Content-Encoding" in response.headers:
        raise Odd(f"{response.url}: answers {status}")


def extent(response: aiohttp.ClientResponse) -> tuple[int, int]:
    """Return where the answer begins, and the size of the whole file."""
    if response.status == 200:
        if response.content_length is None:
            raise Odd(f"{response.url}: of no length")
        return 0, response.content_length
    said = RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if said is None:
        raise Odd(f"{response.url}: of no range")
    return int(said[1]), int(said[3])


async def stored(act: Callable[..., T], *what: object) -> T:
    """Do something with the disk in a thread; raise NoRoom where the disk does not take it."""
    try:
        return await asyncio.to_thread(act, *what)
    except OSError as exc:
        raise NoRoom(str(exc)) from exc
