"""The floors of this node's lessons, given here, and of those that it pulls, heard of from the parent."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from sqlite3 import Connection

from msgspec import Struct, structs

from edge.dialogue import floor
from edge.dialogue.floor import FloorState
from edge.journal import Journal
from edge.media.negotiate import Refused
from edge.media.stream import NAME, Stream
from edge.media.studio import Studio
from sync.clock import Moment, ms_of
from sync.errors import JournalError
from sync.ledger import computer
from sync.membership import MOST_NAME
from sync.records import ALL_CLASSES, MOST_MUTES, FloorGiven, Unreadable, decode
from sync.streams import NODE_ID

# Milliseconds since a floor was given: a power cut, a start of the computer, and the press that puts the
# lesson on the air again; no longer than a break. After that nobody is heard whom no teacher has called.
MAX_AGE = 5 * 60_000
BACK = 2000  # milliseconds by which the date may have gone back: two clocks that are right
RECENT = 64  # facts of this node that are read back at a start: lessons of one morning, mostly over
MOST_HEARD = 64  # floors of a parent: as many streams as are pulled from it
LOOK = 1.0  # seconds between looks for lessons that are over, and for classes that were revoked

WRITTEN = """SELECT event.hlc, event.body FROM stream JOIN event ON event.stream = stream.id
  WHERE stream.node = ?1 AND stream.class = 'teaching' AND event.kind = 'floor-given'
  ORDER BY event.hlc DESC LIMIT ?2"""
CLASS = "SELECT name, school FROM node WHERE id = ? AND NOT revoked"

log = logging.getLogger(__name__)


class Called(Struct, frozen=True):
    """A class that may speak."""

    name: str
    school: str


class Floors:
    """Who has the floor of each lesson; `pulled` tells which streams come from the parent."""

    def __init__(
        self,
        journal: Journal,
        studio: Studio,
        pulled: Callable[[], Collection[str]],
        name: str,
        date: Callable[[], Moment] = computer,
    ) -> None:
        """`name` is what this very node is called: a class may sit before it too."""
        self._date = date
        self._journal = journal
        self._studio = studio
        self._pulled = pulled
        self._name = name
        self._own: dict[str, FloorState] = {}
        self._heard: dict[str, FloorState] = {}
        self._watchers: list[Callable[[], None]] = []
        self._turn = asyncio.Lock()  # facts and states in one order: two teachers press at once
        self.is_elsewhere: Callable[[str, str], bool] = _nobody  # a class is in another lesson than this one
        self._before = journal.ledger.read(self._written)
        studio.watch(self._opened)

    def of(self, stream: str) -> FloorState:
        """Return the floor of a lesson; free if nobody said anything of it."""
        said = self._heard if self.is_pulled(stream) else self._own
        return said.get(stream) or FloorState(stream)

    def all(self) -> list[FloorState]:
        """Return the floor of every lesson that is live here, and of those heard of, which may stall here."""
        live = [name for name, stream in self._studio.streams.items() if stream.live]
        return [self.of(name) for name in dict.fromkeys((*live, *self._heard))]

    def held(self, node: str) -> set[str]:
        """Return every lesson whose floor a class has, as far as anybody has said."""
        states = (*self._own.values(), *self._heard.values())
        return {each.stream for each in states if each.holder == node}

    def is_me(self, node: str) -> bool:
        """Tell whether a node is this very one."""
        return node == self._journal.identity.node

    def is_ours(self, stream: str) -> bool:
        """Tell whether this node is the hub of a lesson: it is published here and not pulled."""
        return stream in self._studio.streams and not self.is_pulled(stream)

    def is_pulled(self, stream: str) -> bool:
        """Tell whether a lesson is the parent's; of two with one name the one that is live here counts."""
        if stream in self._pulled():
            return True
        held = self._studio.streams.get(stream)
        return stream in self._heard and (held is None or not held.live)

    def heard(self, states: Iterable[FloorState]) -> None:
        """Take what the parent says of its lessons: all that it has, or nothing when it was lost."""
        sound = [each for each in states if _is_sound(each)][:MOST_HEARD]
        new = {each.stream: structs.replace(each, name=each.name[:MOST_NAME]) for each in sound}
        if new != self._heard:
            self._heard = new
            self._tell()

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever a floor is another one."""
        self._watchers.append(changed)

    async def give(self, stream: str, node: str) -> FloorState:
        """Give the floor to a class, or take it back with ""; raise Refused."""
        async with self._turn:
            state = self._ours(stream)
            called = self._class(node) if node else Called("", "")
            if self.is_elsewhere(node, stream):
                raise Refused(409, "node-elsewhere", f"{called.name} is in another lesson", name=called.name)
            return await self._note(state, floor.giving(state, node, called.school), called.name)

    async def mute(self, stream: str, node: str, on: bool) -> FloorState:
        """Silence a class, or ALL_CLASSES, or end that; raise Refused."""
        async with self._turn:
            state = self._ours(stream)
            if on and node != ALL_CLASSES:
                self._class(node)
            try:
                fact = floor.muting(state, node, on)
            except floor.Full as exc:
                raise Refused(503, "too-many", str(exc)) from exc
            return await self._note(state, fact, state.name)

    async def run(self) -> None:
        """Take the floor back where a lesson is over or a class was revoked, until cancelled."""
        while True:
            await self._studio.news(self._studio.version, LOOK)
            async with self._turn:
                for state in tuple(self._own.values()):
                    await self._tidy(state)

    async def _tidy(self, state: FloorState) -> None:
        if state.stream not in self._studio.streams:
            await self._note(state, floor.ended(state), "")
            self._own.pop(state.stream, None)
        elif state.holder and self._called(state.holder) is None:
            log.info("floor taken back stream=%s node=%s reason=revoked", state.stream, state.holder)
            await self._note(state, floor.giving(state, "", ""), "")
        elif state.holder and self.is_elsewhere(state.holder, state.stream):
            log.info("floor taken back stream=%s node=%s reason=elsewhere", state.stream, state.holder)
            await self._note(state, floor.giving(state, "", ""), "")

    def _ours(self, stream: str) -> FloorState:
        held = self._studio.streams.get(stream)
        if held is None or not held.live:
            raise Refused(409, "no-lesson", f"nobody publishes as {stream} now", name=stream)
        if not self.is_ours(stream):
            raise Refused(409, "not-here", f"{stream} is taught at the hub above", name=stream)
        return self.of(stream)

    def _class(self, node: str) -> Called:
        called = self._called(node)
        if called is None:
            raise Refused(404, "node-unknown", f"{node[:80]!r} is no node below this one")
        return called

    def _called(self, node: str) -> Called | None:
        if self.is_me(node):
            return Called(self._name, self._journal.school)
        row = self._journal.ledger.read(lambda db: db.execute(CLASS, (node,)).fetchone())
        return Called(row[0] or row[1] or node, row[1]) if row else None

    async def _note(self, state: FloorState, fact: FloorGiven | None, name: str) -> FloorState:
        """Write a fact and follow it; a disk that takes nothing takes the floor from nobody."""
        if fact is None:
            return state
        at = self._journal.ledger.now()
        try:
            noted = await asyncio.wrap_future(self._journal.ledger.note("teaching", "", fact))
            at = ms_of(noted[-1].hlc)
        except JournalError as exc:
            log.warning("floor not kept stream=%s reason=%r", state.stream, str(exc))
        new = self._own[state.stream] = floor.follow(state, fact, at, name)
        self._tell()
        return new

    def _tell(self) -> None:
        for changed in self._watchers:
            changed()

    def _written(self, db: Connection) -> dict[str, list[tuple[int, FloorGiven]]]:
        """Return what this node wrote of each stream before it was started, oldest first."""
        found: dict[str, list[tuple[int, FloorGiven]]] = {}
        rows = db.execute(WRITTEN, (self._journal.identity.node, RECENT)).fetchall()
        for hlc, body in reversed(rows):
            try:
                fact = decode("floor-given", body)
            except Unreadable:  # of a newer version of us, before a way back
                continue
            if isinstance(fact, FloorGiven):
                found.setdefault(fact.stream, []).append((ms_of(hlc), fact))
        return found

    def _opened(self, stream: Stream) -> None:
        """A stream lives: if its floor was given before this node was started, it still is."""
        facts = self._before.pop(stream.name, [])
        if not facts or not self.is_ours(stream.name):
            return
        if not self._is_recent(facts[-1][0]):
            return
        state = FloorState(stream.name)
        for at, fact in facts:
            state = floor.follow(state, fact, at, "")
        if self.is_elsewhere(state.holder, stream.name):
            return
        called = self._called(state.holder) if state.holder else None
        self._own[stream.name] = floor.renamed(state, called.name) if called else state
        if floor.ended(state) is not None:
            log.info("floor restored stream=%s holder=%s", stream.name, state.holder)
            self._tell()

    def _is_recent(self, at: int) -> bool:
        """Tell whether something was written minutes ago; a computer whose date went back cannot tell."""
        date = self._date().wall
        return self._journal.ledger.now() - at <= MAX_AGE and -BACK <= date - at <= MAX_AGE


def _nobody(node: str, stream: str) -> bool:
    """Know of no other lesson."""
    return False


def _is_sound(state: FloorState) -> bool:
    """Tell whether what a hub found on the network says can be shown: it is anybody."""
    return (
        NAME.fullmatch(state.stream) is not None
        and len(state.mutes) <= MOST_MUTES
        and all(each == ALL_CLASSES or NODE_ID.fullmatch(each) for each in state.mutes)
        and (not state.holder or NODE_ID.fullmatch(state.holder) is not None)
        and state.name.isprintable()
    )
