"""Recordings over HTTP: the list, and each file with byte ranges, read in threads."""

import asyncio

import msgspec
from aiohttp import web

from edge.access import Door, asker_of
from edge.media.record.store import Store

SAVE = "attachment"


class Archive:
    """What browsers, VLC and other nodes fetch of the recordings."""

    def __init__(self, store: Store, door: Door) -> None:
        self._store = store
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.get("/api/recordings", self._list), web.get("/recordings/{id}", self._file)]

    def _admit(self, request: web.Request) -> None:
        # <video> and download links cannot send an Authorization header.
        token = request.query.get("token", "")
        self._door.admit(asker_of(request.remote, request.headers, token), "watch")

    async def _list(self, request: web.Request) -> web.Response:
        self._admit(request)
        recordings = await asyncio.to_thread(self._store.list)
        body = msgspec.json.encode({"recordings": recordings})
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-cache"})

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
