"""What nodes fetch in bulk is sent politely; real connections over loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from edge.access import Door
from edge.content.hub import HubDoor
from edge.content.ledbat import FLOOR, START
from edge.content.polite import Budget, Ongoing
from edge.content.serving import (
    CONGESTION,
    LITTLE,
    LOWER_EFFORT,
    ROUTE,
    SO_MAX_PACING_RATE,
    TCP_NOTSENT_LOWAT,
    Serving,
)
from edge.content.steering import Steering
from edge.gate import make_app
from edge.hubs import Hubs
from edge.loop import Loop
from edge.media.estimate import Strain
from edge.media.pull import NAME_HEADER
from sync.budget import Policy
from tests.content.hubs import HERE, Room, serving, until

NODE = {NAME_HEADER: "room"}
PATH = "/recordings/one"
SIZE = 4_000_000  # bytes: some seconds at the pace of the beginning
MOST = 1 << 30  # the kernel's word for none is more
FILES = 5  # in which a pace grows, though the pauses of a busy computer look like queues


class Hub:
    """A hub's door with one file behind it; `sockets` are those that answers went out on."""

    def __init__(self, folder: Path, size: int = 4096) -> None:
        self.serving = Serving(lambda: False)
        self.running: asyncio.Future[None]
        self.paces: list[int] = []
        self.options: list[tuple[bytes, int, int]] = []
        self.url = ""
        self._file = folder / "one"
        self._file.write_bytes(bytes(size))

    def app(self) -> web.Application:
        """Return the door."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return web.FileResponse(self._file)

        door = Door((), room=True, allow_anyone=False)
        app = make_app([web.get(PATH, answer), *self.serving.routes(door)])
        app.on_response_prepare.append(self.serving.prepared)
        app.on_response_prepare.append(self._look)
        return app

    async def _look(self, request: web.Request, response: web.StreamResponse) -> None:
        assert request.transport is not None
        sock = request.transport.get_extra_info("socket")
        self.paces.append(sock.getsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE))
        name = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).partition(b"\0")[0]
        tos = sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS)
        self.options.append((name, sock.getsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT), tos))


@asynccontextmanager
async def hub(folder: Path, size: int = 4096) -> AsyncIterator[Hub]:
    """Serve, and keep the paces right."""
    made = Hub(folder, size)
    async with serving(made.app()) as port:
        made.url = f"http://{HERE}:{port}"
        made.running = asyncio.ensure_future(made.serving.run())
        try:
            yield made
        finally:
            made.running.cancel()


async def test_a_node_is_sent_bulk_at_a_pace_and_behind_everything_else(tmp_path: Path) -> None:
    async with (
        hub(tmp_path) as made,
        aiohttp.ClientSession(made.url) as http,
        http.get(PATH, headers=NODE) as response,
    ):
        assert len(await response.read()) == 4096
    assert made.paces[0] in range(1, MOST)
    assert made.options == [(CONGESTION, LITTLE, LOWER_EFFORT)]


async def test_a_browser_is_sent_a_recording_as_fast_as_it_goes(tmp_path: Path) -> None:
    async with hub(tmp_path) as made, aiohttp.ClientSession(made.url) as http, http.get(PATH) as response:
        await response.read()
    assert made.paces[0] not in range(1, MOST)  # the kernel's word for none
    assert made.options[0][2] == 0


async def test_a_pace_grows_on_a_link_that_carries_it(tmp_path: Path) -> None:
    async with hub(tmp_path, SIZE) as made, aiohttp.ClientSession(made.url) as http:
        for _ in range(FILES):
            async with http.get(PATH, headers=NODE) as response:
                assert len(await response.read()) == SIZE
            async with http.get(PATH, headers=NODE | {"Range": "bytes=0-9"}) as response:
                await response.read()
            if made.paces[-1] > 2 * made.paces[0]:
                break
    assert made.paces[-1] > 2 * made.paces[0]


def test_who_hangs_up_in_the_middle_ends_nothing_for_others(tmp_path: Path) -> None:
    async def hang_up() -> None:
        async with hub(tmp_path, SIZE) as made, aiohttp.ClientSession(made.url) as http:
            response = await http.get(PATH, headers=NODE)
            assert made.serving.ways == 1
            response.close()
            await until(lambda: not made.serving.ways or made.running.done())
            assert not made.running.done()

    with asyncio.Runner(loop_factory=Loop) as runner:  # as the daemon: its sockets differ
        runner.run(hang_up())


async def test_what_a_classroom_says_bounds_all_that_it_fetches(tmp_path: Path) -> None:
    async with hub(tmp_path) as made, aiohttp.ClientSession(made.url) as http:
        async with http.put(ROUTE, params={"rate": "6000"}) as response:
            assert response.status == 204
        async with http.get(PATH, headers=NODE) as response:
            await response.read()
        async with http.put(ROUTE, params={"rate": "-1"}) as response:
            assert response.status == 204
        async with http.get(PATH, headers=NODE) as response:
            await response.read()
    paced = [pace for pace in made.paces if pace in range(1, MOST)]
    assert paced[0] < paced[-1]


async def test_a_rate_beyond_all_links_is_as_good_as_none(tmp_path: Path) -> None:
    async with hub(tmp_path) as made, aiohttp.ClientSession(made.url) as http:
        async with http.put(ROUTE, params={"rate": "9" * 400}) as response:
            assert response.status == 204
        async with http.get(PATH, headers=NODE) as response:
            assert len(await response.read()) == 4096
        assert made.serving.said(HERE) == MOST
        assert not made.running.done()


@pytest.mark.parametrize("rate", ["", "fast", "1.5", "1e3"])
async def test_what_is_no_rate_is_refused(tmp_path: Path, rate: str) -> None:
    async with (
        hub(tmp_path) as made,
        aiohttp.ClientSession(made.url) as http,
        http.put(ROUTE, params={"rate": rate}) as response,
    ):
        assert response.status == 400


async def test_a_classroom_says_what_its_lesson_leaves_until_it_is_over(tmp_path: Path) -> None:
    lessons, expected = [Ongoing(True, "09:45")], 0

    def strain() -> Strain:
        nonlocal expected
        expected += 10
        return Strain(0.0, expected, expected, float("-inf"))

    async with hub(tmp_path) as made:
        room = Room(tmp_path / "room", made.url)
        budget = Budget(Policy(), tmp_path, room.journal.time, lambda: lessons[0], strain)
        steering = Steering(budget, HubDoor(room.config, room.journal, Hubs("room", lambda: None)))
        running = [asyncio.ensure_future(part) for part in (budget.run(), steering.run())]
        purse = budget.purse("content")
        try:
            await until(lambda: purse.allowance().rate >= START)
            await until(lambda: (made.serving.said(HERE) or 0) >= FLOOR)
            lessons[0] = Ongoing()
            await until(lambda: made.serving.said(HERE) is None)
            assert purse.allowance().rate == Policy().rate
        finally:
            for task in running:
                task.cancel()
            room.journal.close()


async def test_beside_a_lesson_nothing_comes_from_a_hub_that_does_not_listen(tmp_path: Path) -> None:
    room = Room(tmp_path / "room", "http://127.0.0.1:9")
    said = Strain(0.0, 1, 1, float("-inf"))
    budget = Budget(Policy(), tmp_path, room.journal.time, lambda: Ongoing(True, "09:45"), lambda: said)
    steering = Steering(budget, HubDoor(room.config, room.journal, Hubs("room", lambda: None)))
    running = [asyncio.ensure_future(part) for part in (budget.run(), steering.run())]
    try:
        await until(lambda: budget.allowance("content").until == "09:45" and budget.leave > 0)
        assert budget.allowance("content").why == "lesson"
        assert budget.until("lesson") == "09:45"
    finally:
        for task in running:
            task.cancel()
        room.journal.close()


async def test_a_days_bytes_are_kept_over_a_restart(tmp_path: Path) -> None:
    room = Room(tmp_path / "room")
    policy = Policy(daily_bytes=10_000_000)

    def made() -> Budget:
        return Budget(policy, tmp_path, room.journal.time, Ongoing, lambda: None)

    budget = made()
    running = asyncio.ensure_future(budget.run())
    await until(lambda: budget.allowance("content").rate > 0)
    budget.purse("content").owed(9_000_000, 0.0)
    await until(lambda: budget.allowance("content").why == "daily")
    assert budget.allowance("repair").rate > 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    again = made()
    running = asyncio.ensure_future(again.run())
    await until(lambda: again.allowance("repair").rate > 0)
    assert again.allowance("content").why == "daily"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    room.journal.close()
