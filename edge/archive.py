"""Recordings over HTTP: the list, and each file and its index with byte ranges, read in threads."""

import asyncio
from hashlib import sha256

import msgspec
from aiohttp import web

from edge.access import Door, asker_of
from edge.media.record.recording import INDEX
from edge.media.record.store import Store

SAVE = "attachment"
SMALL = 65_536  # bytes: a larger list is compressed in a thread


class Archive:
    """What browsers, VLC and other nodes fetch of the recordings."""

    def __init__(self, store: Store, door: Door) -> None:
        self._store = store
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        """Return what is mounted, for people and for nodes."""
        return [
            web.get("/api/recordings", self._list),
            web.get("/recordings/{id}", self._file),
            web.get("/recordings/{id}/index", self._index),
        ]

    def _admit(self, request: web.Request) -> None:
        # <video> and download links cannot send an Authorization header.
        token = request.query.get("token", "")
        self._door.admit(asker_of(request.remote, request.headers, token), "watch")

    async def _list(self, request: web.Request) -> web.Response:
        self._admit(request)
        recordings = await asyncio.to_thread(self._store.list)
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
        headers = {"Content-Type": recording.media_type, "Cache-Control": "no-cache"}
        if SAVE in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
        return web.FileResponse(path, headers=headers)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """What is in a recording, frame by frame, for a node that fetches it."""
        self._admit(request)
        path = await asyncio.to_thread(self._store.path_of, request.match_info["id"])
        index = path.with_suffix(INDEX) if path is not None else None
        if index is None or not await asyncio.to_thread(index.is_file):
            raise web.HTTPNotFound
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": "no-cache"}
        return web.FileResponse(index, headers=headers)
