"""A roll call by cards at a real daemon: the page's stills in, whose card it is out; nothing is kept."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.client import Client, Refused
from edge.contract.answers import Register
from edge.contract.commands import ReadRegister
from edge.contract.talkback import CardsSeen, RollByCards, SwitchCapture
from tests.cards.scenes import Held, Lens, Scene, still
from tests.flows.crew import Crew, Json, Node, until_told
from tests.flows.school import LESSON, good, written

pytestmark = pytest.mark.asyncio(loop_scope="session")

LESSON_NAME = f"{LESSON[0]} {LESSON[2]} {LESSON[4]}"
PATIENCE = 120.0  # seconds: a daemon and its worker, beside other tests
ROSTER = "Класс;№;ФИО\n7Б;1;Ахметов Әлихан\n7Б;2;Серікқызы Айгерім\n7Б;3;Иванова Мария\n"
JPEG = {"Content-Type": "image/jpeg"}
SHOWN = Scene((Held(1, "A", 500, 400, 60), Held(3, "", 900, 600, 60), Held(5, "C", 1400, 600, 60)), Lens(), 1)


class Page:
    """The projector's page of a classroom, which has a camera."""

    def __init__(self, crew: Crew, room: Node) -> None:
        self._http = crew.http
        self._room = room

    async def asks(self) -> Json:
        """Ask what is to be shown, and say that the camera is well."""
        address = f"{self._room.url}/api/showing?state=idle&camera=good&microphone=good"
        async with self._http.get(address) as response:
            return dict(await response.json())

    async def sends(self) -> int:
        """Send a still."""
        async with self._http.post(
            f"{self._room.url}/class/still", data=still(SHOWN), headers=JPEG
        ) as response:
            return response.status


async def test_a_roll_is_called_by_cards_and_marks_nothing(crew: Crew, tmp_path: Path) -> None:
    room = await crew.node("Құмсай", 'school = "akzhar"')
    await good(room, "roster", "import", str(written(tmp_path, "roster.csv", ROSTER)), "--school", "akzhar")
    page = Page(crew, room)
    async with Client(room.state / "tirek.sock") as client:
        with pytest.raises(Refused, match="page-missing"):
            await client.do(RollByCards(LESSON_NAME, True))
        assert (await page.asks())["roll"] is None
        assert await page.sends() == 409  # nobody reads
        await page.asks()  # who has not for five seconds is missed
        await client.do(RollByCards(LESSON_NAME, True))
        told = await page.asks()
        assert (told["capture"]["stills"], told["roll"]) == (4, {"read": [], "missing": [1, 2, 3]})

        async def all_read() -> bool:
            assert await page.sends() in (204, 429)  # not more than ten a second are taken
            return bool((await page.asks())["roll"] == {"read": [1, 3], "missing": [2]})

        await until_told(all_read, PATIENCE)
        assert await _seen(client, lambda told: told.read == (1, 3)) == CardsSeen(
            LESSON_NAME, True, (1, 3), 1
        )
        await client.do(SwitchCapture(camera=False))
        assert await page.sends() == 403
        assert (await _seen(client, lambda told: told.trouble != "")).trouble == "camera-off"
        await client.do(RollByCards(LESSON_NAME, False))
        assert (await page.asks())["roll"] is None
        register = await client.ask(ReadRegister(LESSON_NAME), Register)
        assert (register.marks, register.draft) == ({}, {})
    assert list(room.state.rglob("*.jp*g")) == []


async def _seen(client: Client, is_it: Callable[[CardsSeen], bool]) -> CardsSeen:
    """Return what a screen is told of cards, once it is as it is looked for."""
    async with asyncio.timeout(PATIENCE):
        async for notice in client.notices():
            if isinstance(notice, CardsSeen) and is_it(notice):
                return notice
    raise AssertionError("the daemon has hung up")
