"""What classes answer comes to the hub once and whole: through its power cuts, without it, and from cards."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from msgspec import structs

from edge.contract.answers import Checks, PreparedSet
from edge.contract.commands import StartLesson
from edge.contract.talkback import AskCheck, CountAnswers, EndCheck, ListChecks, ReadCards
from tests.cards.scenes import OTHER, Scene, a_class, frames, still
from tests.flows.crew import Crew, Json, Node, until, until_told
from tests.flows.journals import facts, faults, journal_of
from tests.flows.quizzes import PATIENCE, STREAM, TODAY, Class, School, exported, films, row_of
from tests.flows.school import ARRIVAL, arrive, good, import_files, written
from tests.flows.seminar import end

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHOOLS = {"Құмсай": "akzhar", "Ақкемер": "dala"}
HERE, THERE = SCHOOLS
ANSWER = "check-answered"
SET = "Сұрақ;A;B;Дұрыс жауап\nДеңгей деген не?;күш;энергия;B\nЕң жылдамы?;жарық;дыбыс;A\n"
UNSENT = "SELECT count(*) FROM stream WHERE class = 'answer' AND acked < head"
SWAYS = 4  # pictures of a class that are different; then they come again

Moment = Callable[[School, int], Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def school(crew: Crew, lesson_vp8: Path) -> AsyncIterator[School]:
    made = School(crew, lesson_vp8)
    await made.start_hub()
    yield made
    await end(made.hub, *made.rooms.values())


async def _enrols(school: School, name: str, folder: Path) -> None:
    """Start a classroom whose school has a roster and a timetable: what comes later waits for a minute."""
    await import_files(school.hub, folder, SCHOOLS[name])
    await school.join(name, SCHOOLS[name])
    await arrive(school.rooms[name], "lesson-planned", 2)


async def _before_it_is_read(school: School, answers: int) -> None:
    """The newest answer is in the hub's computer, and the hub has not read it."""
    await until(lambda: _unread(school.hub), PATIENCE, "nothing was sent to the hub")
    assert len(facts(school.hub.state, ANSWER)) == answers - 1


async def _when_it_is_written(school: School, answers: int) -> None:
    """It is on the hub's disk; the class may know of that or not."""
    await arrive(school.hub, ANSWER, answers)


async def _after_it_is_acknowledged(school: School, _: int) -> None:
    """The class knows that the hub has it."""
    await until(lambda: _unsent(school.rooms[HERE]) == 0, PATIENCE, "never acknowledged")


def _unread(hub: Node) -> int:
    """Return how many bytes nodes have sent to a hub that it has not read yet: proc(5), net/tcp."""
    port = f":{int(hub.door.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(port) and row[3] == "01")


def _unsent(room: Node) -> int:
    """Return how many streams of answers the hub has not acknowledged to their end."""
    with closing(sqlite3.connect(journal_of(room.state), timeout=15)) as db:
        return int(db.execute(UNSENT).fetchone()[0])


MOMENTS: dict[Moment, tuple[int, int, int]] = {
    _before_it_is_read: (0, 2, 1),
    _when_it_is_written: (3, 0, 0),
    _after_it_is_acknowledged: (1, 1, 1),
}


async def test_each_answer_is_in_the_hubs_journal_once_whenever_the_hub_is_killed(school: School) -> None:
    await school.join(HERE, SCHOOLS[HERE])
    await school.teaches()
    async with school.screen(HERE) as here:
        await here.do(StartLesson("", STREAM))
        check = await school.page.ask()
        await here.until("asked")
        for number, (moment, counts) in enumerate(MOMENTS.items(), 1):
            if moment is _before_it_is_read:
                school.hub.child.send_signal(signal.SIGSTOP)
            await here.do(CountAnswers(check, counts))
            await moment(school, number)
            await school.hub.kill()
            await school.start_hub()
            totals = dict(zip("ABC", counts, strict=True))
            await school.page.shown(partial(_has, totals))
            await _after_it_is_acknowledged(school, number)
        await school.page.end(check)
        await here.until("ended")
    answers = [fact.id for fact in facts(school.rooms[HERE].state, ANSWER)]
    assert len(answers) == len(MOMENTS)
    assert [fact.id for fact in facts(school.hub.state, ANSWER)] == answers
    assert faults(school.hub.state) == []


def _has(totals: dict[str, int], told: Json) -> bool:
    return bool(told["totals"] == totals)


async def test_a_prepared_set_is_asked_without_the_hub_and_its_results_come_to_the_export(
    school: School, tmp_path: Path
) -> None:
    await good(school.hub, "checks", "import", str(written(tmp_path, "Энергия.csv", SET)))
    await _enrols(school, HERE, tmp_path)
    async with school.screen(HERE) as here:
        (kept,) = await until_told(lambda: _sets(here), ARRIVAL, "the set never came")
        await school.hub.kill()
        await here.do(StartLesson(TODAY))
        for number, counts in ((2, (1, 2)), (1, (0, 3))):
            await _asks(here, kept, number, counts)
    await school.start_hub()
    await arrive(school.hub, "check-ended", 2)
    rows = [row for row in await exported(school.hub) if row["school"] == SCHOOLS[HERE]]
    shown = ("class", "date", "local", "item", "place", "question", "right", "of", "A", "B", "rights")
    about = (*TODAY.split()[:2], True, kept.item)
    assert [tuple(row[key] for key in shown) for row in rows] == [
        (*about, 2, "Ең жылдамы?", "A", 3, 1, 2, 1),
        (*about, 1, "Деңгей деген не?", "B", 3, 0, 3, 3),
    ]


async def _sets(here: Class) -> tuple[PreparedSet, ...]:
    return (await here.client.ask(ListChecks(), Checks)).sets


async def _asks(here: Class, kept: PreparedSet, number: int, counts: tuple[int, ...]) -> None:
    """Put a question of a set, answer it, end it and put it away."""
    await here.do(AskCheck(kept.item, number))
    asked = await here.told(lambda quick: quick.stage == "asked")
    assert (asked.text, asked.local) == (kept.questions[number - 1].text, True)
    await here.do(CountAnswers(asked.check, counts))
    assert (await here.until("sent")).counts == counts
    await here.do(EndCheck(asked.check))
    await here.until("ended")
    await here.do(EndCheck(asked.check))
    await here.until("none")


def _scene(seed: int, *letters: str) -> Scene:
    """Draw a class of which each holds up a letter, "" between two, by number, and a guest with a card."""
    drawn = a_class(seed, pupils=len(letters) + 1, size=(60, 70), hard=False)
    *pupils, guest = (structs.replace(held, glare=0.0) for held in drawn.held)
    held = [
        structs.replace(each, number=number, letter=letter)
        for number, (each, letter) in enumerate(zip(pupils, letters, strict=True), 1)
    ]
    return structs.replace(drawn, held=(*held, structs.replace(guest, number=1, class_=OTHER)))


async def test_cards_read_in_two_classes_are_at_the_hub_by_number(school: School, tmp_path: Path) -> None:
    scenes = {HERE: _scene(5, "A", "C", "D"), THERE: _scene(6, "B", "", "A")}
    await asyncio.gather(*(_enrols(school, name, tmp_path) for name in SCHOOLS))
    await school.teaches()
    async with school.screen(HERE) as here, school.screen(THERE) as there, asyncio.TaskGroup() as tasks:
        screens = {HERE: here, THERE: there}
        pages = [tasks.create_task(_filmed(school, name, scene)) for name, scene in scenes.items()]
        for screen in screens.values():
            await screen.do(StartLesson(TODAY, STREAM))
        check = await school.page.ask(choices=["1", "2", "3", "4"], right="A")
        await asyncio.gather(*(_reads(screens[name], check, scene) for name, scene in scenes.items()))
        shown = await school.page.shown(
            lambda told: all(row_of(told, name).get("stage") == "answered" for name in SCHOOLS)
        )
        for page in pages:
            page.cancel()
    assert shown["totals"] == {"A": 2, "B": 1, "C": 1, "D": 1}
    assert {name: row_of(shown, name)["read"] for name in SCHOOLS} == {HERE: 3, THERE: 2}
    answers = {fact.school: msgspec.json.decode(fact.body) for fact in facts(school.hub.state, ANSWER)}
    assert {name: each["choices"] for name, each in answers.items()} == {
        "akzhar": {"1": "A", "2": "C", "3": "D"},
        "dala": {"1": "B", "3": "A"},
    }
    rows = await exported(school.hub, "--pupils")
    assert {row["school"]: (row["pupils"], row["of"], row["rights"]) for row in rows} == {
        "akzhar": ("1=A 2=C 3=D", 3, 1),
        "dala": ("1=B 3=A", 3, 1),
    }
    kept = [path for room in school.rooms.values() for path in room.state.rglob("*.jp*g")]
    assert kept == []


async def _filmed(school: School, name: str, scene: Scene) -> None:
    """Hold a class before the camera of its room until cancelled."""
    stills = [still(each) for each in frames(scene, SWAYS)]
    await films(school.crew.http, school.rooms[name], stills)


async def _reads(screen: Class, check: str, scene: Scene) -> None:
    """Read what a class holds up, and answer with it."""
    mine = sorted(each.number for each in scene.held if each.class_ != OTHER and each.letter)
    await screen.until("asked")
    await until_told(lambda: _begins(screen, check), PATIENCE, "its page never came")
    quick = await screen.told(lambda quick: quick.read == tuple(mine) and quick.strangers == 1)
    assert sorted((*quick.read, *quick.missing)) == [1, 2, 3]
    await screen.do(ReadCards(check, on=False))


async def _begins(screen: Class, check: str) -> bool:
    """Begin to read; false while the page has not said that it has a camera."""
    refused = await screen.refused(ReadCards(check))
    assert refused in ("", "page-missing", "camera-missing")
    return not refused
