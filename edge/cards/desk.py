"""Cards at a node, as one: the camera that all who read share, its stills, the worker, and roll calls."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web
from msgspec import Struct

from edge.api import Desks
from edge.board import Board
from edge.cards.calling import CardCall
from edge.cards.reading import CardCamera
from edge.cards.stills import Stills
from edge.journal import Journal
from edge.supervise import keep
from edge.vision.worker import Worker

LOOK = 0.5  # seconds between looks for what changes by itself


class Lens(Struct, frozen=True):
    """What is known of the class's camera: the word key of why it shows nothing, and if it is switched on."""

    eye: Callable[[], str]
    is_open: Callable[[], bool]


class CardDesk:
    """Parts of a node; `news` has the projector's pages look."""

    def __init__(self, lens: Lens, journal: Journal, board: Board, news: Callable[[], None]) -> None:
        self.camera = CardCamera(lens.eye)
        self._worker = Worker("cards")
        self._stills = Stills(self.camera, self._worker, lens.is_open)
        self._call = CardCall(journal, board, self.camera, news)
        self.camera.watch(self._wanted)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return self._stills.routes()

    def desks(self) -> Desks:
        """Return the commands that are taken here."""
        return self._call.desks()

    def part(self, here: bool) -> dict[str, object]:
        """Return what the projector's pages are told, on this computer and on others."""
        return {"roll": self._call.shown()}

    def drop(self) -> None:
        """Forget what the camera has shown: it was switched off."""
        self._stills.drop()
        self.camera.look()

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        return [
            keep(self._worker.run, "card worker"),
            keep(self._stills.run, "stills"),
            keep(self._look, "cards"),
        ]

    def _wanted(self) -> None:
        if not self.camera.fps:
            self._stills.drop()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            self._call.look(self.camera.now())
            self.camera.look()
