"""The main walk: a lesson goes from its publisher to the hub and on to the classroom, and both keep it."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import av
import pytest
import pytest_asyncio
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.record.verify import verify
from tests.flows.crew import Crew, Json, Node, until_told
from tests.flows.kept import is_end_of, pictures, sounds

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Crossed(Struct):
    """A lesson that has crossed two nodes."""

    nodes: dict[str, Node]
    sources: dict[str, Path]
    recordings: dict[tuple[str, str], Json]  # by node and stream

    def file(self, node: str, stream: str) -> Path:
        """Where a node keeps a stream's recording."""
        recording = self.recordings[node, stream]
        return self.nodes[node].recordings / f"{recording['id']}.{recording['media_type'].partition('/')[2]}"

    def address(self, node: str, stream: str) -> str:
        """Where a node serves a stream's recording."""
        return f"{self.nodes[node].url}/recordings/{self.recordings[node, stream]['id']}"


BOTH = pytest.mark.parametrize("node", ["hub", "classroom"])
ALL = pytest.mark.parametrize("stream", ["h264", "vp8"])


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def crossed(house: Crew, lesson: Path, lesson_vp8: Path) -> AsyncIterator[Crossed]:
    """Publish both lessons, stop the nodes while the streams are held open, and start them again."""
    sources = {"h264": lesson, "vp8": lesson_vp8}
    hub = await house.node("hub")
    classroom = await house.node("classroom", parent=hub.url)
    publishers = [
        await house.publisher(str(path), f"{hub.url}/whip/{name}") for name, path in sources.items()
    ]
    for publisher in publishers:
        assert await publisher.ended() == 0, publisher.said
    for name in sources:
        await hub.says(rf"publisher left.* stream={name}")
    await asyncio.gather(hub.stop(), classroom.stop())
    nodes = {name: await house.node(name) for name in ("hub", "classroom")}
    recordings = {
        (name, each["stream"]): each
        for name, node in nodes.items()
        for each in await until_told(partial(_finished, house, node))
    }
    yield Crossed(nodes, sources, recordings)


async def _finished(crew: Crew, node: Node) -> list[Json] | None:
    listed = await crew.recordings(node.url)
    return listed if all(each["state"] == "done" for each in listed) else None


@BOTH
@ALL
async def test_a_recording_is_whole_on_every_node_it_crossed(
    crossed: Crossed, node: str, stream: str
) -> None:
    verdict = verify(crossed.file(node, stream))
    assert verdict.whole, verdict.faults
    assert crossed.recordings[node, stream]["whole"]


@ALL
async def test_the_hub_keeps_every_picture_that_was_published(crossed: Crossed, stream: str) -> None:
    assert pictures(crossed.file("hub", stream)) == pictures(crossed.sources[stream])


@ALL
async def test_the_classroom_keeps_every_picture_since_a_key_frame(crossed: Crossed, stream: str) -> None:
    assert is_end_of(pictures(crossed.file("classroom", stream)), pictures(crossed.sources[stream]))


@BOTH
@ALL
async def test_no_sound_is_missing_from_the_first_one_kept(crossed: Crossed, node: str, stream: str) -> None:
    assert is_end_of(sounds(crossed.file(node, stream)), sounds(crossed.sources[stream]))


@BOTH
@ALL
async def test_others_can_read_decode_and_seek_it(crossed: Crossed, node: str, stream: str) -> None:
    with av.open(str(crossed.file(node, stream))) as container:
        picture = container.streams.video[0]
        assert isinstance(picture, VideoStream)
        length = container.duration or 0
        container.seek(length * 9 // 10)
        late = next(container.decode(picture)).time
        container.seek(0)
        early = next(container.decode(picture)).time
    assert early < 0.1
    assert early < late < length / av.time_base


@BOTH
async def test_ffprobe_reads_its_length(crossed: Crossed, house: Crew, node: str) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("needs the Debian package ffmpeg: apt-get install ffmpeg")
    path = crossed.file(node, "h264")
    asked = ("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path))
    said = (await house.run(*asked)).said
    assert float(said) == pytest.approx(crossed.recordings[node, "h264"]["seconds"], abs=0.1)


async def test_the_command_line_says_that_it_is_whole(crossed: Crossed, house: Crew) -> None:
    verified = await house.run(
        sys.executable, "-m", "edge", "recordings", "verify", str(crossed.file("classroom", "vp8"))
    )
    assert verified.said.endswith("whole\n")
    assert "not whole" not in verified.said


async def test_recordings_are_listed_with_what_a_page_shows(crossed: Crossed, house: Crew) -> None:
    for recording in await house.recordings(crossed.nodes["hub"].url):
        assert recording["state"] == "done"
        assert recording["gaps"] == []
        assert recording["bytes"] == crossed.file("hub", recording["stream"]).stat().st_size
        assert 2.0 < recording["seconds"] < 2.6


@pytest.mark.parametrize(
    ("wanted", "first", "last"), [("bytes=0-99", 0, 99), ("bytes=500-", 500, -1), ("bytes=-70", -70, -1)]
)
async def test_a_part_of_a_recording_is_served(
    crossed: Crossed, house: Crew, wanted: str, first: int, last: int
) -> None:
    content = crossed.file("hub", "h264").read_bytes()
    async with house.http.get(crossed.address("hub", "h264"), headers={"Range": wanted}) as response:
        body = await response.read()
        assert response.status == 206
        assert response.content_type == "video/mp4"
        assert response.headers["Content-Range"].endswith(f"/{len(content)}")
    assert body == content[first : len(content) if last == -1 else last + 1]


async def test_a_part_behind_the_end_is_refused(crossed: Crossed, house: Crew) -> None:
    wanted = {"Range": "bytes=99999999-"}
    async with house.http.get(crossed.address("hub", "h264"), headers=wanted) as response:
        assert response.status == 416


async def test_a_recording_can_be_saved_under_its_name(crossed: Crossed, house: Crew) -> None:
    async with house.http.get(crossed.address("hub", "vp8") + "?attachment") as response:
        assert response.status == 200
        name = crossed.file("hub", "vp8").name
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert await response.read() == crossed.file("hub", "vp8").read_bytes()
