"""Camera and microphone, tried by the projector's page for the screen that stands beside it."""

import asyncio
import time
from collections.abc import Callable

import msgspec
from aiohttp import web

from edge.access import asker_of, is_here
from edge.api import Desks
from edge.board import Board
from edge.classroom.checkup import Checkup, Found
from edge.contract.answers import Done
from edge.contract.commands import CheckMedia
from edge.media.negotiate import Refused

MAX_REPORT = 1024  # bytes; a report has 90
TICK = 0.5  # seconds, as often as the page reports: a page that is gone and a check that is over are noticed


class Check:
    """Runs checks; `mode` sends the projector's page to /check and back, and may refuse (Unable)."""

    def __init__(
        self,
        board: Board,
        mode: Callable[[bool], None],
        switches: Callable[[], tuple[bool, bool]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`switches` tells whether camera and microphone may be opened."""
        self._board = board
        self._mode = mode
        self._switches = switches
        self._now = clock
        self._checkup = Checkup()
        self._begun = asyncio.Event()

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return {CheckMedia: self._check}

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [web.post("/api/check", self._report)]

    def part(self, here: bool) -> dict[str, object]:
        """Return what the page is told: what is switched off is not opened for a check either."""
        camera, microphone = self._switches()
        return {"switches": {"camera": camera, "microphone": microphone} if here else None}

    async def run(self) -> None:
        """End each check after its time, until cancelled; then too the projector gets its page back."""
        try:
            while True:
                await self._begun.wait()
                self._look(self._now())
                await asyncio.sleep(TICK)
        finally:
            self._end()

    async def _check(self, order: CheckMedia) -> Done:
        if order.on:
            self._mode(True)
            self._checkup.begin(self._now())
            self._begun.set()
            self._tell(self._now())
        else:
            self._end()
        return Done()

    async def _report(self, request: web.Request) -> web.Response:
        if not is_here(asker_of(request.remote, request.headers)):
            raise Refused(401, "token-missing", "only a page on this computer reports a check")
        found = _read(await request.read())
        if self._checkup.is_on:
            self._checkup.report(found, self._now())
            self._tell(self._now())
        return web.json_response({"on": self._checkup.is_on})

    def _look(self, now: float) -> None:
        if self._checkup.is_over(now):
            self._end()
        else:
            self._tell(now)

    def _end(self) -> None:
        if self._checkup.is_on:
            self._checkup.end()
            self._begun.clear()
            self._tell(self._now())
            self._mode(False)

    def _tell(self, now: float) -> None:
        self._board.tell(self._checkup.standing(now))


def _read(body: bytes) -> Found:
    if len(body) > MAX_REPORT:
        raise Refused(413, "bad-request", f"a report of more than {MAX_REPORT} bytes")
    try:
        return msgspec.json.decode(body, type=Found)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused(400, "bad-request", f"not a report: {exc}") from exc
