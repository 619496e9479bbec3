"""The class's side of a lesson at the screen, in a real terminal at real daemons below a real hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from edge.classroom.choices import FILE, Chosen
from edge.client import Client
from edge.contract.answers import Checks, PreparedSet
from edge.contract.commands import StartLesson
from edge.contract.talkback import ListChecks
from edge.dialogue.switches import FILE as SWITCHES
from edge.dialogue.switches import Chosen as Switched
from tests.cards.scenes import Held, Lens, Scene, still
from tests.flows.classes import Listener, Speaker, calls, give
from tests.flows.crew import Crew, Node, until, until_told
from tests.flows.journals import facts
from tests.flows.quizzes import PATIENCE, STREAM, Page, films
from tests.flows.school import ARRIVAL, LISTENS, arrive, good, import_files, invited, written
from tests.flows.seminar import end, node_id
from tests.flows.terminal import Terminal, needs_tmux, screen_of

pytestmark = [pytest.mark.asyncio(loop_scope="session"), needs_tmux]

SET = "Сұрақ;A;B;Дұрыс жауап\nДеңгей деген не?;күш;энергия;B\n"
TONE = 700.0  # Hz that the class sounds
HELD = Scene((Held(1, "A", 500, 400, 60), Held(2, "C", 900, 600, 60), Held(3, "B", 1400, 600, 60)), Lens(), 1)


class School:
    """A hub that teaches, a classroom below it, and the pages of both."""

    def __init__(self, crew: Crew, hub: Node, room: Node) -> None:
        self.crew = crew
        self.hub = hub
        self.room = room
        self.page = Page(crew.http, hub)
        self.today = datetime.now(UTC).astimezone().date()  # the screen shows the day's lessons

    async def start_lesson(self) -> None:
        """Begin the lesson, as another screen does."""
        async with Client(self.room.state / "tirek.sock") as client:
            await client.do(StartLesson(f"7Б {self.today} 08:30", STREAM))

    def screen(self, *flags: str) -> AbstractAsyncContextManager[Terminal]:
        """Open the teacher's screen in English."""
        return screen_of(self.room.state / "tirek.sock", self.crew.folder / "screen", "--lang", "en", *flags)


@pytest_asyncio.fixture(loop_scope="session")
async def school(crew: Crew, lesson_vp8: Path, tmp_path: Path) -> AsyncIterator[School]:
    hub = await crew.node("hub", LISTENS, 'school = "hub"')
    await crew.publisher(str(lesson_vp8), f"{hub.url}/whip/{STREAM}", "--loop")
    (tmp_path / "Құмсай").mkdir()
    (tmp_path / "Құмсай" / FILE).write_bytes(msgspec.json.encode(Chosen("en", welcomed=True)))
    room = await crew.node("Құмсай")
    school = School(crew, hub, room)
    # First: what comes later waits for the minute's look.
    await import_files(hub, tmp_path, "akzhar", school.today)
    await good(hub, "checks", "import", str(written(tmp_path, "Энергия.csv", SET)))
    await good(room, "enroll", hub.door, await invited(hub, "akzhar"))
    await arrive(room, "lesson-planned")
    yield school
    await end(school.hub, school.room)


async def test_a_check_of_the_hub_is_answered_by_hands_at_the_screen(school: School) -> None:
    await school.start_lesson()
    async with school.screen() as screen:
        await screen.shows("Today", "F1 Help")
        check = await school.page.ask()
        await screen.shows(
            "The hub school asks a question", "2 + 2 = ?", "A  3", "B  4", "C  5", seconds=PATIENCE
        )
        await screen.keys("Right", "Down", "Right", "Right")
        await screen.shows("Counted: 3, present by the roll call: 3.")
        await school.page.shown(lambda told: any(each["stage"] == "counting" for each in told["classes"]))
        await _until_taken(screen, "The class's answer is saved and goes to the hub school.")
        await school.page.shown(lambda told: told["totals"] == {"A": 1, "B": 2, "C": 0})
        await school.page.end(check)
        await screen.shows("The check has ended.", "right answer  2", seconds=PATIENCE)
    (fact,) = facts(school.hub.state, "check-answered")
    assert msgspec.json.decode(fact.body)["counts"] == {"A": 1, "B": 2}


async def test_cards_are_read_to_the_end_by_one_key(school: School) -> None:
    await school.start_lesson()
    async with school.screen() as screen, asyncio.TaskGroup() as tasks:
        page = tasks.create_task(films(school.crew.http, school.room, [still(HELD)]))
        await screen.shows("Today", "running")
        await school.page.ask(text=r"$\frac{1}{2x}=?$", choices=[r"$\sqrt{2}x$", "2", "3", "4"])
        await screen.shows("1/(2x) = ?", "A  √2·x", "Enter reads the cards.", seconds=PATIENCE)
        await _until_taken(screen, "Cards are being read.")
        await screen.shows("Cards read: 3 of 3: 1 2 3", seconds=PATIENCE)
        await screen.keys("Enter")
        await screen.shows("The class's answer is saved", seconds=PATIENCE)
        page.cancel()
    (fact,) = facts(school.hub.state, "check-answered")
    held = {str(each.number): each.letter for each in HELD.held}
    assert msgspec.json.decode(fact.body)["choices"] == held


async def test_a_roll_is_called_by_cards_and_signed_by_the_teacher(school: School) -> None:
    await school.start_lesson()
    async with school.screen() as screen, asyncio.TaskGroup() as tasks:
        page = tasks.create_task(films(school.crew.http, school.room, [still(HELD)]))
        await screen.shows("Today", "running")  # before that no key counts
        await screen.keys("F2")
        await screen.shows("Roll call by cards")
        await screen.keys("F5")
        await screen.shows("Cards read: 3 of 3: 1 2 3", "Not signed.", seconds=PATIENCE)
        assert facts(school.room.state, "register-taken") == []
        await screen.keys("F5")
        await screen.shows("Roll call by cards")
        await screen.keys("Enter")
        await screen.shows("Saved and signed.")
        page.cancel()
    (fact,) = facts(school.room.state, "register-taken")
    assert msgspec.json.decode(fact.body)["marks"] == dict.fromkeys("123", "present")


async def test_a_prepared_question_is_asked_while_the_hub_is_away(school: School) -> None:
    async with Client(school.room.state / "tirek.sock") as client:
        await until_told(lambda: _sets(client), ARRIVAL, "the set never came")
    await school.start_lesson()
    await school.hub.kill()
    async with school.screen() as screen:
        await screen.shows("Today", "running")
        await screen.keys("Enter")
        await screen.shows("Lesson", "F11 Quick check", seconds=PATIENCE)
        await screen.keys("F11")
        await screen.shows("Энергия")
        await screen.press_until("Enter", "choose a set")
        await screen.press_until("Enter", "Enter asks the class.")
        await screen.shows("The question is put to the class.")
        await screen.keys("Right")
        await screen.shows("Counted: 1")
        await _until_taken(screen, "The class's answer is saved.")
        await _until_taken(screen, "The check has ended.")
        await screen.shows("right answer")


async def test_what_is_switched_off_at_the_screen_is_heard_by_nobody_and_stays_off(school: School) -> None:
    await school.start_lesson()
    page, teacher = Speaker(school.crew.http, TONE), Listener(school.crew.http)
    async with school.screen() as screen, calls(page, teacher), asyncio.TaskGroup() as tasks:
        open_page = tasks.create_task(films(school.crew.http, school.room, [b""]))
        await page.dial(f"{school.room.url}/class/whip")
        await teacher.dial(f"{school.hub.url}/floor/whep/{STREAM}")
        await screen.shows("Today", "○ not seen, not heard")  # news is what comes after this
        await give(school.crew.http, school.hub.url, node_id(school.room), STREAM)
        await screen.shows("Your class has been given the floor.", seconds=PATIENCE)  # it passes
        await teacher.hears_tone(TONE)
        await screen.shows("Today", "● seen ● heard", seconds=PATIENCE)
        await screen.keys("Enter")
        await screen.shows("F4 microphone ● the class is heard", "Your class has the floor", seconds=PATIENCE)
        await screen.keys("F4")
        await screen.shows("F4 microphone ✕ switched off", "but the microphone is switched off", "● seen")
        await teacher.hears_nothing()
        await screen.keys("F5")
        await screen.shows("F5 camera ✕ switched off", "○ not seen, not heard")
        await until(lambda: switched(school.room) == Switched(False, False), why="never on the disk")
        open_page.cancel()
        await school.room.kill()
        await screen.shows("Please wait")
        school.room = await school.crew.node(school.room.state.name)
        await screen.shows("F4 microphone ✕ switched off", "F5 camera ✕ switched off", seconds=PATIENCE)


def switched(node: Node) -> Switched:
    """Return what is kept of camera and microphone."""
    return msgspec.json.decode((node.state / SWITCHES).read_bytes(), type=Switched)


async def _sets(client: Client) -> tuple[PreparedSet, ...]:
    return (await client.ask(ListChecks(), Checks)).sets


async def _until_taken(screen: Terminal, text: str) -> None:
    """Press Enter until it is taken: a page that opened by itself takes none in its first moment."""
    await screen.keys("Enter")
    try:
        await screen.shows(text, seconds=15.0)
    except AssertionError:
        await screen.keys("Enter")
        await screen.shows(text)
