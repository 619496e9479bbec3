"""A recording over real sockets while it really grows: whole segments, from a key frame, to its end."""

import asyncio
import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import av
import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestServer

from edge.access import Door
from edge.archive import Archive
from edge.classroom.timeshift import MAX_WATCHERS, TimeShift
from edge.gate import make_app
from edge.media.packet import Codec
from edge.media.record import segments
from edge.media.record.fragments import Look
from edge.media.record.store import Store
from edge.media.record.tail import PIECE, Damaged, Tail
from edge.tokens import fresh
from tests.media.growing import Growing, growing
from tests.media.lessons import settled

CODECS: list[Codec] = ["VP8", "H264"]
TYPES: dict[Codec, str] = {
    "VP8": 'video/webm; codecs="vp8,opus"',
    "H264": 'video/mp4; codecs="avc1.42c014,opus"',
}
DEADLINE = 40.0
STEP = 0.02


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, reserve=0)


@pytest.fixture
async def http(store: Store) -> AsyncIterator[ClientSession]:
    secret, token = fresh("a tablet", ["watch"])
    door = Door((token,), room=False, allow_anyone=False)
    app = make_app([*TimeShift(store, door).routes(), *Archive(store, door).routes()])
    server = TestServer(app)
    await server.start_server()
    async with ClientSession(server.make_url("/"), headers={"Authorization": f"Bearer {secret}"}) as session:
        yield session
    await server.close()


def pictures(content: bytes) -> list[float]:
    """Return when the pictures are shown, of what a player would make of these bytes."""
    with av.open(io.BytesIO(content), "r") as source:
        packets = [packet for packet in source.demux() if packet.size and packet.stream.type == "video"]
        return [float((packet.pts or 0) * packet.time_base) for packet in packets]


async def read_until(response: ClientResponse, seconds: float) -> bytes:
    """Read until pictures of so many seconds are here."""
    content = b""
    async with asyncio.timeout(DEADLINE):
        while True:
            content += await response.content.readany()
            if len(content) > 20_000 and (found := pictures(content)) and found[-1] >= seconds:
                return content


@pytest.mark.parametrize("codec", CODECS)
async def test_it_begins_with_the_key_frame_before_the_moment_and_goes_on_as_it_grows(
    codec: Codec, store: Store, http: ClientSession
) -> None:
    async with (
        growing(store, codec, ahead=12) as hub,
        http.get(f"/recordings/{hub.id}/live?from=5.5") as response,
    ):
        assert response.status == 200
        assert response.headers["Content-Type"] == TYPES[codec]
        content = await read_until(response, 13.0)
    shown = pictures(content)
    assert shown[0] == pytest.approx(4.0, abs=0.05)
    assert max(later - sooner for sooner, later in pairwise(shown)) < 0.1


@pytest.mark.parametrize("codec", CODECS)
async def test_who_watches_gets_all_of_it_although_the_finished_file_takes_its_place(
    codec: Codec, store: Store, http: ClientSession
) -> None:
    async with growing(store, codec, ahead=6) as hub:
        async with http.get(f"/recordings/{hub.id}/live") as response:
            begun = await response.content.readany()
            await hub.end()
            content = begun + await response.read()
        name, seconds = hub.id, hub.seconds
    shown = pictures(content)
    assert shown[0] == 0.0
    assert shown[-1] == pytest.approx(seconds, abs=0.1)
    async with http.get(f"/recordings/{name}/live?from=3", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, f"/recordings/{name}")


async def test_what_is_on_the_disk_is_never_far_behind_the_hub(store: Store) -> None:
    async with growing(store, "VP8", ahead=6) as hub:
        late: list[float] = []
        loop = asyncio.get_running_loop()
        end = loop.time() + 5
        while loop.time() < end:
            await settled(hub.recorder)  # what is left behind is by design, and not for want of a core
            found = store.get(hub.id)
            assert found is not None
            late.append(hub.seconds - found.seconds)
            await asyncio.sleep(STEP)
    assert max(late) < 3.0


async def test_a_moment_that_is_still_to_come_begins_with_the_newest_there_is(
    store: Store, http: ClientSession
) -> None:
    async with (
        growing(store, "VP8", ahead=8) as hub,
        http.get(f"/recordings/{hub.id}/live?from=9000") as response,
    ):
        content = await read_until(response, hub.seconds)
    assert pictures(content)[0] >= 4.0


@pytest.mark.parametrize("since", ["", "nan", "-inf", "x", "-3"])
async def test_a_moment_that_is_none_is_the_beginning(since: str, store: Store, http: ClientSession) -> None:
    async with (
        growing(store, "VP8", ahead=6) as hub,
        http.get(f"/recordings/{hub.id}/live?from={since}") as response,
    ):
        assert pictures(await read_until(response, 3.0))[0] == 0.0


async def test_nobody_else_is_let_in_and_no_other_file_is_given(store: Store, http: ClientSession) -> None:
    async with growing(store, "VP8", ahead=6) as hub:
        wrong = {"Authorization": "Bearer wrong"}
        async with http.get(f"/recordings/{hub.id}/live", headers=wrong) as response:
            assert response.status == 401
    for name in ("nothing", "..%2f..%2fetc%2fpasswd", "lesson-20260101T000000Z"):
        async with http.get(f"/recordings/{name}/live") as response:
            assert response.status == 404


async def test_who_hangs_up_leaves_room_for_others(store: Store, http: ClientSession) -> None:
    async with growing(store, "VP8", ahead=6) as hub:
        path = f"/recordings/{hub.id}/live"
        for _ in range(MAX_WATCHERS // 10):
            watching = await asyncio.gather(*(http.get(path) for _ in range(10)))
            for each in watching:
                each.close()
        async with asyncio.timeout(DEADLINE):
            while True:
                response = await http.get(path)
                status = response.status
                response.close()
                if status == 200:
                    return
                await asyncio.sleep(STEP)


async def test_a_file_that_becomes_shorter_is_a_break_and_no_end(store: Store, http: ClientSession) -> None:
    async with growing(store, "VP8", ahead=14) as hub:
        path = store.path_of(hub.id)
        assert path is not None
        tail = Tail(path, 0.0)
        assert tail.head() is not None
        assert tail.piece()
        assert len(tail.piece()) == PIECE
        with path.open("r+b") as file:
            file.truncate(2000)
        with pytest.raises(Damaged):
            list(iter(tail.piece, b""))
        tail.close()


def _bytes_of(hub: Growing, store: Store) -> bytes:
    path = store.path_of(hub.id)
    assert path is not None
    return path.read_bytes()


@pytest.mark.parametrize("codec", CODECS)
async def test_only_whole_segments_are_sent_however_the_file_comes_to_the_disk(
    codec: Codec, store: Store, tmp_path: Path
) -> None:
    async with growing(store, codec, ahead=8) as hub:
        content = _bytes_of(hub, store)
    path = tmp_path / f"piecemeal.{'webm' if codec == 'VP8' else 'mp4'}"
    path.write_bytes(b"")
    tail, sent = Tail(path, 0.0), b""
    ends = set[int]()
    with path.open("ab") as file:
        for start in range(0, len(content), 9973):
            file.write(content[start : start + 9973])
            file.flush()
            while tail.head() is not None and (piece := tail.piece()):
                sent += piece
            ends.add(len(sent))
    tail.close()
    shape = Look(io.BytesIO(content), path.suffix[1:]).shape()
    assert sent == content[: shape.end]
    # The end of the head is no fragment's, that of nothing no one's.
    assert len(ends - {each.end for each in shape.fragments}) <= 2
    assert len(ends) >= 4


async def test_garbage_is_no_recording(tmp_path: Path) -> None:
    for name, content in (("a.webm", b"\x00" * 500), ("a.mp4", b"\xff" * 500), ("b.mp4", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        tail = Tail(path, 0.0)
        assert tail.head() is None
        tail.close()


def test_the_front_of_a_segment_that_tells_nothing_is_not_begun_with() -> None:
    head = segments.Head(("vp8",), 1, True, {1: 1000})
    for front in (b"", b"\x1f\x43\xb6\x75", b"\x1f\x43\xb6\x75\x84\xa3\x81", b"\xff" * 64):
        assert not segments.webm_start(front, head).key
        assert not segments.mp4_start(front, head).key
