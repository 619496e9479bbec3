"""The desk of a hub's teacher: who is in her lesson, who speaks to all, what is asked and answered.

Every page of a lesson is told the same, by a long poll each: two teachers see what either of them does.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec
from aiohttp import web
from msgspec import Struct, to_builtins

from edge.access import Door, Throttle, asker_of
from edge.dialogue import orders, strip
from edge.dialogue.answering import Answering
from edge.dialogue.floors import Floors
from edge.dialogue.orders import AnswerQuestion, GiveFloor, MuteClass
from edge.dialogue.sayings import Sayings
from edge.dialogue.strip import Camera, Heard, LinkWord, Row
from edge.media.whep import Whep
from edge.signalling import slow_down, stream_name
from edge.views import wait
from sync.errors import JournalError

LOOK = 0.1  # seconds between looks at the journal while a page waits; a hand is to be seen within 0.3 s
SLOW = 1.0  # seconds between looks at how classes fare: links of 134 schools change all the time
MOST_LESSONS = 64  # that are looked at at once: as many streams as a node may be configured to have
CACHE = {"Cache-Control": "no-store"}

Classes = Callable[[], Mapping[str, Camera]]


class Look(Struct):
    """What was seen of a lesson last: another version for whatever pages show differently."""

    version: int
    urgent: object = None
    slow: object = None
    slow_at: float = float("-inf")


class Desk:
    """The routes of one node's lessons."""

    def __init__(
        self, door: Door, floors: Floors, sayings: Sayings, answering: Answering, whep: Whep, classes: Classes
    ) -> None:
        """`classes` tells which classes' pictures and sound are here."""
        self._door = door
        self._floors = floors
        self._sayings = sayings
        self._answering = answering
        self._whep = whep
        self._classes = classes
        self._throttle = Throttle()
        self._looks: dict[str, Look] = {}
        # How links of classes are, by the nodes above them; a part that is made later says it.
        self.told_links: Callable[[float], Mapping[str, str]] = lambda now: {}
        self.away: Callable[[str], Collection[str]] = lambda stream: ()  # who is in another lesson

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return what is mounted."""
        return [
            web.get("/api/streams/{stream}/classes", self._show),
            web.post("/api/streams/{stream}/floor", self._give),
            web.post("/api/streams/{stream}/mute", self._mute),
            web.post("/api/streams/{stream}/answers", self._answer),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        self._admit(request)
        stream = stream_name(request)
        after = request.query.get("after", "")
        if after.isascii() and after.isdecimal():
            await self._news(stream, int(after[:18]), wait(request.query.get("wait", "")))
        version = await self._look(stream)
        body = msgspec.json.encode(self._told(stream, version))
        return web.Response(body=body, content_type="application/json", headers=CACHE)

    async def _news(self, stream: str, after: int, patience: float) -> None:
        """Wait until pages show something else than this version; another one than it is news at once."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    if await self._look(stream) != after:
                        return
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            return

    async def _look(self, stream: str) -> int:
        """Return the version of a lesson; it is another one after every change that a page shows."""
        await self._sayings.look()
        look = self._looks.get(stream)
        if look is None:
            if len(self._looks) >= MOST_LESSONS:
                del self._looks[next(iter(self._looks))]
            # From the clock: after a start no page is told that nothing is new.
            look = self._looks[stream] = Look(self._sayings.now())
        now = asyncio.get_running_loop().time()
        urgent, slow = (self._sayings.version, self._floors.of(stream)), look.slow
        if now - look.slow_at >= SLOW:
            slow, look.slow_at = self._fares(stream, now), now
        if (urgent, slow) != (look.urgent, look.slow):
            look.urgent, look.slow = urgent, slow
            look.version += 1
        return look.version

    def _fares(self, stream: str, now: float) -> object:
        """Return what is shown of links, pictures and sound, to be compared."""
        classes = {node: (each.camera, each.microphone) for node, each in self._classes().items()}
        watching = [
            (each.node, each.name, health.state, strip.link_word(health), health.sight, health.frozen)
            for each, health in self._whep.watchers(stream, now)
        ]
        return classes, watching, self.told_links(now), self.away(stream)

    def _told(self, stream: str, version: int) -> dict[str, object]:
        now = self._sayings.now()
        floor = self._floors.of(stream)
        shown = {"holder": floor.holder, "name": floor.name, "since": floor.since}
        shown |= {"muted": floor.muted, "mutes": floor.mutes}
        return {
            "version": version,
            "now": now,
            "floor": shown,
            "classes": self.rows(stream, now),
        }

    def rows(self, stream: str, now: int) -> list[Row]:
        """Return the classes of a lesson as far as the journal was read."""
        members = self._sayings.members()
        clock = asyncio.get_running_loop().time()
        watchers = self._whep.watchers(stream, clock)
        hubs = [each.node for each, _ in watchers if each.node in members.of and members.of[each.node].enrols]
        heard = Heard(
            watchers,
            {node: each for node, each in members.of.items() if not each.revoked},
            {node: members.below(node) for node in hubs},
            self._sayings.speakers(stream, now),
            self._sayings.lessons(stream, now),
            self._sayings.register,
            self._classes(),
            self._floors.of(stream),
            self._sayings.answers,
            self._sayings.minutes(stream, now),
            self.told_links(clock),
            self.away(stream),
        )
        return strip.rows(heard)

    def links(self, streams: Iterable[str], below: Callable[[str], Collection[str]]) -> dict[str, LinkWord]:
        """Return how the classes of some lessons fare; nothing where the journal cannot tell who is below."""
        now = asyncio.get_running_loop().time()
        watchers = [each for stream in streams for each in self._whep.watchers(stream, now)]
        try:
            return strip.links(watchers, below, self.told_links(now))
        except JournalError:
            return {}  # whoever asks keeps the way to the parent

    async def _give(self, request: web.Request) -> web.Response:
        stream = self._ordered(request)
        order = await orders.read(request, GiveFloor)
        return web.json_response(to_builtins(await self._floors.give(stream, order.node)), headers=CACHE)

    async def _mute(self, request: web.Request) -> web.Response:
        stream = self._ordered(request)
        order = await orders.read(request, MuteClass)
        state = await self._floors.mute(stream, order.node, order.on)
        return web.json_response(to_builtins(state), headers=CACHE)

    async def _answer(self, request: web.Request) -> web.Response:
        stream = self._ordered(request)
        order = await orders.read(request, AnswerQuestion)
        id_ = await self._answering.answer(stream, order.question, order.text)
        return web.json_response({"id": id_}, status=201, headers=CACHE)

    def _ordered(self, request: web.Request) -> str:
        """Return which lesson an order is for; raise Refused."""
        slow_down(self._throttle, request)
        self._admit(request)
        return stream_name(request)

    def _admit(self, request: web.Request) -> None:
        self._door.admit(asker_of(request.remote, request.headers), "publish")
