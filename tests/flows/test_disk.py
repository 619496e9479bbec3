"""The daemon on a real ext4 that is full, read-only or broken: the class has its lesson, and it heals."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.client import Client, Refused
from edge.config import load
from edge.contract.talkback import SwitchCapture
from edge.upkeep import keep_up
from tests.flows.crew import Crew, Node, until, until_told
from tests.flows.journals import facts, faults
from tests.flows.school import LESSON, LISTENS, good, invited
from tests.flows.test_return_kept import captured

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZE = 64 << 20
LIMITS = ("[limits]", "disk_reserve = 8")
TAKE = ("register", "take", *LESSON, "--marks", "2=ill", "--reason", "again")
ONLY = "only lessons: the state folder cannot be used"
HEALS = 60.0


def sh(*command: str) -> bool:
    """Run a command; tell whether it went well."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Volume:
    """A small ext4 of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "fill"

    def fill(self) -> None:
        """Fill it to the last block."""
        with self._filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                while True:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        break

    def make_room(self) -> None:
        """Delete what filled it."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """Make it read-only or not."""
        assert sh("mount", "-o", f"remount,{how}", str(self.folder))


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    """A disk that is full soon."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE)
    if os.geteuid() or not sh("mkfs.ext4", "-q", "-m", "0", str(image)):
        pytest.skip("a file system can be made and mounted only by root")
    if not sh("mount", "-o", "loop", str(image), str(folder)):
        pytest.skip("no loop device can be mounted here")
    yield Volume(folder)
    sh("umount", "--lazy", str(folder))


async def start(crew: Crew, volume: Volume, *lines: str) -> Node:
    """Start a node whose state is on the volume."""
    state = volume.folder / "school"
    number = len(list(crew.folder.glob("school-*.log")))
    node = Node(state, crew.folder / f"school-{number}.log", "allow_anyone = true", *lines, *LIMITS)
    return await crew.start(node)


async def live_and_not_recorded(crew: Crew, node: Node, lesson: Path) -> str:
    """Publish a lesson for a moment; return why the pages say that it is not recorded."""
    publisher = await crew.publisher(str(lesson), f"{node.url}/whip/physics", "--loop")

    async def look() -> str | None:
        for each in await crew.streams(node.url):
            if each["live"] and each["recording"]["state"] == "stopped":
                return str(each["recording"]["reason"])
        return None

    reason = await until_told(look, why="no lesson that is not recorded")
    publisher.child.terminate()  # which tells the node that the lesson is over
    await publisher.ended()
    return reason


async def test_a_read_only_disk_at_the_start_leaves_the_lesson_and_heals(
    volume: Volume, crew: Crew, lesson: Path
) -> None:
    node = await start(crew, volume)
    assert (await node.typed(*TAKE)).status == 0
    assert keep_up(load(node.config), time.time()).backup
    await node.stop()
    before = facts(node.state)
    volume.remount("ro")

    again = await start(crew, volume)
    assert re.search(rf"{ONLY}.*read-only", again.said)
    assert (await crew.get(f"{again.url}/api/node"))["trouble"] == "read-only"
    async with crew.http.get(f"{again.url}/teach") as page:
        assert "/static/trouble.js" in await page.text()
    assert await live_and_not_recorded(crew, again, lesson) == "read-only"
    assert (await again.typed(*TAKE)).status == 1
    volume.remount("rw")
    await again.says("the state folder can be used again", HEALS)
    await until(lambda: again.said.count('event="listening"') == 2, HEALS)
    assert (await again.typed(*TAKE)).status == 0
    assert [fact for fact in before if fact not in facts(node.state)] == []
    await again.stop()
    assert faults(node.state) == []
    assert not list(node.state.glob("journal/broken-*")), "what cannot be looked at is not damaged"


async def test_on_a_read_only_disk_a_camera_stays_off_and_what_is_not_kept_is_said(
    volume: Volume, crew: Crew
) -> None:
    socket = crew.folder / "screen.sock"
    node = await start(crew, volume, f'socket = "{socket}"')
    async with Client(socket) as screen:
        await screen.do(SwitchCapture(camera=False))
    await node.stop()
    volume.remount("ro")

    await start(crew, volume, f'socket = "{socket}"')
    async with Client(socket) as screen:
        told = await captured(screen)
        assert (told.camera_on, told.microphone_on) == (False, True)
        with pytest.raises(Refused, match="disk-full"):
            await screen.do(SwitchCapture(microphone=False))
        assert (await captured(screen)).microphone_on is False


async def test_the_hub_hears_that_a_school_keeps_nothing_and_that_it_does_again(
    volume: Volume, crew: Crew
) -> None:
    hub = await crew.node("hub", LISTENS)
    node = await start(crew, volume)
    await good(node, "enroll", hub.door, await invited(hub, "aul"))
    await until_told(lambda: _said(hub, "even"), why="never even")
    await node.stop()
    volume.remount("ro")

    again = await start(crew, volume)
    assert ONLY in again.said
    await until_told(lambda: _said(hub, "only lessons (read-only)"), HEALS, "the hub heard nothing")
    volume.remount("rw")
    await again.says("the state folder can be used again", HEALS)
    await until_told(lambda: _said(hub, "even"), HEALS, "the hub goes on saying so")


async def _said(hub: Node, state: str) -> bool:
    return f" {state} " in (await good(hub, "nodes", "list"))


async def test_a_disk_that_is_full_before_there_is_a_journal_leaves_the_lesson_and_heals(
    volume: Volume, crew: Crew
) -> None:
    volume.fill()
    node = await start(crew, volume)
    assert re.search(rf"{ONLY}.*disk-full", node.said)
    assert (await crew.get(f"{node.url}/api/node"))["trouble"] == "disk-full"
    volume.make_room()
    await node.says("the state folder can be used again", HEALS)
    await until(lambda: node.said.count('event="listening"') == 2, HEALS)
    assert (await node.typed(*TAKE)).status == 0


async def test_on_a_disk_that_is_full_at_the_start_registers_are_taken(volume: Volume, crew: Crew) -> None:
    node = await start(crew, volume)
    assert (await node.typed(*TAKE)).status == 0
    await node.stop()
    assert keep_up(load(node.config), time.time()).backup
    volume.fill()
    again = await start(crew, volume)
    assert ONLY not in again.said
    assert (await again.typed(*TAKE)).status == 0, "from the reserve"
    await again.stop()
    assert faults(node.state) == []


async def test_a_disk_that_breaks_under_the_daemon_ends_neither_it_nor_the_lesson(
    volume: Volume, crew: Crew, lesson: Path
) -> None:
    node = await start(crew, volume)
    assert (await node.typed(*TAKE)).status == 0
    volume.remount("abort")
    assert await live_and_not_recorded(crew, node, lesson) == "read-only"
    assert (await node.typed(*TAKE)).status == 1
    await until_told(partial(crew.get, f"{node.url}/api/node"))
    assert node.child.returncode is None
