"""The check page in real browsers, on a door with the real parts behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from edge import words
from edge.access import Door
from edge.board import Board
from edge.classroom.check import Check
from edge.classroom.projector import Projector
from edge.config import Config
from edge.contract.commands import CheckMedia
from edge.contract.notices import MediaCheck
from edge.gate import make_app
from edge.media.dtls import Identity
from edge.media.ntp import NtpClock
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.studio import Studio
from edge.media.whep import Whep
from edge.views import Views
from tests.browsers import DEAF_NAME, Browser, chromium, until
from tests.browsers.plugs import PLUGS
from tests.flows.crew import until as until_true

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEADLINE = 40.0  # seconds: a browser opens its devices
FIREFOX = "firefox-esr"
# A page of Chromium that is closed on its way to another hangs.
BACK = "location.pathname === '/' && document.readyState === 'complete'"


class Room:
    """A classroom's node as far as a check needs it."""

    def __init__(self, state: Path) -> None:
        door = Door((), room=True, allow_anyone=False)
        self.board = Board()
        studio = Studio(8)
        whep = Whep(studio, Sessions(Identity.create(), loopback=True), Relay(), NtpClock(), 8)
        self.projector = Projector(door, self.board, lambda: 80)
        self.on = {"camera": True, "microphone": True}
        self.check = Check(
            self.board, self.projector.check, lambda: (self.on["camera"], self.on["microphone"])
        )
        self.projector.add(self.check.part)
        views = Views(Config("Құмсай", str(state)), door, studio, whep, lambda stream: {"state": "off"})
        parts = (views, self.projector, self.check)
        self._app = make_app([route for part in parts for route in part.routes()])
        self.url = ""
        self.port = 0

    async def orders(self, on: bool) -> None:
        """Press the button of the check."""
        await self.check.desks()[CheckMedia](CheckMedia(on))

    def switches(self, **on: bool) -> None:
        """Turn what the teacher turns on her screen."""
        self.on |= on
        self.projector.news()

    async def tells(self, is_it: Callable[[MediaCheck], bool]) -> MediaCheck:
        """Wait until a screen is told what is looked for."""
        async with asyncio.timeout(DEADLINE):
            with self.board.read() as reader:
                while True:
                    for notice in await reader.take(1.0):
                        if isinstance(notice, MediaCheck) and is_it(notice):
                            return notice

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Room"]:
        """Open the door."""
        runner = web.AppRunner(self._app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self.url = f"http://localhost:{self.port}"
        try:
            yield self
        finally:
            await runner.cleanup()


def is_settled(found: MediaCheck) -> bool:
    return found.page and "waiting" not in (found.camera, found.microphone)


@pytest_asyncio.fixture(loop_scope="session")
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path).served() as made:
        yield made


async def test_the_screen_is_told_what_the_page_sees_and_hears_until_the_check_ends(
    browser: Browser, room: Room
) -> None:
    await room.orders(True)
    page = await browser.open(f"{room.url}/check?lang=kk")
    found = await room.tells(lambda found: found.page and found.camera == "good")
    assert found.size in ("1280×720", "640×480")
    if browser.name != FIREFOX:  # which measures nothing without a sound card
        await room.tells(lambda found: found.microphone == "good" and found.level > 0)
        await until(page, "document.querySelector('#microphone').dataset.state === 'good'")
    await until(page, "document.querySelector('#camera').innerText === '▲ Бейне жақсы.'")
    await room.orders(False)
    await until_true(lambda: f"{room.url}/" in page.requests)
    await until(page, BACK)
    assert (await room.tells(lambda _: True)) == MediaCheck()
    assert [one for one in page.requests if not one.startswith(room.url)] == []
    await page.close()


async def test_a_computer_without_devices_says_so_on_the_projector_and_on_the_screen(room: Room) -> None:
    await room.orders(True)
    async with chromium(has_devices=False) as bare:
        page = await bare.open(f"{room.url}/check?lang=en")
        found = await room.tells(
            lambda found: found.page and "waiting" not in (found.camera, found.microphone)
        )
        assert (found.microphone, found.camera, found.size) == ("missing", "missing", "")
        await until(page, "document.querySelector('#camera').innerText === '✕ No camera found. Plug one in.'")


async def test_a_browser_that_may_not_use_its_devices_says_so(room: Room) -> None:
    await room.orders(True)
    async with chromium(allows=False) as strict:
        page = await strict.open(f"{room.url}/check?lang=ru")
        found = await room.tells(
            lambda found: found.page and "waiting" not in (found.camera, found.microphone)
        )
        assert (found.microphone, found.camera) == ("denied", "denied")
        await until(page, "document.querySelector('#camera').innerText.startsWith('✕ Нет разрешения')")


async def test_a_camera_behind_its_cover_is_no_good_camera(room: Room, tmp_path: Path) -> None:
    await room.orders(True)
    black = b"FRAME\n" + b"\x14" * 160 * 90 + b"\x80" * 80 * 45 * 2  # brightness 20: the noise of a sensor
    film = tmp_path / "black.y4m"
    film.write_bytes(b"YUV4MPEG2 W160 H90 F10:1 Ip C420jpeg\n" + black * 20)
    async with chromium(camera=film) as covered:
        page = await covered.open(f"{room.url}/check?lang=en")
        found = await room.tells(is_settled)
        assert found.camera == "silent"
        await until(page, "document.querySelector('#camera').innerText.includes('lens covered?')")


async def test_a_page_that_nobody_asked_for_goes_back_to_the_lesson(quick: Browser, room: Room) -> None:
    page = await quick.open(f"{room.url}/api/node")
    await page.evaluate("void setTimeout(() => location.assign('/check'), 50)")
    await until_true(lambda: f"{room.url}/" in page.requests)
    await until(page, BACK)
    assert page.requests.index(f"{room.url}/check") < page.requests.index(f"{room.url}/")
    await page.close()


async def test_a_page_on_another_computer_says_where_to_open_it(quick: Browser, room: Room) -> None:
    await room.orders(True)
    page = await quick.open(f"http://{DEAF_NAME}:{room.port}/check?lang=en")
    await until(page, "!document.querySelector('#insecure').hidden")
    there = await page.evaluate("document.querySelector('#here').href")
    assert there == f"http://localhost:{room.port}/check"
    await page.close()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_what_the_teacher_has_switched_off_is_not_opened_for_a_check(
    browser: Browser, room: Room, language: str
) -> None:
    room.switches(camera=False)
    await room.orders(True)
    page = await browser.open(f"{room.url}/check?lang={language}", PLUGS)
    said = f"○ {words.load(language)['check-camera-off']}"
    await until(page, f"document.querySelector('#camera').innerText === {said!r}")
    found = await room.tells(lambda found: found.page and found.camera == "off")
    assert (found.microphone != "off", found.size) == (True, "")
    await until(page, "tracks.microphone.length === 1")
    room.switches(camera=True, microphone=False)
    await until(page, "tracks.microphone[0].readyState === 'ended'")
    await room.tells(lambda found: (found.microphone, found.camera) == ("off", "good"))
    room.switches(camera=False)
    await until(page, "tracks.camera.length === 1 && tracks.camera[0].readyState === 'ended'")
    assert await page.evaluate("wishes.length") == 2
    await page.close()


async def test_of_two_pages_one_tries_camera_and_microphone(browser: Browser, room: Room) -> None:
    await room.orders(True)
    first = await browser.open(f"{room.url}/check?lang=en", PLUGS)
    await room.tells(lambda found: found.page and found.camera == "good")
    second = await browser.open(f"{room.url}/check?lang=en", PLUGS)
    said = words.load("en")["class-elsewhere"]
    await until(second, f"document.querySelector('#empty').innerText === '{said}'")
    assert await second.evaluate("wishes.length") == 0
    await first.close()
    await until(second, "tracks.camera.length === 1")
    await room.tells(lambda found: found.page and found.camera == "good")
    await second.close()
