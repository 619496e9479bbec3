"""The pages of schools on real nodes: seen and heard by all, cards read, and nobody hears himself."""

import asyncio
import math
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from msgspec import structs

from edge import words
from edge.client import Client
from edge.contract.commands import StartLesson
from edge.contract.talkback import ReadCards, SwitchCapture
from tests.browsers import Browser, Page, chromium, firefox, until
from tests.browsers.plugs import LISTEN, PLUGS
from tests.cards.rooms import HIGH, WIDE
from tests.cards.scenes import Scene, a_class, frames, picture
from tests.flows import quizzes
from tests.flows.classes import Listener, calls, give
from tests.flows.crew import Crew, Node, until_told
from tests.flows.crew import until as until_true
from tests.flows.school import LESSON, LISTENS, arrive, good, import_files, written
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
FLOOR = "document.querySelector('#floor')"
WHO = "document.querySelector('#floor-who').textContent"
TROUBLE = "[...document.querySelectorAll('.troubles p')].map((one) => one.textContent).join('|')"
CALM = 8  # seconds of a lesson in which two pages that fight would have taken turns ten times
SOON = 20.0  # seconds: the page that was killed counts as there for 5
FILMED = 12  # pictures of a class with its cards, 2.4 s


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
    """Write what a camera sees of a class that holds up its cards, 37 MB of it."""
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDE} H{HIGH} F5:1 Ip C420jpeg\n".encode())
        for still in frames(scene, FILMED):
            out.write(b"FRAME\n" + picture(still).tobytes() + b"\x80" * (WIDE * HIGH // 2))
    return path


def whips(page: Page) -> int:
    """Return how often a page asked to send its class."""
    return sum(each.endswith("/class/whip") for each in page.requests)


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


async def test_two_pages_of_one_classroom_do_not_fight_and_the_other_takes_over(
    house: Crew, hub: Node
) -> None:
    room = Room(*await enrolled(house, hub, "twins"))
    url = f"{room.node.url.replace('127.0.0.1', 'localhost')}/?lang=en"
    teacher = Listener(house.http, kinds=("video",))
    async with chromium() as spare, calls(teacher):
        async with chromium() as browser, AsyncExitStack() as stack:
            await room.opens(browser, stack)
            other = await spare.open(url, PLUGS)
            await until(other, f"{TROUBLE} === '{words.load('en')['class-elsewhere']}'", EVEN)
            await until(other, PLAYS, EVEN)
            await until(other, f"document.querySelector('#video').currentTime > {CALM}", EVEN)
            assert (whips(room.page), whips(other)) == (1, 0)
            await room.page.go(url)
            await until(room.page, "tracks.camera.some((one) => one.readyState === 'live')", EVEN)
            await until_true(lambda: whips(room.page) == 2, EVEN, "it was not sent again")
            assert await other.evaluate("wishes.length") == 0
        # That browser was killed, by a signal nobody can catch.
        await until(other, "tracks.camera.some((one) => one.readyState === 'live')", SOON)
        await teacher.dial(f"{hub.url}/class/whep/{room.id}")
        await until_true(lambda: teacher.pictures > 3, EVEN, "the class is not seen")
        assert await other.evaluate(TROUBLE) == ""


def give_to(id_: str) -> str:
    return f"#schools li[data-node='{id_}'] .ways button"


async def test_two_teaching_pages_of_one_lesson_show_the_same_floor_and_each_can_take_it_back(
    house: Crew, hub: Node, rooms: list[Room]
) -> None:
    async with chromium() as one, firefox() as other:
        pages = [
            await browser.open(f"{hub.url}/teach?lang=en", f"localStorage.setItem('stream', '{STREAM}');")
            for browser in (one, other)
        ]
        for page in pages:
            for room in rooms:
                await until(page, f'document.querySelector("{give_to(room.id)}") !== null', EVEN)
        for room, (giver, taker) in zip(rooms, (pages, pages[::-1]), strict=True):
            await giver.click(give_to(room.id))
            for page in pages:
                await until(page, f"{FLOOR}.dataset.state === 'held'", EVEN)
                assert room.node.state.name in await until(page, WHO, EVEN)
            await until(room.page, "document.querySelector('.floor').dataset.state === 'mine'", EVEN)
            await taker.click("#floor-back")
            for page in pages:
                await until(page, f"{FLOOR}.dataset.state === 'free'", EVEN)
            await until(room.page, "document.querySelector('.floor').hidden", EVEN)
        await asyncio.gather(*(page.click(give_to(room.id)) for page, room in zip(pages, rooms, strict=True)))
        await until_told(lambda: agreed(pages), EVEN, "two pages of one lesson never show the same")
        await pages[0].click("#floor-back")
        for page in pages:
            await until(page, f"{FLOOR}.dataset.state === 'free'", EVEN)


async def agreed(pages: Sequence[Page]) -> bool:
    """Tell whether all pages show the same class with the floor."""
    shown = [await page.evaluate(f"[{FLOOR}.dataset.state, {WHO}]") for page in pages]
    return shown[0][0] == "held" and all(each == shown[0] for each in shown)


async def test_cards_before_the_camera_of_a_browser_are_read_by_the_node(
    house: Crew, hub: Node, tmp_path: Path
) -> None:
    drawn = a_class(5)
    pupils = (structs.replace(held, number=number) for number, held in enumerate(drawn.held, 1))
    scene = structs.replace(drawn, held=tuple(pupils))
    await import_files(hub, tmp_path, "cards")  # first: what comes later waits for the minute's look
    roster = "".join(f"7Б;{each.number};Оқушы {chr(ord('А') + each.number)}\n" for each in scene.held)
    file = written(tmp_path, "class.csv", f"Класс;№;ФИО\n{roster}")
    await good(hub, "roster", "import", str(file), "--school", "cards")
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
