"""The teacher's screen in a real terminal, at a real daemon: keys are typed, the screen is read."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from edge import demo_journal
from edge.classroom.choices import FILE, Chosen
from edge.demo_journal import CLASS, SCHOOL
from tests.flows.crew import Crew, Node, until, until_told
from tests.flows.journals import facts
from tests.flows.terminal import Terminal, needs_tmux, screen_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_tmux]

CONFIG = (f'school = "{SCHOOL}"', 'simulate = ["thermometer", "robot"]', 'pin = "4729"')
# What stands on Today, on the signed register, and at the lesson that nobody gives.
SAYS = {
    "kk": ("Бүгін", "Сақталды", "Сабақ"),
    "ru": ("Сегодня", "Сохранено", "Урок"),
    "en": ("Today", "Saved", "Lesson"),
}


class Classroom:
    """A node with a day's lessons and a class, and its screens."""

    def __init__(self, crew: Crew, folder: Path) -> None:
        self.crew = crew
        self.folder = folder
        self.state = folder / "room"
        self.socket = self.state / "tirek.sock"

    def furnish(self, lang: str = "kk", welcomed: bool = True) -> None:
        """Lay out what was there before the daemon starts."""
        self.state.mkdir()
        (self.state / FILE).write_bytes(msgspec.json.encode(Chosen(lang, welcomed=welcomed)))
        demo_journal.furnish(self.state)

    async def start(self) -> Node:
        """Start the daemon."""
        return await self.crew.node("room", *CONFIG)

    def registers(self) -> list[dict[str, object]]:
        """Return the registers on the disk."""
        return [msgspec.json.decode(each.body) for each in facts(self.state, "register-taken")]


@pytest_asyncio.fixture(loop_scope="session")
async def room(crew: Crew, tmp_path: Path) -> AsyncIterator[Classroom]:
    yield Classroom(crew, tmp_path)


async def _signs(screen: Terminal, saved: str) -> None:
    """Take the register of the lesson that is due, two pupils not present: eight keys."""
    await screen.keys("F2")
    await screen.shows("Тимур Ким")
    await screen.keys("Down", "Down", "Space", "Down", "Space", "Space", "Enter")
    await screen.shows(saved)


@pytest.mark.parametrize("lang", SAYS)
async def test_a_day_begins_with_today_and_a_register_takes_eight_keys(room: Classroom, lang: str) -> None:
    today, saved, _ = SAYS[lang]
    room.furnish(lang)
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows(today, "Геометрия", CLASS)
        await _signs(screen, saved)
        (register,) = room.registers()
        marks = register["marks"]
        assert isinstance(marks, dict)
        assert {number: code for number, code in marks.items() if code != "present"} == {
            "3": "late",
            "4": "ill",
        }
        await screen.keys("Escape")
        await screen.shows(today, "Геометрия")


async def test_the_first_run_asks_for_the_language_and_ends_at_today(room: Classroom) -> None:
    room.furnish(welcomed=False)
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Қазақша", "Русский", "English")
        await screen.keys("Down", "Down", "Enter")
        await screen.shows(SCHOOL)
        await screen.keys("Enter")
        await screen.loses(SCHOOL)
        await screen.keys("F5")
        await screen.shows("Today", "Геометрия")
        await until(lambda: msgspec.json.decode((room.state / FILE).read_bytes(), type=Chosen).welcomed)


async def test_a_screen_that_comes_before_the_daemon_waits_and_goes_on_by_itself(room: Classroom) -> None:
    room.furnish("en")
    async with screen_of(room.socket, room.folder / "screen", "--lang", "en") as screen:
        assert "Геометрия" not in await screen.shows("by itself")
        await room.start()
        await screen.shows("Today", "Геометрия")


async def test_marks_that_are_not_saved_outlive_a_daemon_that_is_killed(room: Classroom) -> None:
    room.furnish("en")
    node = await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Геометрия")
        await screen.keys("F2")
        await screen.shows("Тимур Ким")
        await screen.keys("Space")
        await screen.shows("late")
        await node.kill()
        await screen.shows("by itself")
        await room.start()
        await screen.shows("late", "Тимур Ким")
        await screen.keys("Enter")
        await screen.shows("Saved")
    (register,) = room.registers()
    assert register["marks"] == {str(n): "late" if n == 1 else "present" for n in range(1, 13)}


async def test_marks_that_are_not_signed_outlive_a_screen_that_is_killed(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "one") as one:
        await one.shows("Геометрия")
        await one.keys("F2")
        await one.shows("Тимур Ким")
        await one.keys("Down", "Space", "Space")
        await one.shows("ill")
        await until((room.state / "drafts.json").is_file)
    assert room.registers() == []
    async with screen_of(room.socket, room.folder / "other") as other:
        await other.shows("Геометрия")
        await other.keys("F2")
        await other.shows("ill", "Not signed")
        await other.keys("Enter")
        await other.shows("Saved")
    (register,) = room.registers()
    assert register["marks"] == {str(n): "ill" if n == 2 else "present" for n in range(1, 13)}


async def test_two_screens_show_the_same_and_one_that_is_killed_costs_nothing(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "one") as one:
        await one.shows("Геометрия")
        async with screen_of(room.socket, room.folder / "other", "--lang", "ru") as other:
            await other.shows("Геометрия")
            await other.keys("Enter")
            await other.shows("Урок")
            await one.shows("running")
        await one.keys("Enter")  # the other one is gone, its lesson is not
        await one.shows("Lesson", "Геометрия")


async def test_a_lesson_is_live_paused_and_live_again(room: Classroom, lesson: Path) -> None:
    room.furnish("en")
    node = await room.start()
    await room.crew.publisher(str(lesson), f"{node.url}/whip/lesson", "--loop")
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Геометрия", "live")
        await screen.keys("Enter")
        await screen.shows("Live")
        await screen.shows("Being recorded")
        await screen.keys("Space")
        await screen.shows("Paused")
        await screen.keys("F8")
        await screen.loses("Paused")
        await screen.shows("Live")


async def test_the_robot_runs_and_f12_stops_it_from_another_page(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Геометрия")
        await screen.keys("F4")
        await screen.shows("simulated")
        await screen.keys("F8")
        await screen.shows("Robots")
        await screen.keys("Enter")
        await screen.shows("what is it to do?", "Dance")
        await screen.press_until("Enter", "what is it to do?")
        await screen.shows("Follow the line", "started")
        await screen.keys("Escape", "Escape")
        await screen.keys("F12")
        await screen.shows("stopped")


async def test_a_kiosk_is_left_by_no_key(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen", "--kiosk") as screen:
        await screen.shows("Геометрия")
        for key in ("C-q", "C-c", "C-z", "C-d", "C-\\", "Escape", "q"):
            await screen.keys(key)
        await screen.keys("F1")
        await screen.shows("Help")
        assert not await screen.ended()


async def test_a_screen_that_may_be_closed_is_closed_by_ctrl_q(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Геометрия")
        await screen.keys("C-q")
        await until_told(screen.ended)


async def test_a_window_that_is_too_small_says_so_and_comes_back(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        await screen.shows("Геометрия")
        await screen.resize(60, 15)
        await screen.shows("80")
        await screen.resize(80, 24)
        await screen.shows("Геометрия", CLASS, "F1 Help")


async def test_a_terminal_without_unicode_gets_plain_signs(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen", "--ascii") as screen:
        seen = await screen.shows("Today")
        assert not any(sign in seen for sign in "●■▲▽✕◷✓│─█")


async def test_every_key_has_a_click_that_does_the_same(room: Classroom) -> None:
    room.furnish("en")
    await room.start()
    async with screen_of(room.socket, room.folder / "screen") as screen:
        footer = (await screen.shows("F2 Roll call", "F1 Help")).splitlines()[-1]
        await screen.click(footer.index("F2"), 23)
        await screen.shows("Тимур Ким")
