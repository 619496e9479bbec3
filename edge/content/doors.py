"""The library over HTTP: what is here, each item by byte ranges, and the sums of its chunks.

Only verified chunks leave this node. What they are somebody else has said: nothing of it may run as a page
of this node, so a browser is given a type from a closed list and told to believe it; all else it saves.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from errno import EIO
from pathlib import Path
from urllib.parse import quote

import msgspec
from aiohttp import web
from msgspec import Struct

from edge.content.chunks import ChunkStore, Held
from edge.content.items import PDF, SHOWN
from edge.media.negotiate import Refused
from sync.catalogue import CHUNK, FILE, MEDIA_TYPES, Item, chunks_of

SAVE = "attachment"  # in the query: save it, whatever it is
STATE = "state"  # in the query of the list: how the node is, without what it has
PIECE = 262_144  # bytes read at once
MOST_READERS = 128  # at once, each with an open file: two classes of tablets, and as many nodes
MOST_SUMS = 16  # lists of sums in memory at once: that of a ZIM file of 60 GB has 2 MB
PATIENCE = 60.0  # seconds a reader may take nothing: a page that is held asks again when it goes on
SMALL = 65_536  # bytes: a larger list is compressed in a thread
KEPT = "private, max-age=86400, immutable"  # what an id stands for never changes
# As a document of its own a file has no origin: neither scripts nor forms nor anything of this node.
ALONE = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# A PDF runs in the browser's own viewer, which knows no sandbox; the projector's page shows it in a frame.
PAPER = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


class Wanted(Struct, frozen=True):
    """Which bytes of an item are asked for."""

    octets: range
    is_part: bool

    @property
    def chunks(self) -> range:
        """Return the numbers of the chunks that they are in."""
        return range(self.octets.start // CHUNK, -(-self.octets.stop // CHUNK))


Admit = Callable[[web.Request], object]

log = logging.getLogger(__name__)


class Listed(Struct, frozen=True):
    """One line of the list for other nodes."""

    item: Item
    whole: bool
    chunks: int  # how many are here
    have: list[tuple[int, int]]  # first and last number of each run


class Around(Struct, frozen=True):
    """What is around the store: who fetches into it, and who wants to know what is used."""

    upstream: Callable[[], bool] = lambda: False  # this node has a way to its hub
    asks: Callable[[], bool] = lambda: False  # … and asks it now, for all of its school
    lesson: Callable[[], bool] = lambda: False  # one is on here: who shares the link makes way
    used: Callable[[str], object] = lambda ident: None


NOBODY = Around()


class ContentDoor:
    """Routes of one door; `admit` raises Refused for who may not come in."""

    def __init__(
        self, store: ChunkStore, admit: Admit, around: Around = NOBODY, most: int = MOST_READERS
    ) -> None:
        self._store = store
        self._admit = admit
        self._around = around
        self._most = most
        self._readers = 0
        self._most_lists = min(most, MOST_SUMS)
        self._lists = 0  # of sums, that are being sent

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted."""
        return [
            web.get("/api/content", self._list),
            web.get("/content/{id}", self._file),
            web.get("/content/{id}/sums", self._sums),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        self._admit(request)
        listed = [] if STATE in request.query else await asyncio.to_thread(self._listed)
        around = self._around
        state = {"upstream": around.upstream(), "asks": around.asks(), "lesson": around.lesson()}
        said = {"items": listed, **state}
        body = msgspec.json.encode(said)
        headers = {"Cache-Control": "no-cache"}
        response = web.Response(
            body=body, content_type="application/json", headers=headers, zlib_executor_size=SMALL
        )
        response.enable_compression()
        return response

    def _listed(self) -> list[Listed]:
        return [self._line(each) for each in self._store.items()]

    def _line(self, held: Held) -> Listed:
        if held.whole:  # a ZIM file has 60,000 chunks: they are not counted one by one
            count = chunks_of(held.item.size)
            return Listed(held.item, True, count, [(0, count - 1)])
        have = self._store.have(held.item.id)
        return Listed(held.item, False, len(have), runs(have))

    async def _sums(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        if self._lists >= self._most_lists:
            raise Refused(503, "too-many", f"{self._most_lists} read lists of sums")
        self._lists += 1
        try:
            sums = await asyncio.to_thread(self._store.sums, request.match_info["id"])
            if sums is None:
                raise web.HTTPNotFound
            return await _send_sums(request, sums)
        finally:
            self._lists -= 1

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        ident = request.match_info["id"]
        held = await asyncio.to_thread(self._store.held, ident)
        path = await asyncio.to_thread(self._store.path_of, ident)
        if held is None or path is None:
            raise web.HTTPNotFound
        if (unchanged := _conditions(request, held.item)) is not None:
            return unchanged
        wanted = _range(request, held.item)
        if wanted is None or not (held.whole or await asyncio.to_thread(self._has, ident, wanted)):
            if "Range" not in request.headers:
                raise web.HTTPNotFound
            return _elsewhere(held.item, await asyncio.to_thread(self._store.have, ident))
        if self._readers >= self._most:
            raise Refused(503, "too-many", f"{self._most} read from the library")
        self._around.used(ident)
        self._readers += 1
        try:
            return await _send(request, held.item, path, wanted)
        finally:
            self._readers -= 1

    def _has(self, ident: str, wanted: Wanted) -> bool:
        return self._store.have(ident).issuperset(wanted.chunks)


def runs(numbers: frozenset[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of numbers."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def _etag(item: Item) -> str:
    return f'"{item.id}"'


def _conditions(request: web.Request, item: Item) -> web.StreamResponse | None:
    """Return the answer that needs no content (RFC 9110 section 13.2.2), None if it does."""
    matching, not_matching = request.if_match, request.if_none_match
    if matching is not None and not any(each.value in (item.id, "*") for each in matching):
        return web.Response(status=412)
    if not_matching is not None and any(each.value in (item.id, "*") for each in not_matching):
        return web.Response(status=304, headers={"ETag": _etag(item), "Cache-Control": KEPT})
    return None


def _range(request: web.Request, item: Item) -> Wanted | None:
    """Return the bytes that are asked for, None for a range that there is not."""
    whole = range(item.size)
    # If-Range with a date, or with another version, asks for the whole (RFC 9110 section 13.1.5).
    if "Range" not in request.headers or request.headers.get("If-Range", _etag(item)) != _etag(item):
        return Wanted(whole, False)
    try:
        asked = request.http_range
    except ValueError:
        return None
    part = whole[asked.start : asked.stop]
    return Wanted(part, True) if part else None


def _elsewhere(item: Item, have: frozenset[int]) -> web.Response:
    """Return that these bytes are not here, and which chunks are."""
    body = {"title": "not here", "key": "bad-request", "status": 416, "size": item.size, "have": runs(have)}
    response = web.json_response(body, status=416, content_type="application/problem+json")
    response.headers["Content-Range"] = f"bytes */{item.size}"
    return response


def headers_of(item: Item, save: bool) -> dict[str, str]:
    """Return what a browser is told about an item, so that nothing in it runs as a page of this node."""
    shown = item.media_type in SHOWN and not save
    name = quote(item.name, safe="")
    headers = {
        "Content-Type": item.media_type if item.media_type in MEDIA_TYPES else FILE,
        "Content-Disposition": f"{'inline' if shown else SAVE}; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": _etag(item),
        "Accept-Ranges": "bytes",
        "Cache-Control": KEPT,
    }
    headers["Content-Security-Policy"] = PAPER if shown and item.media_type == PDF else ALONE
    return headers


async def _send(request: web.Request, item: Item, path: Path, wanted: Wanted) -> web.StreamResponse:
    """Send bytes of a file as they are read in threads."""
    try:
        descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as exc:
        log.warning("item not there id=%s reason=%r", item.id, exc.strerror)
        raise web.HTTPNotFound from exc
    response = web.StreamResponse(headers=headers_of(item, SAVE in request.query))
    response.content_length = len(wanted.octets)
    if wanted.is_part:
        response.set_status(206)
        first, after = wanted.octets.start, wanted.octets.stop
        response.headers["Content-Range"] = f"bytes {first}-{after - 1}/{item.size}"
    try:
        await response.prepare(request)
        if request.method != "HEAD":
            await _pour(response, descriptor, wanted.octets)
        await response.write_eof()
    except (OSError, TimeoutError) as exc:
        # Who reads has gone, as a player does that seeks; or takes nothing, or the disk fails.
        if not isinstance(exc, ConnectionError | TimeoutError):
            log.warning("item cannot be read id=%s reason=%r", item.id, exc.strerror)
        if request.transport is not None:
            request.transport.abort()
    finally:
        # Who is cancelled may have a thread that still reads: what it gets is thrown away.
        asyncio.get_running_loop().run_in_executor(None, os.close, descriptor)
    return response


async def _send_sums(request: web.Request, sums: bytes) -> web.StreamResponse:
    """Send a list while its place is taken: what waits to be sent is in memory."""
    response = web.StreamResponse(headers={"Content-Type": FILE, "Cache-Control": KEPT})
    response.content_length = len(sums)
    try:
        await response.prepare(request)
        for at in range(0, len(sums) if request.method != "HEAD" else 0, PIECE):
            async with asyncio.timeout(PATIENCE):
                await response.write(sums[at : at + PIECE])
        await response.write_eof()
    except (OSError, TimeoutError):  # who reads has gone, or takes nothing
        if request.transport is not None:
            request.transport.abort()
    return response


async def _pour(response: web.StreamResponse, descriptor: int, octets: range) -> None:
    at = octets.start
    while at < octets.stop:
        piece = await asyncio.to_thread(os.pread, descriptor, min(PIECE, octets.stop - at), at)
        if not piece:
            raise OSError(EIO, "the file is shorter than its item")
        async with asyncio.timeout(PATIENCE):
            await response.write(piece)
        at += len(piece)
