"""The way to the parent: what classes send goes up, floor streams come down, and what is wanted is heard.

A class's stream is sent through one of its own that lets in only what the parent wants; its session is kept
while nothing is wanted, so that a floor needs no handshake. Streams of classes below follow once they are
wanted, and are kept for a while.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial

import msgspec
from msgspec import UNSET, Struct, structs

from edge.dialogue import wishes
from edge.dialogue.ascent import SOUND
from edge.dialogue.backstage import FLOOR, UNSAID, UP, Backstage, Devices
from edge.dialogue.floor import FloorState
from edge.dialogue.floors import Floors
from edge.dialogue.wishes import NOTHING, Wish
from edge.media.dtls import Identity
from edge.media.gated import GatedStream, Valve
from edge.media.link import Listing, Patience
from edge.media.outlet import Outlet
from edge.media.packet import Kind
from edge.media.pull import SILENCE, Parent, ParentFailed, Pull
from edge.media.push import Push

LOOK = 0.25  # seconds between looks at what is to be sent and fetched
LINGER = (
    120.0  # seconds that a stream of a class below is kept up after it was wanted: a teacher comes back to it
)
MOST_KEPT = 32  # streams of classes below that are kept up at once: all pictures of a page
MOST_FLOORS = 64  # as many lessons as are pulled
AHEAD = 1.25  # times the rate of pictures that they may be sent at
WENT_WELL = 2.0  # seconds of a session after which its end is a new failure: two disks with one certificate
# Seconds that the wishes of a parent count which was lost: what is sent may arrive for as long as its session
# lives, which a cut of this length ends as well. After that surely nobody above sees or hears a class.
WISHED = SILENCE
LINKS = 5.0  # seconds between looks at the links below: 134 that get another word each time take 16 kbit/s
STATE_AGAIN = 20.0  # seconds until the parent is told of cameras and lessons again, though nothing is new

log = logging.getLogger(__name__)


class Link(Struct, frozen=True):
    """How peers are made."""

    identity: Identity
    ntp: Callable[[], float]
    loopback: bool


class Heard(Struct):
    """What the parent said last."""

    understands: bool = False  # it takes what classes send
    floors: set[str] = set()  # lessons that it has a floor stream of
    above: dict[str, Wish] = {}
    curves: tuple[str, ...] = ()
    news: int = 0


class Upward:
    """Runs beside the link to a parent that this node was enrolled with."""

    def __init__(
        self, backstage: Backstage, floors: Floors, link: Link, me: str, pulled: Callable[[], Collection[str]]
    ) -> None:
        self.said = Heard()
        self._backstage = backstage
        self._floors = floors
        self._link = link
        self._me = me
        self._pulled = pulled
        self._ups: dict[str, tuple[GatedStream, Valve]] = {}
        self._wanted_until: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._push: Push | None = None
        self._numbers = 0
        self._lost: float | None = None  # since when the parent does not answer
        self._edges = 0  # how often it was lost or came back: each time it may have been started anew
        self._back = asyncio.Event()  # the parent that was lost answers: it is worth trying at once
        self._stir = asyncio.Event()
        self._changed: list[Callable[[], None]] = []
        self.lesson: Callable[[str], str] = _none  # that a class is in, "" for none
        self.links: Callable[[], Mapping[str, str]] = dict  # by which classes below get what is pulled here
        self.may_see = True  # the picture of this very class: false while the link has no room for it

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` when the parent says something else."""
        self._changed.append(changed)

    def limit(self, bits: int) -> None:
        """Send this very class's picture no faster than its page encodes it, key frames too."""
        outlet = self.outlet(self._me)
        if outlet is not None and bits:
            outlet.ceiling = float("inf") if outlet.local else SOUND + AHEAD * bits

    def stir(self) -> None:
        """Look at once."""
        self._stir.set()

    def heard(self, listing: Listing | None) -> None:
        """Learn what the parent says, nothing when it is lost; an older one says nothing of the way back."""
        if listing is None:
            if self._lost is None:
                self._lost = asyncio.get_running_loop().time()
                self._edges += 1
            return
        if self._lost is not None:
            self._lost = None
            self._edges += 1
            self._back.set()
        above = wishes.read(bytes(listing.wishes))
        floors = _floors(bytes(listing.floors))
        self._floors.heard(floors)
        curves, news = _list(bytes(listing.curves)), _number(bytes(listing.news))
        new = Heard(above is not None, {each.stream for each in floors}, above or {}, curves, news)
        self._understand(new)

    def fade(self, now: float) -> None:
        """Let what a parent said count no more that was lost a while ago: nobody there sees a class now."""
        if self._lost is None or now - self._lost <= WISHED:
            return
        self._floors.heard([])  # who still had one there would be silent in the lesson of a hub between
        if self.said.above:
            self._understand(structs.replace(self.said, above={}))

    def obeyed(self) -> dict[str, Wish]:
        """Return what goes up of each class: what the parent wants for the lesson that it is in."""
        above = self.said.above.items()
        return {node: wishes.obeyed(wish, self.lesson(node), self._floors.held(node)) for node, wish in above}

    def _understand(self, said: Heard) -> None:
        if said != self.said:
            self.said = said
            for changed in self._changed:
                changed()
        self._stir.set()

    def outlet(self, node: str) -> Outlet | None:
        """Return what a class's stream is sent by, while it is connected."""
        return self._push.outlets.get(UP + node) if self._push is not None else None

    def up(self, node: str) -> GatedStream | None:
        """Return what of a class is sent to the parent."""
        made = self._ups.get(node)
        return made[0] if made is not None else None

    async def run(self, parent: Parent) -> None:
        """Send and fetch until cancelled."""
        link = self._link
        self._push = Push(parent, self._backstage.relay, link.identity, link.ntp, link.loopback)
        pull = Pull(parent, self._backstage.studio, link.identity, link.ntp, link.loopback)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell_states(parent))
                while True:
                    self._stir.clear()
                    self._tend(tasks, self._push, pull)
                    try:
                        async with asyncio.timeout(LOOK):
                            await self._stir.wait()
                    except TimeoutError:
                        continue
        finally:
            self._end()

    def _end(self) -> None:
        self._push, self._tasks = None, {}
        for node in tuple(self._ups):
            self._drop(node)
        self.said = Heard()
        self._floors.heard([])
        for changed in self._changed:
            changed()

    def _tend(self, tasks: asyncio.TaskGroup, push: Push, pull: Pull) -> None:
        now = asyncio.get_running_loop().time()
        work: dict[str, Callable[[], Awaitable[None]]] = {}
        above = self.obeyed()
        for node in self._to_send(now) if self.said.understands else ():
            up = self._route(node)
            wish = above.get(node, NOTHING)
            up.admit(wish.kinds - ({"video"} if node == self._me and not self.may_see else set()))
            up.rate(now)
            work[up.name] = partial(push.once, up, f"/class/whip/{node}")
        for lesson in sorted(self.said.floors & set(self._pulled()))[:MOST_FLOORS]:
            work[FLOOR + lesson] = partial(pull.once, FLOOR + lesson, f"/floor/whep/{lesson}")
        for node in [each for each in self._ups if UP + each not in work]:
            self._drop(node)
        self._run(tasks, work)

    def _run(self, tasks: asyncio.TaskGroup, work: dict[str, Callable[[], Awaitable[None]]]) -> None:
        for name in self._tasks.keys() - work.keys():
            self._tasks.pop(name).cancel()
        self._tasks = {name: task for name, task in self._tasks.items() if not task.done()}
        for name in work.keys() - self._tasks.keys():
            self._tasks[name] = tasks.create_task(_keep(name, work[name], Patience(self._back)))

    def _to_send(self, now: float) -> list[str]:
        """Return the classes whose streams go up: this very one's, and those below that are wanted."""
        for node, wish in self.said.above.items():
            if wish != NOTHING:
                self._wanted_until[node] = now + LINGER
        self._wanted_until = {node: until for node, until in self._wanted_until.items() if until > now}
        newest = sorted(self._wanted_until, key=self._wanted_until.__getitem__, reverse=True)
        below = [node for node in newest if node != self._me][:MOST_KEPT]
        here = self._backstage.nodes()  # also one whose page is being loaded again
        return [node for node in (self._me, *below) if node in here]

    def _route(self, node: str) -> GatedStream:
        """Return the stream that a class's is sent through, fed by what is here of it now."""
        source = self._backstage.of(node)
        assert source is not None
        made = self._ups.get(node)
        if made is not None and made[1].source is source:
            return made[0]
        if made is not None:
            made[1].close()
        loop = asyncio.get_running_loop()
        up = made[0] if made is not None else GatedStream(UP + node, source.tracks, loop.time())
        self._numbers += 1
        self._ups[node] = up, Valve(source, up, self._numbers, self._link.ntp)
        return up

    def _drop(self, node: str) -> None:
        up, valve = self._ups.pop(node)
        valve.close()
        up.end()

    async def _tell_states(self, parent: Parent) -> None:
        """Say which cameras and microphones are there, and how links below are: what is new, at times all."""
        loop = asyncio.get_running_loop()
        told: dict[str, Devices] = {}
        links: Mapping[str, str] = {}
        at = looked = float("-inf")
        edges = self._edges
        while True:
            now = loop.time()
            if now - looked > LINKS:
                links, looked = self.links(), now
            edge, states = self._edges, self._states(links, now)
            again = edge != edges or now - at > STATE_AGAIN
            new = {node: each for node, each in states.items() if again or each != told.get(node)}
            due = self.said.understands and bool(new)
            if due and await parent.report("/class/state", msgspec.json.encode(new)):
                told, at, edges = states, now if again else at, edge
            await asyncio.sleep(LOOK)

    def _states(self, links: Mapping[str, str], now: float) -> dict[str, Devices]:
        """Return what is said of classes: the link as this node sees it, all else as they said lately."""
        said = self._backstage.told
        linked = {node: structs.replace(said.get(node, UNSAID), lesson=UNSET) for node in links}
        known = linked | self._backstage.fresh(now)
        return {node: structs.replace(each, link=links.get(node, "")) for node, each in known.items()}

    def sends(self, node: str, kind: Kind, now: float) -> bool:
        """Tell whether packets of a class go up now."""
        return self.outlet(node) is not None and self._backstage.comes(self.up(node), kind, now)


async def _keep(name: str, once: Callable[[], Awaitable[None]], patience: Patience) -> None:
    """Do it again and again until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await once()
        except ParentFailed as exc:
            log.info("way back failed stream=%s reason=%r", name, str(exc))
        if loop.time() - began > WENT_WELL:
            patience.good()
        await patience.rest()


def _none(node: str) -> str:
    """Know of no lesson."""
    return ""


def _floors(raw: bytes) -> list[FloorState]:
    try:
        return msgspec.json.decode(raw, type=list[FloorState] | None) or []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []


def _list(raw: bytes) -> tuple[str, ...]:
    try:
        return tuple((msgspec.json.decode(raw, type=list[str] | None) or [])[:MOST_FLOORS])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()


def _number(raw: bytes) -> int:
    try:
        return msgspec.json.decode(raw, type=int | None) or 0
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return 0
