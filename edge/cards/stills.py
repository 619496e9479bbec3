"""Stills of the class's camera, from the projector's page to whoever reads cards: in memory, one at most.

A still is let go as soon as it was looked at, when a newer one comes, when nobody reads any more, and at once
when the camera is switched off: what was found in it meanwhile is not heard either.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from aiohttp import web

from edge.access import asker_of, is_here
from edge.cards.reading import CardCamera
from edge.cards.votes import Seen, letter
from edge.media.negotiate import Refused
from edge.vision import jpeg
from edge.vision.wire import Cards, Marker, ReadCards
from edge.vision.worker import Worker, WorkerLost

MAX_STILL = 2 << 20  # bytes: four times a JPEG of 1920×1080 at quality 0.9
MAX_RATE = 10  # stills a second; 4 are asked for
MAX_POINTS = 4096 * 2304  # of a still: what a worker looks at (edge/vision/eye.py)
DARK = 40.0  # luma: where 99 of 100 points are darker, the lens is covered or the room is dark
CHUNK = 1 << 16

log = logging.getLogger(__name__)


class Stills:
    """The route for stills, and one part of a node; `is_open` tells whether the camera is switched on."""

    def __init__(self, camera: CardCamera, worker: Worker, is_open: Callable[[], bool]) -> None:
        self._camera = camera
        self._worker = worker
        self._is_open = is_open
        self._still = b""
        self._some = asyncio.Event()
        self._dropped = 0
        self._came: deque[float] = deque(maxlen=MAX_RATE)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.post("/class/still", self._take)]

    @property
    def waits(self) -> bool:
        """Whether a still has come that nobody has looked at yet."""
        return bool(self._still)

    def drop(self) -> None:
        """Forget what has come, also what is being looked at."""
        self._still = b""
        self._some.clear()
        self._dropped += 1

    async def run(self) -> None:
        """Look at each still, or at the newest where they come faster, until cancelled."""
        try:
            while True:
                await self._some.wait()
                still, self._still, dropped = self._still, b"", self._dropped
                self._some.clear()
                found = await self._look(still)
                if dropped == self._dropped:
                    self._tell(found)
        finally:
            self.drop()

    async def _look(self, still: bytes) -> Cards | str:
        """Return the cards of a still, or the word key of why there are none."""
        try:
            found = await self._worker.ask(ReadCards(still))
        except WorkerLost:
            return "worker-lost"
        return found if isinstance(found, Cards) else "no-picture"

    def _tell(self, found: Cards | str) -> None:
        if isinstance(found, str):
            self._camera.fail(found)
        else:
            self._camera.see(list(map(_seen, found.markers)), "dark" if found.bright < DARK else "")

    async def _take(self, request: web.Request) -> web.Response:
        if not is_here(asker_of(request.remote, request.headers)):
            raise Refused(401, "token-missing", "only a page on this computer sends stills")
        if request.content_type != "image/jpeg":
            raise Refused(415, "still-unreadable", "not image/jpeg")
        self._check_open()
        now = self._camera.now()
        if len(self._came) == MAX_RATE and now - self._came[0] < 1.0:
            raise Refused(429, "too-many", f"more than {MAX_RATE} stills a second")
        self._came.append(now)
        still = await _body(request)
        _check(still)
        self._check_open()
        self._still = still
        self._some.set()
        return web.Response(status=204)

    def _check_open(self) -> None:
        """Refuse what nobody is to look at."""
        if not self._is_open():
            raise Refused(403, "camera-off", "the camera is switched off")
        if not self._camera.fps:
            raise Refused(409, "nothing-reads", "nobody reads cards now")


async def _body(request: web.Request) -> bytes:
    found = bytearray()
    if (request.content_length or 0) <= MAX_STILL:
        async for chunk in request.content.iter_chunked(CHUNK):
            found += chunk
            if len(found) > MAX_STILL:
                break
        else:
            return bytes(found)
    raise Refused(413, "still-too-large", f"a still of more than {MAX_STILL} bytes")


def _check(still: bytes) -> None:
    try:
        wide, high = jpeg.size(still)
    except jpeg.NoJpeg as exc:
        raise Refused(415, "still-unreadable", str(exc)) from exc
    if wide * high > MAX_POINTS:
        raise Refused(413, "still-too-large", f"{wide}×{high} points")


def _seen(marker: Marker) -> Seen:
    return Seen(marker.id, letter(marker.angle), marker.x, marker.y, marker.size)
