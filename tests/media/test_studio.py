"""Who publishes under which name: one at a time, back within half a minute, and everybody is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from edge.media.negotiate import Refused
from edge.media.packet import Kind, Packet, Track
from edge.media.stream import Stream
from edge.media.studio import Studio

TRACKS: dict[Kind, Track] = {"video": Track("video", "VP8", 120, 5), "audio": Track("audio", "opus", 109, 6)}
OTHER: dict[Kind, Track] = {"video": Track("video", "H264", 97, 7)}


def _refusal(reserve: Callable[[], None]) -> str:
    with pytest.raises(Refused) as refused:
        reserve()
    return refused.value.key


@asynccontextmanager
async def _running(studio: Studio) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(studio.run())
        yield
        running.cancel()


async def test_a_name_has_one_publisher_at_a_time() -> None:
    studio = Studio(2)
    studio.reserve("lesson")
    assert _refusal(lambda: studio.reserve("lesson")) == "name-taken"
    stream = studio.begin("lesson", TRACKS)
    studio.release("lesson")
    assert _refusal(lambda: studio.reserve("lesson")) == "name-taken"
    studio.leave(stream, stream.publication)
    studio.reserve("lesson")


async def test_a_publisher_who_returns_continues_her_stream() -> None:
    studio, opened = Studio(2), list[Stream]()
    studio.watch(opened.append)
    first = studio.begin("lesson", TRACKS)
    studio.leave(first, first.publication)
    assert not first.live
    assert (
        studio.begin("lesson", {kind: Track(kind, track.codec, 100, 1) for kind, track in TRACKS.items()})
        is first
    )
    assert first.live
    assert opened == [first]


async def test_another_codec_begins_another_stream() -> None:
    studio = Studio(2)
    first = studio.begin("lesson", TRACKS)
    second = studio.begin("lesson", OTHER)
    assert first.ended
    assert studio.streams == {"lesson": second}


async def test_a_stream_has_ssrcs_of_its_own_and_our_payload_types() -> None:
    stream = Studio(2).begin("lesson", TRACKS)
    assert {kind: track.payload_type for kind, track in stream.tracks.items()} == {"video": 96, "audio": 111}
    assert not {track.ssrc for track in stream.tracks.values()} & {5, 6}


async def test_the_end_of_a_publication_that_was_replaced_changes_nothing() -> None:
    studio = Studio(2)
    stream = studio.begin("lesson", TRACKS)
    old = stream.publication
    assert studio.begin("lesson", TRACKS) is stream
    studio.leave(stream, old)
    assert stream.live


async def test_a_silent_publisher_can_be_replaced_after_a_moment() -> None:
    studio, now = Studio(2), asyncio.get_running_loop().time()
    stream = studio.begin("lesson", TRACKS)
    stream.take(Packet("video", 1, 1, True, bytes(20), now - 2.0))
    assert _refusal(lambda: studio.reserve("lesson")) == "name-taken"
    stream.take(Packet("video", 2, 1, True, bytes(20), now - 3.1))
    studio.reserve("lesson")


async def test_only_so_many_streams_are_open() -> None:
    studio = Studio(2)
    studio.begin("one", TRACKS)
    studio.reserve("two")
    assert _refusal(lambda: studio.reserve("three")) == "too-many"
    studio.release("two")
    studio.reserve("three")


async def test_a_stream_ends_when_its_publisher_stays_away() -> None:
    studio = Studio(2, return_time=0.0)
    async with _running(studio):
        stream = studio.begin("lesson", TRACKS)
        studio.leave(stream, stream.publication)
        version = studio.version
        await studio.news(version, 5.0)
    assert stream.ended
    assert studio.streams == {}


async def test_all_streams_end_with_the_studio() -> None:
    studio = Studio(2)
    async with _running(studio):
        stream = studio.begin("lesson", TRACKS)
        await asyncio.sleep(0)
    assert stream.ended


async def test_news_wake_everybody_who_waits_and_nobody_waits_for_old_ones() -> None:
    studio = Studio(2)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(studio.news(studio.version, 60.0)) for _ in range(3)]
        await asyncio.sleep(0)
        studio.begin("lesson", TRACKS)
        await asyncio.gather(*waiting)
        await studio.news(0, 60.0)
    await studio.news(studio.version, 0.0)
