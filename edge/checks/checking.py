"""The parts of quick checks put together: the class's side and the hub's, which every node has both."""

import time
from collections.abc import Awaitable, Callable, Container, Coroutine
from typing import Any

from aiohttp import web
from msgspec import Struct

from edge.access import Door
from edge.api import Desks
from edge.board import Board
from edge.cards.reading import CardCamera, CardReading
from edge.checks.answering import Answering
from edge.checks.answering import Around as ClassRoom
from edge.checks.desk import Around as HubPlace
from edge.checks.desk import Desk, Watching
from edge.checks.heard import Heard
from edge.checks.quiz import Quiz
from edge.checks.saying import Saying
from edge.checks.sets import Sets
from edge.checks.telling import Telling
from edge.classroom.projector import Projector
from edge.content.chunks import ChunkStore
from edge.journal import Journal
from edge.supervise import keep


class Inside(Struct, frozen=True):
    """What checks need to know of the node that they are in."""

    name: str
    journal: Journal
    door: Door
    store: ChunkStore
    cards: CardCamera
    running: Callable[[], tuple[str, str]]  # the lesson at the screen and its stream
    live: Callable[[], Container[str]]  # streams that are here
    is_pulled: Callable[[str], bool]  # a stream is taught at a hub above
    report: Callable[[str, bytes], Awaitable[bool]]  # to the parent, best effort
    announce: Callable[[], None]  # wakes the nodes below
    wake: Callable[[], None]  # wakes the exchange with the node above
    watching: Watching


class Checking:
    """The parts, made once."""

    def __init__(self, node: Inside, board: Board, projector: Projector) -> None:
        self.sets = Sets(node.store)
        heard = Heard(node.journal)
        self.telling = Telling(node.journal, node.report, lambda check: self.desk.is_ours(check))
        around = HubPlace(node.name, node.live, node.is_pulled, node.watching, node.announce)
        self.desk = Desk(heard, node.door, self.sets, self.telling, around)
        quiz = Quiz(projector.news)
        projector.add(quiz.part)
        reading = CardReading(node.cards)
        saying = Saying(board, quiz.show, self.telling, reading, time.monotonic)
        here = ClassRoom(node.running, node.wake)
        self._answering = Answering(heard, reading, self.sets, saying, here)

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted for people."""
        return self.desk.routes()

    def node_routes(self) -> list[web.RouteDef]:
        """Return what is mounted for nodes."""
        return self.telling.routes()

    def desks(self) -> Desks:
        """Return the screen's commands that are taken here."""
        return self._answering.desks()

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run."""
        return [keep(self._answering.run, "quick check"), keep(self.telling.run, "progress")]
