"""What the projector's page is told, and whom the daemon believes about it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from msgspec import structs

from edge.access import Door
from edge.api import Unable
from edge.board import Board
from edge.classroom.projector import ABSENT, JUMP, LONGEST_NAME, Projector
from edge.classroom.stage import Shown
from edge.contract.notices import Showing
from edge.gate import make_app
from tests.fakes import FakeClock

TAPE = Shown("recording", "physics", "physics-1", "video/webm", 30.0, growing=True)
DEADLINE = 30.0


class Room:
    """A projector, its loudness, and what screens are told of it."""

    def __init__(self, room: bool = True) -> None:
        self.clock = FakeClock()
        self.board = Board()
        self.volume = 70
        door = Door((), room=room, allow_anyone=False)
        self.projector = Projector(door, self.board, lambda: self.volume, self.clock)

    async def told(self) -> Showing:
        """Return what the screen knows."""
        with self.board.read() as reader:
            (notice,) = [each for each in await reader.take(DEADLINE) if isinstance(each, Showing)]
        return notice


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
async def http(room: Room) -> AsyncIterator[ClientSession]:
    async with (
        TestServer(make_app(room.projector.routes())) as server,
        ClientSession(server.make_url("/")) as session,
    ):
        yield session


async def ask(http: ClientSession, host: str = "localhost", **query: Any) -> dict[str, Any]:
    """Ask as a page does; from another computer if it calls us by another name."""
    async with http.get("/api/showing", params=query, headers={"Host": host}) as response:
        assert response.status == 200
        return dict(await response.json())


async def test_a_page_learns_at_once_what_is_to_be_shown(room: Room, http: ClientSession) -> None:
    first = await ask(http)
    assert (first["mode"], first["volume"]) == ("free", 70)
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(http, after=first["version"], wait=9))
        await asyncio.sleep(0.05)
        room.projector.show(Shown("stream", "physics"))
    assert (waiting.result()["mode"], waiting.result()["stream"]) == ("stream", "physics")


async def test_a_recording_is_told_of_once_and_its_place_goes_on(room: Room, http: ClientSession) -> None:
    room.projector.show(TAPE)
    first = await ask(http)
    room.clock.now += 5
    room.projector.show(structs.replace(TAPE, at=35.2))
    second = await ask(http)
    assert second["version"] == first["version"]
    assert second["at"] == 35.2
    room.clock.now += 2
    assert (await ask(http))["at"] == 37.2
    room.projector.show(structs.replace(TAPE, at=37.2 - 2 * JUMP))
    assert (await ask(http))["version"] > first["version"]


async def test_another_loudness_is_news(room: Room, http: ClientSession) -> None:
    first = await ask(http)
    room.volume = 20
    room.projector.show(Shown())
    second = await ask(http, after=first["version"])
    assert (second["volume"], second["version"] > first["version"]) == (20, True)


async def test_only_a_page_of_this_computer_is_believed_and_told_how_loud(
    room: Room, http: ClientSession
) -> None:
    assert (await ask(http, host="tirek.local", state="playing"))["volume"] is None
    assert (await room.told()).projector == "absent"
    assert (await ask(http, state="playing"))["volume"] == 70
    assert (await room.told()).projector == "playing"
    await ask(http, state="frozen")
    assert (await room.told()).projector == "frozen"
    await ask(http, state="dancing")
    assert (await room.told()).projector == "idle"


async def test_a_page_that_asks_no_more_is_gone(room: Room, http: ClientSession) -> None:
    await ask(http, state="playing")
    room.clock.now += ABSENT + 1
    room.projector.show(Shown())
    assert (await room.told()).projector == "absent"


async def test_a_page_that_waits_for_news_is_there(room: Room, http: ClientSession) -> None:
    version = (await ask(http, state="muted"))["version"]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(ask(http, state="muted", after=version, wait=9))
        await asyncio.sleep(0.05)
        room.clock.now += ABSENT * 3
        room.projector.show(Shown())
        assert (await room.told()).projector == "muted"
        room.projector.show(Shown("stream", "physics"))


async def test_camera_and_microphone_are_tried_only_while_nothing_is_shown(
    room: Room, http: ClientSession
) -> None:
    room.projector.check(True)
    assert ((await ask(http))["mode"], (await room.told()).mode) == ("check", "check")
    room.projector.check(False)
    assert (await ask(http))["mode"] == "free"
    room.projector.show(Shown("stream", "physics"))
    with pytest.raises(Unable, match="lesson-runs"):
        room.projector.check(True)


async def test_a_page_that_may_not_watch_is_told_nothing() -> None:
    room = Room(room=False)
    async with (
        TestServer(make_app(room.projector.routes())) as server,
        ClientSession(server.make_url("/")) as http,
        http.get("/api/showing", headers={"Host": "tirek.local"}) as response,
    ):
        assert response.status == 401


# Several pages of this computer ---------------------------------------------------------------------------

OPENS = {"camera": True, "microphone": False}


def opens(room: Room) -> None:
    """Have the page of this computer open a camera."""
    room.projector.add(lambda here: {"capture": OPENS if here else None})


async def test_of_two_pages_of_this_computer_the_first_opens_camera_and_microphone(
    room: Room, http: ClientSession
) -> None:
    opens(room)
    first = await ask(http, page="a", state="playing", camera="good")
    second = await ask(http, page="b", state="frozen", camera="denied")
    again = await ask(http, page="a", state="playing", camera="good")
    assert [each["capture"] for each in (first, second, again)] == [OPENS, None, OPENS]
    assert [each["elsewhere"] for each in (first, second, again)] == [None, OPENS, None]
    assert [each["volume"] for each in (first, second)] == [70, 70]
    assert (room.projector.eyes.camera, room.projector.report) == ("good", "playing")


async def test_no_page_of_another_computer_is_told_of_it_or_takes_it(room: Room, http: ClientSession) -> None:
    opens(room)
    far = await ask(http, host="tirek.local", page="b")
    assert (far["capture"], far["elsewhere"]) == (None, None)
    assert (await ask(http, page="a"))["capture"] == OPENS
    assert (await ask(http, host="tirek.local", page="a"))["capture"] is None


async def test_a_page_that_is_loaded_anew_has_its_own_back_at_once(room: Room, http: ClientSession) -> None:
    opens(room)
    await ask(http, page="a", camera="good")
    room.clock.now += ABSENT - 1
    assert (await ask(http, page="b"))["capture"] is None
    assert (await ask(http, page="a"))["capture"] == OPENS


async def test_who_waits_gets_it_by_itself_when_the_page_that_had_it_is_gone(
    room: Room, http: ClientSession
) -> None:
    opens(room)
    version = (await ask(http, page="a", camera="good"))["version"]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(ask(http, page="b", state="playing", after=version, wait=25))
        await asyncio.sleep(0.05)
        room.clock.now += ABSENT
        assert (await waiting)["capture"] == OPENS
    assert room.projector.eyes.camera == ""
    assert (await ask(http, page="a"))["elsewhere"] == OPENS  # it came too late


async def test_who_waits_does_not_get_it_while_the_other_waits_too(room: Room, http: ClientSession) -> None:
    opens(room)
    version = (await ask(http, page="a"))["version"]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        held = tasks.create_task(ask(http, page="a", after=version, wait=9))
        await asyncio.sleep(0.05)
        room.clock.now += ABSENT * 3
        assert (await ask(http, page="b", after=version, wait=1))["capture"] is None
        room.projector.news()
        assert (await held)["capture"] == OPENS


async def test_what_a_page_calls_itself_is_cut_to_what_ours_need(room: Room, http: ClientSession) -> None:
    opens(room)
    long = "a" * LONGEST_NAME
    assert (await ask(http, page=long + "b" * 900))["capture"] == OPENS
    assert (await ask(http, page=long))["capture"] == OPENS
