"""Stills: who may send them, what is taken, what is let go, and what happens when the worker fails."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO

import cv2
import numpy as np
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from edge.cards.reading import AWAY, CardCamera, CardReading
from edge.cards.stills import MAX_RATE, MAX_STILL, Stills
from edge.cards.votes import AGREED, Seen
from edge.gate import make_app
from edge.vision import jpeg
from edge.vision.wire import ReadCards
from edge.vision.worker import HANG_TIME, Worker
from tests.cards.scenes import CLASS, Lens, Scene, a_class, numbers, still
from tests.flows.crew import until, until_told

LONG = 240.0  # seconds for a worker to be there, beside seven other tests
JPEG = {"Content-Type": "image/jpeg"}
LARGEST = b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00\xff\xd9"


@cache
def lesson() -> Scene:
    """A small class in good light."""
    scene = a_class(5, pupils=6, size=(60, 70), hard=False)
    return Scene(scene.held, Lens(noise=2.0), 5)


@cache
def taken() -> bytes:
    return still(lesson())


def black() -> bytes:
    """Return what a camera sends under its cap."""
    return cv2.imencode(".jpg", np.full((1080, 1920), 17, np.uint8))[1].tobytes()


class Room:
    """A classroom's computer: its camera's switch, a clock that the test turns, and a worker."""

    def __init__(self, hang: float = HANG_TIME) -> None:
        self.now, self.is_open, self.eye = 1000.0, True, ""
        self.camera = CardCamera(lambda: self.eye, lambda: self.now)
        self.worker = Worker("cards", hang)
        self.stills = Stills(self.camera, self.worker, lambda: self.is_open)
        self.reading = CardReading(self.camera)

    def start(self) -> None:
        self.reading.start(CLASS, numbers(lesson().held))

    @asynccontextmanager
    async def served(self) -> AsyncIterator[ClientSession]:
        async with (
            TestServer(make_app(self.stills.routes())) as server,
            ClientSession(str(server.make_url("/"))) as http,
            asyncio.TaskGroup() as tasks,
        ):
            parts = [tasks.create_task(part) for part in (self.stills.run(), self.worker.run())]
            yield http
            for part in parts:
                part.cancel()

    async def send(self, http: ClientSession, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Send a still a moment later; return the status and the key of a refusal."""
        self.now += 0.2
        async with http.post(
            "/class/still", data=BytesIO(body or taken()), headers=JPEG | headers
        ) as response:
            told = await response.json(content_type=None) if response.status >= 400 else {}
            return response.status, told.get("key", "")

    async def shown(self, http: ClientSession) -> bool:
        """Send another; tell whether all cards are read."""
        await self.send(http)
        return len(self.reading.read) == len(lesson().held)


async def test_stills_become_answers() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        await until_told(lambda: room.shown(http), LONG)
    assert room.reading.read == {each.number: each.letter for each in lesson().held}
    assert (room.reading.missing, room.reading.strangers, room.reading.trouble) == ((), 0, "")


async def test_what_is_no_still_is_refused_with_a_word() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        assert await room.send(http, b"GIF89a", **{"Content-Type": "image/gif"}) == (415, "still-unreadable")
        assert await room.send(http, b"no picture") == (415, "still-unreadable")
        assert await room.send(http, LARGEST) == (413, "still-too-large")
        assert await room.send(http, taken() + bytes(MAX_STILL)) == (413, "still-too-large")
        assert await room.send(http, Host="tirek.example") == (401, "token-missing")
        assert await room.send(http, Origin="https://elsewhere.example") == (401, "token-missing")


async def test_a_still_of_unknown_length_is_read_to_its_bound_only() -> None:
    room = Room()
    room.start()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(4 * MAX_STILL // len(taken())):
            yield taken()

    async with room.served() as http, http.post("/class/still", data=endless(), headers=JPEG) as response:
        assert response.status == 413


async def test_a_page_that_sends_too_many_is_slowed_down() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        statuses = []
        for _ in range(MAX_RATE + 1):
            room.now -= 0.2  # and the clock stands still
            statuses.append((await room.send(http))[0])
        assert statuses == [204] * MAX_RATE + [429]


async def test_nothing_is_taken_while_nobody_reads_and_while_the_camera_is_off() -> None:
    room = Room()
    async with room.served() as http:
        assert await room.send(http) == (409, "nothing-reads")
        room.start()
        assert room.camera.fps > 0
        room.is_open = False
        assert await room.send(http) == (403, "camera-off")
        room.is_open = True
        room.reading.stop()
        assert await room.send(http) == (409, "nothing-reads")
    assert room.worker.pid is None  # nobody was asked


class Witness(CardReading):
    """Notes what each picture shows."""

    def __init__(self, camera: CardCamera) -> None:
        super().__init__(camera)
        self.pictures: list[int] = []

    def see(self, found: list[Seen]) -> None:
        self.pictures.append(len(found))
        super().see(found)


async def test_what_was_seen_before_the_camera_went_off_is_not_heard_any_more() -> None:
    room = Room(hang=LONG)
    room.start()
    async with room.served() as http:
        await until_told(lambda: _is_awake(room, http), LONG)
        await until(lambda: not room.stills.waits, LONG)
        await room.worker.ask(ReadCards(taken()))  # questions are answered in turn: nothing is looked at now
        assert room.worker.pid is not None
        os.kill(room.worker.pid, signal.SIGSTOP)
        assert (await room.send(http))[0] == 204
        await until(lambda: not room.stills.waits, LONG)  # it is being looked at
        witness = Witness(room.camera)
        witness.start(CLASS, [1])
        room.stills.drop()
        os.kill(room.worker.pid, signal.SIGCONT)
        await room.send(http, black())
        await until(lambda: room.reading.trouble == "dark", LONG)
        assert witness.pictures == [0]  # the black one


async def _is_awake(room: Room, http: ClientSession) -> bool:
    await room.send(http)
    return room.worker.pid is not None and bool(room.reading.present)


async def test_a_killed_worker_costs_some_stills_and_goes_on_by_itself() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        await until_told(lambda: room.shown(http), LONG)
        assert room.worker.pid is not None
        os.kill(room.worker.pid, signal.SIGKILL)
        troubles: set[str] = set()
        room.reading.watch(lambda: troubles.add(room.reading.trouble))
        await until_told(lambda: _sent_until(room, http, lambda: "worker-lost" in troubles), LONG)
        room.start()
        await until_told(lambda: room.shown(http), LONG)
        assert room.reading.trouble == ""


async def _sent_until(room: Room, http: ClientSession, look: object) -> bool:
    await room.send(http)
    assert callable(look)
    return bool(look())


async def test_a_worker_that_hangs_is_told_and_replaced() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        await until_told(lambda: _is_awake(room, http), LONG)
        assert room.worker.pid is not None
        os.kill(room.worker.pid, signal.SIGSTOP)
        await until_told(lambda: _sent_until(room, http, lambda: room.reading.trouble == "worker-lost"), LONG)
        room.start()
        await until_told(lambda: room.shown(http), LONG)
        assert room.reading.trouble == ""


async def test_a_still_that_cannot_be_decoded_says_so_and_the_next_is_read() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        assert (await room.send(http, taken()[:700]))[0] == 204
        await until(lambda: room.reading.trouble == "no-picture", LONG)
        await until_told(lambda: room.shown(http), LONG)


async def test_a_covered_lens_is_dark() -> None:
    room = Room()
    room.start()
    async with room.served() as http:
        assert (await room.send(http, black()))[0] == 204
        await until(lambda: room.reading.trouble == "dark", LONG)


def test_a_page_that_sends_nothing_is_noticed() -> None:
    room = Room()
    room.start()
    room.now += AWAY + 1
    changes: list[str] = []
    room.reading.watch(lambda: changes.append(room.reading.trouble))
    room.camera.look()
    assert changes == ["no-picture"]
    room.eye = "camera-off"
    room.camera.look()
    assert changes == ["no-picture", "camera-off"]
    assert AGREED * (1 / room.camera.fps) < 2


def test_whoever_reads_beside_another_sees_the_same_and_stops_alone() -> None:
    room = Room()
    other, wanted = CardReading(room.camera), list[float]()
    room.camera.watch(lambda: wanted.append(room.camera.fps))
    room.start()
    other.start(CLASS, [1])
    room.reading.stop()
    assert (room.camera.fps, room.reading.fps) == (4.0, 4.0)
    other.stop()
    other.stop()
    assert wanted == [4.0, 0.0]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 50, b"\xff\xd8\xff\xe0\x00\x10" + b"x" * 40]
)
def test_a_header_without_a_size_is_none(body: bytes) -> None:
    with pytest.raises(jpeg.NoJpeg):
        jpeg.size(body)


def test_the_size_of_a_still_is_told_by_its_header() -> None:
    assert jpeg.size(taken()) == (1920, 1080)
    assert jpeg.size(b"\xff\xd8\xff\xe1\x00\x04ab\xff" + taken()[2:]) == (1920, 1080)
