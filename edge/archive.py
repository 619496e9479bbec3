"""Recordings over HTTP: the list, each file and its index with byte ranges, and frames; read in threads."""

import asyncio
from collections.abc import Callable
from hashlib import sha256

import msgspec
from aiohttp import web

from edge.access import Door, asker_of
from edge.media.negotiate import Refused
from edge.media.record import slides
from edge.media.record.naming import is_name
from edge.media.record.offering import Offering, portions, read
from edge.media.record.pieces import MAX_REQUEST, BadPieces, decode
from edge.media.record.recording import INDEX, Recording
from edge.media.record.store import Store
from edge.media.stream import RESERVED
from edge.sent import SentFile

SAVE = "attachment"
SMALL = 65_536  # bytes: a larger list is compressed in a thread
BINARY = "application/octet-stream"


def _nobody(ident: str) -> None:
    """Tell nobody."""


class Archive:
    """What browsers, VLC and other nodes fetch of the recordings."""

    def __init__(
        self,
        store: Store,
        door: Door,
        offering: Offering | None = None,
        used: Callable[[str], None] = _nobody,
    ) -> None:
        """`used` is told which recording somebody gets now."""
        self._store = store
        self._door = door
        self._offering = offering or Offering(store)
        self._used = used

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted, for people and for nodes."""
        return [
            web.get("/api/recordings", self._list),
            web.get("/recordings/{id}", self._file),
            web.get("/recordings/{id}/index", self._index),
            web.get("/recordings/{id}/chapters", self._chapters),
            web.get("/recordings/{id}/chapters/{n:[0-9]{1,2}}.jpg", self._picture),
            web.get("/recordings/{id}/frames", self._sheet),
            web.post("/recordings/{id}/frames", self._frames),
        ]

    def _admit(self, request: web.Request) -> None:
        # <video> and download links cannot send an Authorization header.
        asker = asker_of(request.remote, request.headers, request.query.get("token", ""))
        self._door.admit(asker, "watch")
        if RESERVED.match(request.match_info.get("id", "")):
            self._door.admit(asker, "publish")

    def _shows_class(self, request: web.Request) -> bool:
        """Tell whether who asks may see what was recorded of the class itself: no guest and no other node."""
        asker = asker_of(request.remote, request.headers, request.query.get("token", ""))
        try:
            self._door.admit(asker, "publish")
        except Refused:
            return False
        return True

    async def _list(self, request: web.Request) -> web.Response:
        self._admit(request)
        recordings = await asyncio.to_thread(self._store.list, of_class=self._shows_class(request))
        body = msgspec.json.encode({"recordings": recordings})
        version = sha256(body).hexdigest()[:16]
        headers = {"Cache-Control": "no-cache", "ETag": f'W/"{version}"'}
        if any(each.value == version for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        response = web.Response(
            body=body, content_type="application/json", headers=headers, zlib_executor_size=SMALL
        )
        response.enable_compression()
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        ident = request.match_info["id"]
        recording = await asyncio.to_thread(self._store.get, ident)
        path = await asyncio.to_thread(self._store.path_of, ident)
        if recording is None or path is None:
            raise web.HTTPNotFound
        self._used(ident)
        headers = {"Content-Type": recording.media_type, "Cache-Control": "no-cache"}
        if SAVE in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
        return SentFile(path, headers=headers)

    async def _chapters(self, request: web.Request) -> web.Response:
        """Where the slides of a recording begin, once somebody has looked."""
        self._admit(request)
        ident = request.match_info["id"]
        found = await asyncio.to_thread(slides.of, self._store.place, ident) if is_name(ident) else None
        if found is None:
            raise web.HTTPNotFound
        body = msgspec.json.encode({"chapters": found.chapters})
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """A small picture of a slide."""
        self._admit(request)
        ident, number = request.match_info["id"], int(request.match_info["n"])
        path = slides.picture_of(self._store.place, ident, number) if is_name(ident) else None
        if path is None or not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound
        return SentFile(path, headers={"Content-Type": "image/jpeg", "Cache-Control": "no-cache"})

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """What is in a recording, frame by frame, for a node that fetches it."""
        self._admit(request)
        path = await asyncio.to_thread(self._store.path_of, request.match_info["id"])
        index = path.with_suffix(INDEX) if path is not None else None
        if index is None or not await asyncio.to_thread(index.is_file):
            raise web.HTTPNotFound
        headers = {"Content-Type": BINARY, "Cache-Control": "no-cache"}
        return SentFile(index, headers=headers)

    async def _final(self, request: web.Request) -> Recording:
        """Return the recording that is asked for, whose file is not going to change."""
        self._admit(request)
        recording = await asyncio.to_thread(self._offering.recording, request.match_info["id"])
        if recording is None:
            raise web.HTTPNotFound
        return recording

    async def _sheet(self, request: web.Request) -> web.Response:
        """What the file is made of, for a node that heals its own."""
        recording = await self._final(request)
        sheet = await asyncio.to_thread(self._offering.sheet, recording)
        if sheet is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "no-cache", "ETag": f'"{recording.digest}"'}
        return web.Response(body=sheet, content_type=BINARY, headers=headers)

    async def _frames(self, request: web.Request) -> web.StreamResponse:
        """Those bytes of the file that are asked for, one piece behind the other."""
        recording = await self._final(request)
        if not any(each.value == recording.digest for each in request.if_match or ()):
            raise web.HTTPPreconditionFailed
        if request.content_length is None or request.content_length > MAX_REQUEST:
            raise web.HTTPRequestEntityTooLarge(MAX_REQUEST, request.content_length or 0)
        try:
            pieces = decode(await request.read())
        except BadPieces as exc:
            raise web.HTTPBadRequest(reason=str(exc)) from exc
        file = await asyncio.to_thread(self._offering.opened, recording, pieces)
        if file is None:
            raise web.HTTPRequestRangeNotSatisfiable
        with file:
            response = web.StreamResponse(headers={"Content-Type": BINARY, "Cache-Control": "no-cache"})
            response.content_length = sum(each.size for each in pieces)
            await response.prepare(request)
            for lot in portions(pieces):
                await response.write(await asyncio.to_thread(read, file, lot))
            await response.write_eof()
        return response
