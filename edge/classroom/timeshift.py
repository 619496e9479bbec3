"""GET /recordings/{id}/live?from=SECONDS: a recording while it grows, for who watches behind the hub.

Sent are the head and then whole segments, from the key frame at or before that moment, with the times of the
file; the answer ends when the recording has ended. A recording that is finished by then is fetched as it is,
where it can be sought in: 303. A break in the middle is no end: who is cut off asks again from where he is.
"""

import asyncio
import logging
import math
from pathlib import Path

from aiohttp import web

from edge.access import Door, asker_of
from edge.media.negotiate import Refused
from edge.media.record.recording import Recording
from edge.media.record.segments import Head
from edge.media.record.store import Store
from edge.media.record.tail import Finished, Tail

LOOK = 0.2  # seconds between looks whether the file has grown: it does every 2 s
HEAD_TIME = 5.0  # seconds a recording that has just begun has to get a head
PATIENCE = 60.0  # seconds a watcher may take nothing: a page that is held asks again when it goes on
MAX_WATCHERS = 40  # at once, each with one open file: the tablets of a class

log = logging.getLogger(__name__)


class TimeShift:
    """One route."""

    def __init__(self, store: Store, door: Door) -> None:
        self._store = store
        self._door = door
        self._watchers = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.get("/recordings/{id}/live", self._live)]

    async def _live(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("token", "")
        self._door.admit(asker_of(request.remote, request.headers, token), "watch")
        recording, path = await asyncio.to_thread(self._find, request.match_info["id"])
        if recording.state in ("done", "interrupted"):
            raise _elsewhere(request)
        if self._watchers >= MAX_WATCHERS:
            raise Refused(503, "too-many", f"{MAX_WATCHERS} watch recordings that grow")
        self._watchers += 1
        try:
            return await self._watch(request, recording.id, path)
        finally:
            self._watchers -= 1

    def _find(self, ident: str) -> tuple[Recording, Path]:
        recording, path = self._store.get(ident), self._store.path_of(ident)
        if recording is None or path is None:
            raise web.HTTPNotFound
        return recording, path

    async def _watch(self, request: web.Request, ident: str, path: Path) -> web.StreamResponse:
        tail = Tail(path, _since(request.query.get("from", "")))
        try:
            head = await self._head(tail)
            headers = {"Cache-Control": "no-store", "Content-Type": _type(path, head)}
            response = web.StreamResponse(headers=headers)
            await response.prepare(request)
            await self._send(response, tail, ident)
        except Finished as exc:
            raise _elsewhere(request) from exc
        except (ConnectionError, TimeoutError) as exc:
            raise ConnectionResetError from exc  # who watched has gone, or takes nothing
        except OSError as exc:
            log.warning("recording not sent id=%s reason=%r", ident, str(exc))
            raise ConnectionResetError from exc
        finally:
            # It waits for a thread that may be reading. Nobody awaits it: whoever is cancelled twice, as when
            # a node stops, would leave the file open.
            asyncio.get_running_loop().run_in_executor(None, tail.close)
        return response

    async def _head(self, tail: Tail) -> Head:
        try:
            async with asyncio.timeout(HEAD_TIME):
                while True:
                    if (head := await asyncio.to_thread(tail.head)) is not None:
                        return head
                    await asyncio.sleep(LOOK)
        except TimeoutError as exc:
            raise Refused(409, "no-publisher", "nothing is recorded yet") from exc

    async def _send(self, response: web.StreamResponse, tail: Tail, ident: str) -> None:
        while True:
            # First whether it has ended, then what there is: what comes last is not overlooked.
            grows = await asyncio.to_thread(self._grows, ident)
            while piece := await asyncio.to_thread(tail.piece):
                async with asyncio.timeout(PATIENCE):
                    await response.write(piece)
            if not grows:
                return
            await asyncio.sleep(LOOK)

    def _grows(self, ident: str) -> bool:
        recording = self._store.get(ident)
        return recording is not None and recording.state == "recording"


def _since(text: str) -> float:
    try:
        since = float(text)
    except ValueError:
        return 0.0
    return since if math.isfinite(since) else 0.0


def _type(path: Path, head: Head) -> str:
    kind = "video" if head.pictures else "audio"
    return f'{kind}/{path.suffix[1:]}; codecs="{",".join(head.codecs)}"'


def _elsewhere(request: web.Request) -> web.HTTPException:
    """Send to the finished file, with the token that a browser cannot put into a header."""
    query = {"token": request.query["token"]} if "token" in request.query else {}
    finished = request.url.with_path(request.path.removesuffix("/live")).with_query(query)
    return web.HTTPSeeOther(finished.relative())
