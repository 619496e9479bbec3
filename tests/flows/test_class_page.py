"""The pages of schools on real nodes: seen and heard by all, cards read, and nobody hears himself."""

import io
import math
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
import pytest_asyncio
from msgspec import structs

from edge.client import Client
from edge.contract.commands import StartLesson
from edge.contract.talkback import ReadCards, SwitchCapture
from tests.browsers import Browser, Page, chromium, firefox, until
from tests.browsers.plugs import LISTEN, PLUGS
from tests.cards.scenes import Scene, a_class, picture
from tests.flows import quizzes
from tests.flows.classes import Listener, calls, give
from tests.flows.crew import Crew, Node
from tests.flows.crew import until as until_true
from tests.flows.school import LESSON, LISTENS, arrive, import_files
from tests.flows.seminar import enrolled

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVEN = 90.0  # seconds: three nodes and two browsers share this computer
STREAM = "physics"
SCHOOLS = ("akzhar", "dala")
HERTZ = 1000  # what the tests of pages listen for
QUIET, LOUD = -80.0, -60.0  # dB
SILENCE = 1500  # milliseconds: a beep comes twice in them
PLAYS = "document.body.dataset.state === 'live' && document.querySelector('#video').currentTime > 0"
EAR = "document.querySelector('.floor video')"
HOLDER = "document.querySelector('.floor p')?.textContent"


def beeps(path: Path, hertz: float) -> Path:
    """Write what a microphone hears: a tone that comes and goes, as a steady one is taken for noise."""
    rate = 48_000
    at = np.arange(rate * 2)
    sound = 12000 * np.sin(2 * math.pi * hertz * at / rate) * ((at // (rate // 4)) % 2)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())
    return path


def film(path: Path, scene: Scene) -> Path:
    """Write what a camera sees of a class that holds up its cards."""
    out = io.BytesIO()
    for number in range(4):
        grey = picture(structs.replace(scene, frame=number))
        high, wide = grey.shape[:2]
        if not number:
            out.write(f"YUV4MPEG2 W{wide} H{high} F5:1 Ip C420jpeg\n".encode())
        light = grey if grey.ndim == 2 else cv2.cvtColor(grey, cv2.COLOR_BGR2GRAY)
        out.write(b"FRAME\n" + light.tobytes() + b"\x80" * (wide * high // 2))
    path.write_bytes(out.getvalue())
    return path


class Room:
    """A classroom: its node, its screen and the page on its projector."""

    def __init__(self, node: Node, id_: str) -> None:
        self.node, self.id = node, id_
        self.screen: Client
        self.page: Page

    async def opens(self, browser: Browser, stack: AsyncExitStack) -> None:
        """Start the lesson at the screen and the page on the projector."""
        self.screen = await stack.enter_async_context(Client(self.node.state / "tirek.sock"))
        await self.screen.do(StartLesson(stream=STREAM))
        url = self.node.url.replace("127.0.0.1", "localhost")
        self.page = await browser.open(f"{url}/?lang=en", PLUGS + LISTEN)
        await until(self.page, PLAYS, EVEN)
        await until(self.page, "tracks.microphone.length > 0 && tracks.camera.length > 0", EVEN)

    async def hears(self) -> None:
        """Wait until the other school is heard in what the page plays."""
        await until(self.page, f"{EAR}?.srcObject && !{EAR}.muted", EVEN)
        await self.page.evaluate(f"(window.ear = loudness({EAR}), 0)")
        await until(self.page, f"ear() > {LOUD}", EVEN)

    async def is_deaf(self) -> None:
        """Wait until nothing is in what the page gets, for two whole beeps and longer.

        What was on its way of the class that had the floor before may still be played out.
        """
        await self.page.evaluate(f"""(() => {{
            const ear = loudness({EAR});
            window.heard = performance.now();
            window.listening = setInterval(() => {{
                if (ear() > {QUIET}) window.heard = performance.now();
            }}, 25);
        }})()""")
        await until(self.page, f"performance.now() - heard > {SILENCE}", EVEN)
        await self.page.evaluate("clearInterval(listening)")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hub(house: Crew, lesson_vp8: Path) -> Node:
    made = await house.node("teaching", LISTENS, "vision = false", "record = false", 'school = "hub"')
    await house.publisher(str(lesson_vp8), f"{made.url}/whip/{STREAM}", "--loop")
    return made


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def rooms(
    house: Crew, hub: Node, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Room]]:
    made = [Room(*await enrolled(house, hub, name)) for name in SCHOOLS]
    folder = tmp_path_factory.mktemp("sounds")
    async with AsyncExitStack() as stack:
        for room, name in zip(made, SCHOOLS, strict=True):
            sound = beeps(folder / f"{name}.wav", HERTZ)
            browser = await stack.enter_async_context(chromium(f"--use-file-for-fake-audio-capture={sound}"))
            await room.opens(browser, stack)
        yield made


async def test_the_hub_sees_a_class_and_the_class_s_lamp_says_so(
    house: Crew, hub: Node, rooms: list[Room]
) -> None:
    teacher = Listener(house.http, kinds=("video",))
    async with calls(teacher):
        await teacher.dial(f"{hub.url}/class/whep/{rooms[0].id}")
        await until_true(lambda: teacher.pictures > 3, EVEN, "the class is not seen")
        await until(rooms[0].page, "document.querySelector('[data-lamp=seen][data-state=on]') !== null", EVEN)
    await until(rooms[0].page, "document.querySelector('[data-lamp=seen][data-state=on]') === null", EVEN)


async def test_who_has_the_floor_is_heard_in_the_other_school_and_not_in_its_own(
    house: Crew, hub: Node, rooms: list[Room]
) -> None:
    for speaker, listener in (rooms, rooms[::-1]):
        await give(house.http, hub.url, speaker.id, STREAM)
        await listener.hears()
        assert speaker.node.state.name in await until(listener.page, HOLDER, EVEN)
        await until(
            speaker.page, f"{EAR}.muted && document.querySelector('.floor').dataset.state === 'mine'", EVEN
        )
        await speaker.is_deaf()
        await until(speaker.page, "document.querySelector('[data-lamp=heard][data-state=on]') !== null", EVEN)
    await give(house.http, hub.url, "", STREAM)
    await until(rooms[0].page, "document.querySelector('.floor').hidden", EVEN)


async def test_one_key_on_the_screen_turns_the_camera_off_for_certain(rooms: list[Room]) -> None:
    page = rooms[1].page
    await rooms[1].screen.do(SwitchCapture(camera=False))
    await until(page, "tracks.camera.every((one) => one.readyState === 'ended')", EVEN)
    assert await page.evaluate("tracks.microphone.some((one) => one.readyState === 'live')")
    await rooms[1].screen.do(SwitchCapture(camera=True, microphone=False))
    await until(page, "tracks.camera.some((one) => one.readyState === 'live')", EVEN)
    await until(page, "tracks.microphone.every((one) => one.readyState === 'ended')", EVEN)
    await rooms[1].screen.do(SwitchCapture(microphone=True))


async def test_a_class_in_firefox_is_seen_too(house: Crew, hub: Node) -> None:
    room = Room(*await enrolled(house, hub, "steppe"))
    teacher = Listener(house.http, kinds=("video",))
    async with firefox() as browser, AsyncExitStack() as stack, calls(teacher):
        await room.opens(browser, stack)
        await teacher.dial(f"{hub.url}/class/whep/{room.id}")
        await until_true(lambda: teacher.pictures > 3, EVEN, "the class is not seen")


async def test_cards_before_the_camera_of_a_browser_are_read_by_the_node(
    house: Crew, hub: Node, tmp_path: Path
) -> None:
    drawn = a_class(5, pupils=3, size=(60, 70), hard=False)
    pupils = (structs.replace(held, number=number) for number, held in enumerate(drawn.held, 1))
    scene = structs.replace(drawn, held=tuple(pupils))
    await import_files(hub, tmp_path, "cards")  # first: what comes later waits for the minute's look
    room = Room(*await enrolled(house, hub, "cards"))
    await arrive(room.node, "lesson-planned")
    teacher = quizzes.Page(house.http, hub)
    today = f"{LESSON[0]} {LESSON[2]} {LESSON[4]}"
    async with chromium(camera=film(tmp_path / "cards.y4m", scene)) as browser, AsyncExitStack() as stack:
        await room.opens(browser, stack)
        await room.screen.do(StartLesson(today, STREAM))
        here = await stack.enter_async_context(quizzes.Class(room.node.state))
        check = await teacher.ask(choices=["1", "2", "3", "4"])
        await here.until("asked")
        await until(room.page, "document.querySelector('.question')?.innerText.includes('2 + 2 = ?')", EVEN)
        await here.do(ReadCards(check))
        numbers = sorted(each.number for each in scene.held)
        await here.told(lambda quick: quick.read == tuple(numbers))
        lit = (
            "[...document.querySelectorAll('.roster [data-state=read]')].map((one) => one.textContent).join()"
        )
        await until(room.page, f"{lit} === '{','.join(f'✓ {each}' for each in numbers)}'", EVEN)
        await here.do(ReadCards(check, on=False))
        shown = await teacher.shown(lambda told: quizzes.row_of(told, "cards").get("stage") == "answered")
        letters = [each.letter for each in scene.held]
        assert shown["totals"] == {letter: letters.count(letter) for letter in "ABCD"}
        await teacher.end(check)
        await until(
            room.page, "document.querySelector('.question [data-right]')?.innerText.includes('B')", EVEN
        )
        bars = "[...document.querySelectorAll('.question .share')].map((one) => Number(one.textContent))"
        assert sorted(await room.page.evaluate(bars)) == sorted(letters.count(each) for each in "ABCD")
