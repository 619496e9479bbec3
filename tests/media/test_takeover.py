"""One publication after another under one name: the one before is over at once, and disturbs nobody."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.outlet import Outlet
from edge.media.packet import Kind, Packet, Track
from edge.media.receiver import Receiver
from edge.media.relay import Relay
from edge.media.rtp import header
from edge.media.session import Sessions
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.media.transport import Peer
from edge.media.whep import Watcher, Whep
from tests.flows.crew import until

VP8: dict[Kind, Track] = {"video": Track("video", "VP8", 96, 5)}
H264: dict[Kind, Track] = {"video": Track("video", "H264", 97, 7)}


class _Taken:
    """A drain that keeps sequence numbers."""

    def __init__(self) -> None:
        self.sequences: list[int] = []

    def packet(self, packet: Packet) -> None:
        self.sequences.append(packet.sequence & 0xFFFF)

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        pass

    def closed(self) -> None:
        pass


def _receiver(stream: Stream, track: Track) -> Receiver:
    return Receiver(Peer(Identity.create(), False, True), stream, [track], NtpClock())


def _rtp(sequence: int, track: Track) -> bytes:
    return header(track.payload_type, True, sequence, 90 * sequence, track.ssrc) + b"x"


async def test_packets_of_the_publication_before_are_not_taken_any_more() -> None:
    studio, taken = Studio(2), _Taken()
    stream = studio.begin("lesson", VP8)
    stream.attach(taken)
    cut = _receiver(stream, VP8["video"])
    cut.take_rtp(_rtp(100, VP8["video"]), 1.0)
    studio.begin("lesson", {"video": Track("video", "VP8", 96, 6)})
    following = _receiver(stream, Track("video", "VP8", 96, 6))
    following.take_rtp(_rtp(9000, Track("video", "VP8", 96, 6)), 5.0)
    cut.take_rtp(_rtp(101, VP8["video"]), 5.0)
    following.take_rtp(_rtp(9001, Track("video", "VP8", 96, 6)), 5.0)
    assert taken.sequences == [100, 101, 102]


async def test_a_publisher_whose_stream_another_codec_has_ended_is_let_go() -> None:
    studio = Studio(2)
    receiver = _receiver(studio.begin("lesson", VP8), VP8["video"])
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(receiver.run(60.0))
        await asyncio.sleep(0)
        studio.begin("lesson", H264)


async def test_who_connects_too_late_does_not_take_the_relay_from_the_next_stream() -> None:
    studio, relay = Studio(2), Relay()
    ended, live = studio.begin("lesson", VP8), studio.begin("lesson", H264)
    fanout = relay.fanout(live)
    with pytest.raises(ConnectionError):
        relay.fanout(ended)
    assert relay.fanout(live) is fanout


async def test_an_ended_stream_is_not_kept_for_those_who_watched_it() -> None:
    studio, relay = Studio(2), Relay()
    whep = Whep(studio, Sessions(Identity.create(), loopback=True), relay, NtpClock(), 8)
    stream = studio.begin("lesson", VP8)
    kept = weakref.ref(stream)
    async with asyncio.timeout(10), _connected() as peer, asyncio.TaskGroup() as tasks:
        outlet = Outlet(peer, stream, {"video": 96}, NtpClock())
        tasks.create_task(whep._feed(Watcher("school", "lesson", 0.0), outlet, relay.fanout(stream)))
        await asyncio.sleep(0)
        studio.begin("lesson", H264)
    now = asyncio.get_running_loop().time()
    relay.fanouts.clear()
    del stream, outlet, peer
    gc.collect()
    assert [health.state for _, health in whep.watchers("lesson", now)] == ["gone"]
    assert kept() is None


async def test_a_relay_that_rests_forgets_a_stream_that_ends_before_anybody_came() -> None:
    studio, relay = Studio(2), Relay()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(relay.run())
        fanout = relay.fanout(studio.begin("lesson", VP8))
        await asyncio.sleep(0)
        assert relay.fanouts == {"lesson": fanout}
        studio.begin("lesson", H264)
        await until(lambda: not relay.fanouts)
        running.cancel()


@asynccontextmanager
async def _connected() -> AsyncIterator[Peer]:
    ours, theirs = (Peer(Identity.create(), controlling, loopback=True) for controlling in (False, True))
    here, there = await ours.local("passive"), await theirs.local("active")
    await asyncio.gather(ours.connect(there, client=False), theirs.connect(here, client=True))
    yield ours
    await asyncio.gather(ours.close(), theirs.close())
