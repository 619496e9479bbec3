"""Schools that talk back to a hub, in one process: each a node's side of the link, without the rest of it.

Each polls the hub's list, sends what is wanted of it, and pulls the stream of the floor. Sound says when it
was sent, by the clock of this very process: so delay is that of the hub and of two ways through the kernel.
"""

import asyncio
import struct
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from aiohttp import ClientSession, TCPConnector
from yarl import URL

from edge.dialogue import wishes
from edge.dialogue.backstage import FLOOR, TRACKS
from edge.dialogue.wishes import NOTHING, Wish
from edge.media.dtls import Identity
from edge.media.gated import GatedStream
from edge.media.link import Link, Listing
from edge.media.negotiate import own_track
from edge.media.ntp import NtpClock
from edge.media.packet import CLOCK_RATE, Kind, Packet
from edge.media.pull import Parent, ParentFailed, Pull
from edge.media.push import Push
from edge.media.relay import Relay
from edge.media.stream import Stream
from edge.media.studio import Studio
from sync.joining.identity import Parent as Enrolled
from sync.joining.identity import load_or_create
from sync.joining.tls import client_context
from tests.bench.contract import Joined, Order, Ready, SeminarPlan, Spoken
from tests.bench.peers.speech import orders, run, say

LESSON = "physics"
TICK = 0.02  # seconds between packets of sound
SOUND = 80  # bytes of one: 32 kbit/s
LARGEST = 1100  # bytes of a packet of pictures
KINDS: tuple[Kind, ...] = ("audio", "video")
# Bytes of a picture, and ticks between two: 90 kbit/s of 160×90, 450 kbit/s of 640×360.
SIZES = {"thumbnail": (2250, 10), "large": (3750, 3)}
KEY, DELTA = b"\x10\x00\x9d\x01\x2a", b"\x10\x01\x00\x00\x00"  # how pictures of VP8 begin
AGAIN = 0.2  # seconds between tries
PATIENCE = 20.0
SPEAKS = 1.0  # seconds that a school has the floor
GLANCE = 0.002  # seconds between looks
HEAD = struct.Struct("!IId")  # school, number, when it was sent


class Seen:
    """Counts the packets of one stream."""

    def __init__(self) -> None:
        self.pictures = 0
        self.sounds: list[tuple[int, int, float, float]] = []  # school, number, when sent, when here

    def packet(self, packet: Packet) -> None:
        if packet.kind == "video":
            self.pictures += 1
        else:
            now = asyncio.get_running_loop().time()
            self.sounds.append((*HEAD.unpack_from(packet.payload), now))

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        pass

    def closed(self) -> None:
        pass


def _taken(seen: Seen) -> Studio:
    """Return a studio whose streams are counted."""
    studio = Studio(64, make=GatedStream)

    def opened(stream: Stream) -> None:
        assert isinstance(stream, GatedStream)
        stream.admit(KINDS)
        stream.attach(seen)

    studio.watch(opened)
    return studio


class Way:
    """What a process sends: one stream, pictures as they are wanted."""

    def __init__(self, number: int) -> None:
        tracks = {kind: own_track(track) for kind, track in TRACKS.items()}
        self.stream = GatedStream(f"up-{number}", tracks, asyncio.get_running_loop().time())
        self.stream.begin()
        self.stream.ask_publisher = self._ask
        self.wish = NOTHING
        self._number = number
        self._entries = {kind: self.stream.entry(kind, 1) for kind in KINDS}
        self._sequence = 100
        self._key = True

    def _ask(self) -> None:
        self._key = True

    def tick(self, tick: int) -> None:
        """Send what is due."""
        now = asyncio.get_running_loop().time()
        self.stream.admit(self.wish.kinds)
        sound = HEAD.pack(self._number, tick, now).ljust(SOUND, b"\0")
        self._entries["audio"].take(1000 + tick, tick * 960, True, sound, now)
        size, every = SIZES.get(self.wish.picture, (0, 1))
        if size and tick % every == 0:
            self._picture(size, tick, now)

    def _picture(self, size: int, tick: int, now: float) -> None:
        head, self._key = (KEY if self._key else DELTA), False
        stamp = tick * CLOCK_RATE["video"] // 50
        parts = [min(LARGEST, size - at) for at in range(0, size, LARGEST)]
        for number, length in enumerate(parts, 1):
            body = (head if number == 1 else b"\x00").ljust(length, b"\1")
            self._entries["video"].take(self._sequence, stamp, number == len(parts), body, now)
            self._sequence += 1


class School:
    """One school's link to the hub."""

    def __init__(self, plan: SeminarPlan, number: int, relay: Relay) -> None:
        mine = load_or_create(Path(plan.folders[number]))
        theirs = Enrolled(plan.door, plan.certificate, "", "")
        connector = TCPConnector(ssl=client_context(mine, theirs))
        self.node = mine.node
        self.http = ClientSession(connector=connector)
        self.way = Way(number)
        self.seen = Seen()
        parent = Parent(self.http, URL(f"https://{plan.door}"), f"school {number}", None)
        identity, ntp = Identity.create(), NtpClock()
        self._push = Push(parent, relay, identity, ntp, loopback=True)
        self._pull = Pull(parent, _taken(self.seen), identity, ntp, loopback=True)
        self._link = Link(parent, self._pull, lambda name: False, asyncio.Event(), found=False)
        self._link.told = self._heard

    @property
    def is_connected(self) -> bool:
        """Whether both of its sessions are up."""
        return bool(self._push.outlets and self._pull.sessions)

    def _heard(self, listing: Listing | None) -> None:
        told = wishes.read(bytes(listing.wishes)) if listing is not None else None
        self.way.wish = (told or {}).get(self.node, Wish())

    async def run(self) -> None:
        """Be in the lesson until cancelled."""
        async with self.http, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._link.run())
            tasks.create_task(self._keep(f"/class/whip/{self.node}"))
            while True:
                try:
                    await self._pull.once(FLOOR + LESSON, f"/floor/whep/{LESSON}")
                except ParentFailed:
                    await asyncio.sleep(AGAIN)

    async def _keep(self, path: str) -> None:
        while True:
            try:
                await self._push.once(self.way.stream, path)
            except ParentFailed:
                await asyncio.sleep(AGAIN)


class Seminar:
    """All schools, and the teacher."""

    def __init__(self, plan: SeminarPlan, http: ClientSession, tasks: asyncio.TaskGroup) -> None:
        self._plan = plan
        self._http = http
        self._tasks = tasks
        self._relay = Relay()
        self.schools = [School(plan, number, self._relay) for number in range(len(plan.folders))]
        self._page = Seen()
        self._lesson = Way(999)
        self._looking: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Teach, and have all schools join."""
        self._tasks.create_task(self._relay.run())
        self._tasks.create_task(self._tick())
        self._lesson.wish = Wish("thumbnail", True)
        teacher = Parent(self._http, URL(self._plan.hub), "teacher", None)
        push = Push(teacher, self._relay, Identity.create(), NtpClock(), loopback=True)
        self._tasks.create_task(push.once(self._lesson.stream, f"/whip/{LESSON}"))
        for school in self.schools:
            self._tasks.create_task(school.run())
        await self._until(lambda: all(each.is_connected for each in self.schools))

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        began, tick = loop.time(), 0
        while True:
            tick += 1
            for way in (self._lesson, *(each.way for each in self.schools)):
                way.tick(tick)
            await asyncio.sleep(max(0.0, began + tick * TICK - loop.time()))

    async def look(self, count: int) -> Joined:
        """Have the teacher's page show the pictures of so many schools."""
        while len(self._looking) > count:
            self._looking.pop().cancel()
        teacher = Parent(self._http, URL(self._plan.hub), "teacher", None)
        pull = Pull(teacher, _taken(self._page), Identity.create(), NtpClock(), loopback=True)
        for school in self.schools[len(self._looking) : count]:
            once = pull.once(f"class-{school.node}", f"/class/whep/{school.node}")
            self._looking.append(self._tasks.create_task(once))
        await self._until(lambda: len(pull.sessions) >= count)
        return Joined(count, {})

    async def measure(self, seconds: float) -> Spoken:
        """Count what comes for some seconds."""
        for seen in (self._page, *(each.seen for each in self.schools)):
            seen.pictures = 0
            seen.sounds.clear()
        await asyncio.sleep(seconds)
        heard = [each.seen.sounds for each in self.schools if each.seen.sounds]
        delays = [here - sent for sounds in heard for _, _, sent, here in sounds]
        missing = sum(_missing([number for _, number, _, _ in sounds]) for sounds in heard)
        pictures = sum(each.seen.pictures for each in self.schools)
        return Spoken(delays, missing, pictures, self._page.pictures)

    async def switch(self, times: int) -> Spoken:
        """Give the floor to one school after another; the last one keeps it."""
        took = []
        loop = asyncio.get_running_loop()
        for turn in range(times):
            holder = self.schools[turn % len(self.schools)]
            others = [each for each in self.schools if each is not holder]
            began = loop.time()
            await self.give(holder.node)
            number = self.schools.index(holder)
            await self._until(partial(_all_hear, others, number))
            took.append(max(_since(each, number) for each in others) - began)
            await asyncio.sleep(SPEAKS)
        return Spoken([], 0, 0, 0, took)

    async def give(self, node: str) -> None:
        """Do what the teacher's key does."""
        url = f"{self._plan.hub}/api/streams/{LESSON}/floor"
        async with self._http.post(url, json={"node": node}) as response:
            if response.status != 200:
                raise ConnectionError(f"{response.status} {await response.text()}")
        for school in self.schools:
            school.seen.sounds.clear()

    async def _until(self, done: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not done():
            if asyncio.get_running_loop().time() > deadline:
                raise ConnectionError("schools are not all there")
            await asyncio.sleep(GLANCE)


def _hears(school: School, number: int) -> bool:
    return any(who == number for who, _, _, _ in school.seen.sounds)


def _all_hear(schools: list[School], number: int) -> bool:
    return all(_hears(each, number) for each in schools)


def _since(school: School, number: int) -> float:
    return next(here for who, _, _, here in school.seen.sounds if who == number)


def _missing(numbers: list[int]) -> int:
    return max(numbers) - min(numbers) + 1 - len(set(numbers))


async def main(plan: SeminarPlan) -> None:
    """Be the schools until told to end."""
    async with ClientSession() as http, asyncio.TaskGroup() as tasks:
        seminar = Seminar(plan, http, tasks)
        await seminar.begin()
        say(Ready())
        async for order in orders():
            say(await _obey(seminar, order))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


async def _obey(seminar: Seminar, order: Order) -> Joined | Spoken:
    if order.do == "join":
        return await seminar.look(order.count)
    if order.do == "switch":
        return await seminar.switch(order.count)
    if order.do == "quiet":
        await seminar.give("")
        return Joined(0, {})
    return await seminar.measure(order.seconds)


if __name__ == "__main__":
    run(main(msgspec.json.decode(sys.argv[1], type=SeminarPlan)))
