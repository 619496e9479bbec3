"""Cards in pictures become the answer of a class: from stills through the worker to the page that asked."""

import asyncio
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from edge.cards.stills import Stills
from edge.contract.talkback import QuickCheck, ReadCards
from edge.gate import make_app
from edge.vision.worker import Worker
from tests.cards.scenes import a_class, still
from tests.checks.peers import DEADLINE, STREAM, Node, closing
from tests.flows.crew import STEP

JPEG = {"Content-Type": "image/jpeg"}
HANG = 60.0  # seconds a worker may take for its first picture: it loads OpenCV beside seven other tests


async def films(http: ClientSession, picture: bytes) -> None:
    """Be the page whose camera sees this, until cancelled."""
    while True:
        async with http.post("/class/still", data=picture, headers=JPEG) as response:
            assert response.status in (204, 409, 429), await response.text()
        await asyncio.sleep(10 * STEP)


async def test_cards_before_the_camera_are_the_answer_of_the_class(tmp_path: Path) -> None:
    scene = a_class(5, pupils=3, size=(60, 70), hard=False)
    held = {each.number: each.letter for each in scene.held}
    room = Node(tmp_path / "room", "Құмсай", "aul")
    worker = Worker("cards", HANG)
    stills = Stills(room.cards, worker, lambda: True)
    room.live = {STREAM}
    room.begin()
    room.roster(max(held))

    def is_whole(quick: QuickCheck) -> bool:
        return quick.read == tuple(sorted(held))

    with closing(room):
        async with (
            room.runs(),
            room.page() as page,
            TestServer(make_app(stills.routes())) as server,
            ClientSession(str(server.make_url("/"))) as camera,
            asyncio.timeout(2 * DEADLINE),
            asyncio.TaskGroup() as tasks,
        ):
            parts = [tasks.create_task(part) for part in (stills.run(), worker.run())]
            check = await page.ask(text="?", choices=["1", "2", "3", "4"])
            await room.until("asked")
            await room.do(ReadCards(check))
            parts.append(tasks.create_task(films(camera, still(scene))))
            await room.told(is_whole)
            await room.do(ReadCards(check, on=False))
            shown = await page.shown(lambda told: bool(sum(told["totals"].values())))
            for part in parts:
                part.cancel()
    assert shown["totals"] == {letter: list(held.values()).count(letter) for letter in "ABCD"}
