"""Quick checks between real daemons: a hub and two schools, of which one is in another lesson."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from edge.contract.commands import StartLesson
from edge.contract.talkback import CountAnswers
from tests.flows.crew import Crew, Node
from tests.flows.journals import facts
from tests.flows.quizzes import STREAM, TODAY, Page, School, row_of
from tests.flows.school import arrive, import_files
from tests.flows.seminar import end

pytestmark = pytest.mark.asyncio(loop_scope="session")

THERE = "Құмсай"
ELSEWHERE = "Ақкемер"


@pytest_asyncio.fixture(loop_scope="session")
async def school(crew: Crew, lesson_vp8: Path, tmp_path: Path) -> AsyncIterator[School]:
    made = School(crew, lesson_vp8)
    await made.start_hub()
    await import_files(made.hub, tmp_path, "akzhar")  # first: what comes later waits for the minute's look
    for name, school_ in ((THERE, "akzhar"), (ELSEWHERE, "dala")):
        await made.join(name, school_)
    await arrive(made.rooms[THERE], "lesson-planned")
    yield made
    await end(made.hub, *made.rooms.values())


async def test_a_typed_check_is_counted_in_one_class_and_not_awaited_from_one_in_another_lesson(
    school: School,
) -> None:
    await school.teaches()
    async with school.screen(THERE) as here, school.screen(ELSEWHERE) as there:
        await here.do(StartLesson(TODAY, STREAM))
        await there.do(StartLesson("", "chemistry"))
        check = await school.page.ask()
        asked = await here.until("asked")
        assert (asked.check, asked.choices, asked.local) == (check, ("3", "4", "5"), False)
        shown = await school.page.shown(
            lambda told: row_of(told, THERE).get("stage") == "asked" and told["elsewhere"] == 1
        )
        assert (row_of(shown, THERE)["of"], row_of(shown, ELSEWHERE)) == (3, {})
        assert await here.refused(CountAnswers(check, (1, 2, 1))) == "counts-wrong"
        await here.do(CountAnswers(check, ()))
        await school.page.shown(lambda told: row_of(told, THERE)["stage"] == "counting")
        await here.do(CountAnswers(check, (1, 2, 0)))
        assert (await here.until("sent")).counts == (1, 2, 0)
        await school.page.shown(lambda told: told["totals"] == {"A": 1, "B": 2, "C": 0})
        await here.do(CountAnswers(check, (0, 3, 0)))
        await school.page.shown(lambda told: told["totals"] == {"A": 0, "B": 3, "C": 0})
        await school.page.end(check)
        assert (await here.until("ended")).right == "B"
        assert await there.refused(CountAnswers(check, (1, 1, 0))) == "no-check"
    assert [fact.school for fact in facts(school.hub.state, "check-answered")] == ["akzhar", "akzhar"]


async def test_a_school_that_watches_and_has_begun_no_lesson_is_listed_until_it_begins_one(
    school: School,
) -> None:
    await school.teaches()
    await school.page.ask()
    await school.page.shown(
        lambda told: [row_of(told, name).get("stage") for name in (THERE, ELSEWHERE)] == ["idle", "idle"]
    )
    async with school.screen(THERE) as here:
        await here.do(StartLesson(TODAY, STREAM))
        await school.page.shown(
            lambda told: [row_of(told, name).get("stage") for name in (THERE, ELSEWHERE)] == ["asked", "idle"]
        )


async def test_two_pages_of_a_lesson_see_the_same_check_and_only_one_asks(school: School) -> None:
    await school.teaches()
    first, second = school.page, Page(school.crew.http, school.hub)
    check = await first.ask()
    assert (await second.get())["running"]["id"] == check
    status, refused = await second.post("", {"text": "?", "choices": ["1", "2"]})
    assert (status, refused["key"]) == (409, "check-runs")
    await second.end(check)
    await first.end(check)
    shown = await first.get()
    assert (shown["running"]["ended"], [each["id"] for each in shown["past"]]) == (True, [check])
    again = await second.ask(text="3 + 3 = ?", choices=["5", "6"], right="")
    shown = await first.get()
    assert (shown["running"]["id"], shown["running"]["right"]) == (again, "")
    assert [each["id"] for each in shown["past"]] == [check]


async def test_kills_of_hub_and_classroom_lose_no_answer_and_the_check_goes_on(school: School) -> None:
    await school.teaches()
    async with school.screen(THERE) as here:
        await here.do(StartLesson(TODAY, STREAM))
        check = await school.page.ask()
        await here.until("asked")
        await school.hub.kill()
        await here.do(CountAnswers(check, (0, 2, 1)))
    await school.rooms[THERE].kill()  # what was answered is on the disk
    await school.restart(THERE)
    await school.start_hub()
    running = (await school.page.get())["running"]
    assert (running["id"], running["ended"]) == (check, False)
    async with school.screen(THERE) as here:
        assert (await here.until("sent")).counts == (0, 2, 1)
        await school.page.shown(lambda told: told["totals"] == {"A": 0, "B": 2, "C": 1})
        await school.page.end(check)
        await here.until("ended")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"text": "", "choices": ["1", "2"]}, "text-missing"),
        ({"text": "?", "choices": ["1"]}, "choices-wrong"),
        ({"text": "?", "choices": ["1", " "]}, "choices-wrong"),
        ({"text": "?", "choices": ["1", "2"], "right": "C"}, "right-wrong"),
        ({"text": "x" * 301, "choices": ["1", "2"]}, "too-long"),
        ({"text": "$\\frac{1}$", "choices": ["1", "2"]}, "formula-wrong"),
        ({"text": 7, "choices": ["1", "2"]}, "bad-request"),
        ({"item": "0" * 64, "number": 1}, "not-found"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_a_word(
    hub: Node, house: Crew, body: dict[str, object], key: str
) -> None:
    status, refused = await Page(house.http, hub).post("", body)
    assert (status, refused["key"]) == (404 if key == "not-found" else 400, key)


async def test_nobody_asks_where_nobody_teaches(hub: Node, house: Crew) -> None:
    page = Page(house.http, hub, "empty")
    status, refused = await page.post("", {"text": "?", "choices": ["1", "2"]})
    assert (status, refused["key"]) == (409, "no-publisher")
    assert (await page.post("/0123456789abcdef/end"))[1]["key"] == "no-check"
    assert (await page.get())["running"] is None
