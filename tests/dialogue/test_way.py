"""Two real peers: what a class sends comes up whole, and who rests is sent nothing and misses nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from msgspec import Struct
from yarl import URL

from edge.dialogue.backstage import CLASS, FLOOR, TRACKS, Backstage, Ways
from edge.media.dtls import Identity
from edge.media.gated import GatedStream
from edge.media.negotiate import Refused, own_track
from edge.media.ntp import NtpClock
from edge.media.packet import Kind, Track
from edge.media.pull import Parent, ParentFailed, Pull
from edge.media.push import Push
from edge.media.session import Sessions
from edge.media.stream import Entry, Stream
from edge.media.whep import Caller
from edge.signalling import created
from tests.flows.crew import until
from tests.media.readers import Reader

KINDS: tuple[Kind, ...] = ("audio", "video")
KEY, DELTA = b"\x10\x00\x9d\x01\x2a", b"\x10\x01\x00\x00\x00"  # how pictures of VP8 begin
SOON = 30.0


class End(Struct):
    """One of two nodes."""

    backstage: Backstage
    sessions: Sessions
    identity: Identity
    ntp: NtpClock


class Two:
    """A parent with its door, and a child."""

    def __init__(self) -> None:
        self.resting = False
        self.above, self.below = self._end(), self._end()
        self.parent: Parent

    def _end(self) -> End:
        identity, ntp = Identity.create(), NtpClock()
        sessions = Sessions(identity, loopback=True)
        return End(Backstage(Ways(sessions, ntp), 8, lambda watcher: self.resting), sessions, identity, ntp)

    def floor(self) -> tuple[GatedStream, dict[Kind, Entry]]:
        """Begin a floor stream at the parent."""
        stream = self.above.backstage.studio.begin(FLOOR + "physics", TRACKS)
        assert isinstance(stream, GatedStream)
        stream.admit(KINDS)
        return stream, {kind: stream.entry(kind, 1) for kind in KINDS}

    def rest(self, on: bool) -> None:
        """Let the child rest at the parent, or wake it."""
        self.resting = on
        self.above.backstage.whep.settle()

    async def whip(self, request: web.Request) -> web.Response:
        try:
            session, answer = await self.above.backstage.whip.publish(CLASS + "0", await request.text())
        except Refused as exc:
            return web.Response(status=exc.status)
        return created(session, answer)

    async def whep(self, request: web.Request) -> web.Response:
        whep = self.above.backstage.whep
        session, answer = await whep.watch(FLOOR + "physics", await request.text(), Caller("x", is_node=True))
        return created(session, answer)

    async def over(self, request: web.Request) -> web.Response:
        with suppress(Refused):  # it has ended by itself
            await self.above.sessions.end(self.above.sessions.find(request.match_info["id"]))
        return web.Response()


@asynccontextmanager
async def _two() -> AsyncIterator[Two]:
    two = Two()
    app = web.Application()
    app.add_routes(
        [web.post("/whip", two.whip), web.post("/whep", two.whep), web.delete("/session/{id}", two.over)]
    )
    async with TestServer(app) as server, ClientSession() as http, asyncio.TaskGroup() as tasks:
        two.parent = Parent(http, URL(str(server.make_url("/"))), "child", None)
        ends = (two.above, two.below)
        parts = [part for end in ends for part in (end.sessions.run, end.backstage.relay.run)]
        running = [tasks.create_task(part()) for part in parts]
        yield two
        for each in running:
            each.cancel()


def _up(name: str) -> GatedStream:
    tracks = {kind: own_track(track) for kind, track in TRACKS.items()}
    return GatedStream(name, tracks, asyncio.get_running_loop().time())


def _read(stream: Stream, reader: Reader) -> None:
    assert isinstance(stream, GatedStream)
    stream.admit(KINDS)
    stream.attach(reader)


async def _came(reader: Reader, count: int) -> None:
    await until(lambda: len(reader.packets) >= count, SOON, "not all came")


async def _connected(way: Push) -> None:
    await until(lambda: way.outlets, SOON, "never connected")


def _say(entry: Entry, kind: Kind, numbers: range, key: int = -1) -> None:
    now = asyncio.get_running_loop().time()
    for number in numbers:
        head = b"" if kind == "audio" else KEY if number == key else DELTA
        rate = 960 if kind == "audio" else 6000
        entry.take(100 + number, number * rate, True, head + b"%d" % number, now)


async def test_what_a_class_sends_comes_up_as_it_was_sent() -> None:
    async with _two() as two:
        up = _up("up-0")
        up.begin()
        up.admit(KINDS)
        above = two.above.backstage
        reader = Reader()
        above.studio.watch(lambda stream: _read(stream, reader))
        push = Push(two.parent, two.below.backstage.relay, two.below.identity, two.below.ntp, loopback=True)
        task = asyncio.ensure_future(push.once(up, "/whip"))
        await until(lambda: push.outlets.get("up-0") and above.of("0"), SOON, "never connected")
        entries = {kind: up.entry(kind, 1) for kind in KINDS}
        _say(entries["audio"], "audio", range(50))
        _say(entries["video"], "video", range(20), key=0)
        await until(lambda: len(reader.packets) >= 70, SOON, "not all came")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: not any(each.live for each in above.nodes().values()), SOON, "it is still live")
    assert [packet.payload for packet in reader.of("audio")] == [b"%d" % each for each in range(50)]
    assert [packet.payload[:5] for packet in reader.of("video")] == [KEY, *[DELTA] * 19]


async def test_an_idle_way_stays_open_until_it_is_needed() -> None:
    async with _two() as two:
        up = _up("up-0")
        up.begin()
        push = Push(two.parent, two.below.backstage.relay, two.below.identity, two.below.ntp, loopback=True)
        task = asyncio.ensure_future(push.once(up, "/whip"))
        await until(lambda: push.outlets.get("up-0"), SOON, "never connected")
        above = two.above.backstage
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(6.0):  # longer than either end waits for somebody who is cut off
                await push.outlets["up-0"].peer.closed.wait()
        held = above.of("0")
        assert not task.done()
        assert held is not None
        assert held.live
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_who_rests_is_sent_nothing_and_asks_for_nothing_when_it_is_woken() -> None:
    async with _two() as two:
        _, entries = two.floor()
        pull = Pull(two.parent, two.below.backstage.studio, two.below.identity, two.below.ntp, loopback=True)
        reader = Reader()
        two.below.backstage.studio.watch(lambda stream: _read(stream, reader))
        task = asyncio.ensure_future(pull.once(FLOOR + "physics", "/whep"))
        await until(lambda: two.above.backstage.whep.watched(), SOON, "never connected")
        for turn in range(4):
            two.rest(turn % 2 == 1)
            for kind in KINDS:
                _say(entries[kind], kind, range(20 * turn, 20 * turn + 20), key=20 * turn)
            await _came(reader, 40 if turn < 2 else 80)
        stream = two.below.backstage.stream(FLOOR + "physics")
        assert stream is not None
        counts = dict(stream.counts())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    for kind in KINDS:
        came = reader.of(kind)
        told = [int(packet.payload[0 if kind == "audio" else 5 :]) for packet in came]
        assert told == [*range(20), *range(40, 60)]
        assert [packet.sequence for packet in came] == list(range(came[0].sequence, came[0].sequence + 40))
    assert (counts["asked"], counts["lost"]) == (0, 0)


async def test_nothing_is_sent_of_a_camera_after_it_was_switched_off() -> None:
    async with _two() as two:
        up, below, reader = _up("up-0"), two.below.backstage, Reader()
        up.begin()
        up.admit(KINDS)
        two.above.backstage.studio.watch(lambda stream: _read(stream, reader))
        push = Push(two.parent, below.relay, two.below.identity, two.below.ntp, loopback=True)
        task = asyncio.ensure_future(push.once(up, "/whip"))
        await until(lambda: push.outlets.get("up-0") and two.above.backstage.of("0"), SOON, "never connected")
        outlet, entries = push.outlets["up-0"], {kind: up.entry(kind, 1) for kind in KINDS}
        _say(entries["video"], "video", range(20), key=0)
        await _came(reader, 20)
        await until(lambda: outlet.paced is None, SOON, "never on the common path")
        for number in range(20, 23):  # of a picture whose end is still to come
            entries["video"].take(100 + number, 20 * 6000, False, DELTA, asyncio.get_running_loop().time())
        sent = [outlet.sent.packets]
        up.admit({"audio"})
        below.cut(up, "video")
        sent.append(outlet.sent.packets)
        _say(entries["audio"], "audio", range(10))
        await _came(reader, 30)
        sent.append(outlet.sent.packets)
        up.admit(KINDS)
        _say(entries["video"], "video", range(30, 40), key=30)
        await _came(reader, 40)
        (counts,) = [dict(each.counts()) for each in two.above.backstage.nodes().values()]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    came = reader.of("video")
    assert sent == [20, 20, 30]
    assert [int(packet.payload[5:]) for packet in came] == [*range(20), *range(30, 40)]
    assert [packet.sequence for packet in came] == list(range(came[0].sequence, came[0].sequence + 30))
    assert (counts["asked"], counts["lost"]) == (0, 0)


async def test_a_second_page_takes_the_place_of_the_first_at_once() -> None:
    async with _two() as two:
        below = two.below.backstage
        ways = [
            Push(two.parent, below.relay, two.below.identity, two.below.ntp, loopback=True) for _ in range(2)
        ]
        ups = [_up(f"up-{each}") for each in range(2)]
        tasks = []
        for way, up in zip(ways, ups, strict=True):
            up.begin()
            tasks.append(asyncio.ensure_future(way.once(up, "/whip")))
            await _connected(way)
        await until(lambda: not ways[0].outlets, SOON, "the first is still there")
        assert ways[1].outlets
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_codec_that_not_all_browsers_have_is_refused() -> None:
    async with _two() as two:
        up = GatedStream("up-0", {"video": Track("video", "H264", 102, 5)}, 0.0)
        up.begin()
        push = Push(two.parent, two.below.backstage.relay, two.below.identity, two.below.ntp, loopback=True)
        with pytest.raises(ParentFailed, match="406"):
            await push.once(up, "/whip")
