"""What breaks in schools: power, links, disks. The lesson goes on, what was kept stays readable."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.media.record.verify import verify
from tests.flows.crew import LONG, Crew, Json, Node, until_told
from tests.flows.door import SDP, Door
from tests.flows.kept import pictures
from tests.flows.tree import free_port
from tests.media.offers import offer

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFER = offer("chromium-publish")
FRAGMENT = 2.0  # seconds: what a power cut may cost
STALE = 3.0  # seconds after which the name of a silent publisher may be taken
BALLAST = 1 << 20  # bytes free at last, below the reserve of two


async def test_a_killed_classroom_loses_no_more_than_its_last_fragment(crew: Crew, lesson: Path) -> None:
    hub = await crew.node("hub")
    classroom = await crew.node("classroom", parent=hub.url)
    await crew.publisher(str(lesson), f"{hub.url}/whip/lesson", "--loop")
    before = await until_told(partial(_recorded, crew, classroom, 4.5))
    await classroom.kill()

    again = await crew.node("classroom", parent=hub.url)
    after = await until_told(partial(_in_state, crew, again, "interrupted"))

    assert after["id"] == before["id"]
    assert after["seconds"] >= before["seconds"] - FRAGMENT
    verdict = verify(again.recordings / f"{after['id']}.mp4")
    assert not verdict.unreadable
    assert all(tally.frames and not tally.errors and not tally.foreign for tally in verdict.tracks.values())
    fresh = await until_told(partial(_in_state, crew, again, "recording"))
    assert fresh["id"] != before["id"]


async def test_a_killed_publishers_name_is_taken_over_and_the_recording_goes_on(
    crew: Crew, lesson: Path
) -> None:
    loop = asyncio.get_running_loop()
    hub = await crew.node("hub")
    address = f"{hub.url}/whip/lesson"
    publisher = await crew.publisher(str(lesson), address, "--loop")
    first = await until_told(partial(_recorded, crew, hub, 1.0))
    await publisher.kill()
    killed = loop.time()

    refused = await Door(crew.http, hub.url).refused("POST", "/whip/lesson", OFFER, **SDP)
    assert (refused["status"], refused["key"]) == (409, "name-taken")
    while await (second := await crew.publisher(str(lesson), address)).ended() != 0:
        assert "409" in second.said
        assert loop.time() - killed < LONG
    took = loop.time() - killed
    await hub.stop()

    (recording,) = await _listed_after(crew, hub)
    assert recording["id"] == first["id"]
    (gap,) = recording["gaps"]
    assert STALE - 0.5 <= gap["seconds"] < took
    verdict = verify(hub.recordings / f"{recording['id']}.mp4")
    assert all(tally.frames and not tally.errors and not tally.missing for tally in verdict.tracks.values())
    assert pictures(verdict.path)[-60:] == pictures(lesson)


async def test_everybody_comes_back_after_the_hub_restarts(crew: Crew, lesson: Path) -> None:
    hub = await crew.node("hub", port=free_port())
    classroom = await crew.node("classroom", parent=hub.url)
    publisher = await crew.publisher(str(lesson), f"{hub.url}/whip/lesson", "--loop")
    first = await until_told(partial(_recorded, crew, classroom, 0.5))
    await hub.stop()
    await classroom.says("parent left")

    await crew.node("hub", port=hub.port)

    await until_told(partial(_recorded, crew, classroom, first["seconds"] + 3.0))
    (recording,) = await crew.recordings(classroom.url)
    assert recording["id"] == first["id"]
    assert publisher.child.returncode is None
    assert classroom.said.count("parent connected") == classroom.said.count("parent left") + 1
    await classroom.stop()
    verdict = verify(classroom.recordings / f"{recording['id']}.mp4")
    assert all(tally.frames and not tally.errors for tally in verdict.tracks.values())


async def test_a_node_that_stops_during_a_lesson_closes_its_recording(crew: Crew, lesson: Path) -> None:
    hub = await crew.node("hub")
    await crew.publisher(str(lesson), f"{hub.url}/whip/lesson", "--loop")
    recording = await until_told(partial(_recorded, crew, hub, 1.0))
    await hub.stop()
    verdict = verify(hub.recordings / f"{recording['id']}.mp4")
    assert not verdict.unreadable
    for tally in verdict.tracks.values():
        assert tally.frames == tally.indexed
        assert tally.frames
        assert not tally.errors
    assert not list(hub.recordings.glob("*.new"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen mebibytes where the hub keeps its state."""
    place = tmp_path / "hub"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a full disk needs root and the right to mount: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_a_full_disk_stops_the_recording_and_not_the_lesson(
    small_disk: Path, crew: Crew, lesson: Path
) -> None:
    hub = await crew.node("hub", "[limits]", "disk_reserve = 2")
    await crew.publisher(str(lesson), f"{hub.url}/whip/lesson", "--loop")
    first = await until_told(partial(_doing, crew, hub, "recording"))
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - BALLAST))

    stopped = await until_told(partial(_doing, crew, hub, "stopped"))
    (stream,) = await crew.streams(hub.url)
    ballast.unlink()
    second = await until_told(partial(_doing, crew, hub, "recording"))

    assert stopped["reason"] == "disk-full"
    assert stream["live"]
    assert second["id"] != first["id"]
    recording = next(each for each in await crew.recordings(hub.url) if each["id"] == first["id"])
    assert recording["reason"] == "disk-full"
    verdict = verify(hub.recordings / f"{first['id']}.mp4")
    assert not verdict.unreadable


async def _recorded(crew: Crew, node: Node, seconds: float) -> Json | None:
    """Return the first recording once it has so many seconds."""
    found = [each for each in await crew.recordings(node.url) if each["seconds"] >= seconds]
    return found[0] if found else None


async def _in_state(crew: Crew, node: Node, state: str) -> Json | None:
    found = [each for each in await crew.recordings(node.url) if each["state"] == state]
    return found[0] if found else None


async def _doing(crew: Crew, node: Node, what: str) -> Json | None:
    found = [each["recording"] for each in await crew.streams(node.url)]
    return found[0] if found and found[0]["state"] == what else None


async def _listed_after(crew: Crew, stopped: Node) -> list[Json]:
    """Start a node again and return its recordings once they are finished."""
    again = await crew.node(stopped.state.name)
    await until_told(partial(_in_state, crew, again, "done"))
    return await crew.recordings(again.url)
