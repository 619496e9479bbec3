"""The way back of a lesson, put together: what classes send, who is put before all, what is wanted of whom.

`look` makes all of it what it is to be: the gates of every stream, what the page encodes, what screens show.
It is called when somebody gets the floor, a switch is turned or the parent says something else, and a few
times a second besides; always by this part itself, so that no fault of it reaches the lesson.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from sqlite3 import Connection
from typing import Any

from aiohttp import web
from msgspec import Struct, to_builtins

from edge.access import Door
from edge.board import Board
from edge.classroom.projector import Projector
from edge.config import Config
from edge.dialogue.backstage import CLASS, FLOOR, Backstage, Devices, Ways
from edge.dialogue.composer import Composer
from edge.dialogue.doors import Doors
from edge.dialogue.floor import FloorState
from edge.dialogue.floors import Floors
from edge.dialogue.kin import Kin
from edge.dialogue.lamps import Lamps, Now
from edge.dialogue.measure import Measure
from edge.dialogue.switches import Switches
from edge.dialogue.upward import Heard, Link, Upward
from edge.dialogue.whereabouts import Whereabouts
from edge.dialogue.wishes import NOTHING, Wish, both, wanted
from edge.journal import Journal
from edge.lessons import Lessons
from edge.media.gated import GatedStream
from edge.media.packet import Kind
from edge.media.session import Sessions
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.media.whep import Watcher
from edge.parent import ParentLink
from edge.supervise import keep

LOOK = 0.25  # seconds between looks: a page of pictures opens as fast as that
REST = 1.0  # … while nothing streams here: what begins, stirs it at once
SEATS = 2  # who watches a lesson has its floor too, and there are as many pictures of classes at most
SWEEP = 1.0  # seconds between looks for nodes that were revoked
KINDS: tuple[Kind, ...] = ("video", "audio")
NEWEST = """SELECT coalesce(max(event.at), 0) FROM stream
  CROSS JOIN event ON event.stream = stream.id AND event.seq = stream.head WHERE stream.class = 'teaching'"""


class Room(Struct, frozen=True):
    """What of the node the way back needs."""

    config: Config
    journal: Journal
    studio: Studio  # of lessons
    lessons: Lessons
    sessions: Sessions
    link: Link
    parent: ParentLink
    door: Door
    board: Board
    projector: Projector
    switches: Switches
    running: Callable[[], tuple[str, str]]  # the lesson that runs here, and its stream


class Dialogue:
    """Everything of the way back; `curves` and `teaching` are told what the parent says of them."""

    def __init__(self, room: Room, floors: Floors) -> None:
        self._room = room
        self._floors = floors
        self.kin = Kin(room.journal)
        self.backstage = Backstage(
            Ways(room.sessions, room.link.ntp), SEATS * room.config.limits.viewers, self._rests
        )
        self.composer = Composer(self.backstage, room.link.ntp)
        me = self.kin.me
        self.places = Whereabouts(self.backstage, room.studio, me, room.running)
        floors.is_elsewhere = self.places.is_elsewhere
        self.upward = Upward(self.backstage, floors, room.link, me, room.parent.pulled)
        self.upward.lesson = self.places.lesson
        self.lamps = Lamps(room.board, room.projector, room.switches, me)
        self._measure = Measure(room.studio, lambda: self.upward.outlet(me))
        self._doors = Doors(room.door, self.backstage, self.kin, self.places.is_elsewhere)
        self._wishes: dict[str, Wish] = {}
        self._news = 0
        self._said = 0
        self._looked = -1
        self.curves: Callable[[], list[str]] = list
        self._heard: list[Callable[[Heard], None]] = []
        self._stir = asyncio.Event()
        room.parent.beside = self.upward
        self.backstage.studio.watch(self._opened)
        floors.watch(self._stir.set)  # before whoever tells nodes below: they are to hear of wishes as well
        room.switches.watch(self._turned)
        self.upward.watch(self._parent_said)

    def listen(self, heard: Callable[[Heard], None]) -> None:
        """Call `heard` with what the parent says, whenever it says something else."""
        self._heard.append(heard)

    def routes(self) -> list[web.RouteDef]:
        """Return what people and pages reach."""
        return self._doors.routes()

    def node_routes(self) -> list[web.RouteDef]:
        """Return what nodes below reach."""
        return self._doors.node_routes()

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be kept running."""
        return [
            keep(self.backstage.studio.run, "backstage"),
            keep(self.backstage.relay.run, "backstage relay"),
            keep(self.run, "dialogue"),
            keep(self.places.run, "whereabouts"),
        ]

    def told(self, node: str) -> dict[str, object]:
        """Return what a node below is told with the list of streams."""
        mine = self.kin.below(node)
        return {
            "floors": to_builtins(self._floors.all()),
            "wishes": {each: to_builtins(wish) for each, wish in self._wishes.items() if each in mine},
            "curves": self.curves(),
            "news": self._newest(),
        }

    def counted(self) -> tuple[int, Mapping[Kind, int]]:
        """Return how many classes are connected, and the packets that came although nobody wanted them."""
        return sum(each.live for each in self.backstage.nodes().values()), self.backstage.unasked

    async def run(self) -> None:
        """Look again and again until cancelled."""
        swept = 0.0
        while True:
            self._stir.clear()
            now = asyncio.get_running_loop().time()
            self.look(now)
            if now - swept > SWEEP:
                swept = now
                await self._sweep()
            try:
                async with asyncio.timeout(LOOK if self._room.studio.streams else REST):
                    await self._stir.wait()
            except TimeoutError:
                continue

    def look(self, now: float) -> None:
        """Make everything what it is to be now."""
        self.upward.fade(now)
        ours = [self._seated(each) for each in self._floors.all() if self._floors.is_ours(each.stream)]
        self.composer.look(ours)
        self.backstage.whep.settle()  # before anything else may fail: nobody hears itself
        above = self.upward.obeyed()
        here = wanted(self._looked_at(), ours)
        wishes = both(here, above)
        for node, stream in self.backstage.nodes().items():
            kinds = self._room.switches.kinds if node == self.kin.me else wishes.get(node, NOTHING).kinds
            stream.admit(kinds)
        self._show(here.get(self.kin.me, NOTHING), above.get(self.kin.me, NOTHING), now)
        news = self._newest()
        if (wishes, news) != (self._wishes, self._news):
            self._wishes, self._news = wishes, news
            self._room.studio.announce()

    def _seated(self, state: FloorState) -> FloorState:
        """Return a floor, free where its class is in another lesson: so nothing is wanted of that one."""
        if not self.places.is_elsewhere(state.holder, state.stream):
            return state
        return FloorState(state.stream, mutes=state.mutes)

    def _looked_at(self) -> dict[str, set[str]]:
        """Return the classes that somebody looks at, each with those of the lessons that it may be in."""
        demand = {
            node: {each for each in lessons if not each or not self.places.is_elsewhere(node, each)}
            for node, lessons in self.backstage.demand().items()
        }
        return {node: lessons for node, lessons in demand.items() if lessons}

    def _show(self, here: Wish, above: Wish, now: float) -> None:
        """Say what the page is to encode, and what screens show."""
        if self._room.config.classroom.record:
            here = Wish("large", True)
        up, encoding = self._measure.encoding(above.picture, here.picture, now)
        self.upward.limit(encoding.bits if up and above.picture else 0)
        for each in self._room.studio.streams.values():
            each.crowded = up and bool(above.picture)
        if up != self.upward.may_see:
            self.upward.may_see = up
            self.upward.stir()
        me = self.kin.me
        lesson, stream = self._room.running()
        own = self.backstage.of(me)
        floor = self._floors.of(stream)
        plays = self.backstage.stream(FLOOR + stream) if stream else None
        self.lamps.show(
            Now(
                runs=bool(lesson or stream) and self._talks,
                encoding=encoding,
                sent=frozenset(kind for kind in KINDS if self._is_sent(own, kind, now)),
                floor=floor,
                plays=plays is not None and plays.live,
                recorded=own is not None and own.live and self._room.config.classroom.record,
            )
        )
        eyes = self._room.projector.eyes
        switches = self._room.switches
        mine = Devices(
            switches.camera and eyes.camera == "good",
            switches.microphone and eyes.microphone == "good",
            lesson=stream,
        )
        self.backstage.tell({me: mine}, now)

    @property
    def _talks(self) -> bool:
        """Whether anybody could see this class: only nodes that were enrolled talk back."""
        config = self._room.config
        enrolled = config.parent is None and self._room.journal.parent is not None
        return enrolled or bool(config.listen_nodes) or config.classroom.record

    def _is_sent(self, own: GatedStream | None, kind: Kind, now: float) -> bool:
        """Tell whether somebody outside this room gets this class's picture or sound."""
        if self.upward.sends(self.kin.me, kind, now):
            return True
        shown = own is not None and (self.composer.feeds(own, kind) or self._is_watched(kind))
        return shown and self.backstage.comes(own, kind, now)

    def _is_watched(self, kind: Kind) -> bool:
        return kind == "video" and self.kin.me in self.backstage.demand()

    def _rests(self, watcher: Watcher) -> bool:
        """Tell whether a watcher is in the very class that is heard, with nobody else behind it."""
        if not watcher.stream.startswith(FLOOR):
            return False
        holder = self._floors.of(watcher.stream.removeprefix(FLOOR)).holder
        if not watcher.node:
            return holder == self.kin.me
        return holder == watcher.node and self.kin.is_leaf(holder)

    def _opened(self, stream: Stream) -> None:
        """A stream begins: what it lets in is settled before its first packet."""
        if not isinstance(stream, GatedStream):
            return
        if stream.name.startswith(FLOOR):
            stream.admit(KINDS)  # pulled; for one of ours the composer says what
        elif stream.name == CLASS + self.kin.me:
            stream.admit(self._room.switches.kinds)
            if self._room.config.classroom.record:
                self._room.lessons.record(stream, True)
        elif stream.name.startswith(CLASS):
            stream.refused = self.backstage.unasked
        self._stir.set()

    def _turned(self) -> None:
        """A switch was turned: what is off goes nowhere from this moment on, nor what was kept of it."""
        me, kinds = self.kin.me, self._room.switches.kinds
        own = self.backstage.of(me)
        if own is None:
            return
        own.admit(kinds)
        fed = [self.upward.up(me), *self.composer.fed_by(own)]
        for kind in set(KINDS) - kinds:
            for stream in (own, *(each for each in fed if each is not None)):
                self.backstage.cut(stream, kind)
        self._stir.set()

    def _parent_said(self) -> None:
        for heard in self._heard:
            heard(self.upward.said)
        self._stir.set()

    def _newest(self) -> int:
        """Return when the newest came that a teacher said; the journal says cheaply that nothing is new."""
        ledger = self._room.journal.ledger
        newest = ledger.newest()
        if newest != self._looked:
            self._looked = newest
            self._said = ledger.read(_newest)
        return self._said

    async def _sweep(self) -> None:
        """Send away who was revoked, and who looks at a class that is in another lesson."""
        self.backstage.whep.dismiss(self._may_watch)
        for node in self.backstage.nodes():
            if not self.kin.knows(node):
                await self.backstage.whip.end(CLASS + node)

    def _may_watch(self, watcher: Watcher) -> bool:
        if watcher.node and not self.kin.knows(watcher.node):
            return False
        node = watcher.stream.removeprefix(CLASS)
        return not watcher.lesson or not self.places.is_elsewhere(node, watcher.lesson)


def _newest(db: Connection) -> int:
    return int(db.execute(NEWEST).fetchone()[0])
