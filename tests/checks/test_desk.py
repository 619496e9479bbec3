"""The hub's side: asked and ended on a page, answered below, through cut links and nodes that end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.talkback import AskCheck, CountAnswers, EndCheck, ReadCards
from sync.records import CheckAnswered, CheckAsked, CheckEnded, LessonStarted, decode
from tests.checks.peers import DEADLINE, LESSON, STREAM, Node, closing, pictured, row_of
from tests.flows.crew import until
from tests.flows.journals import facts

THERE, OTHER = "Құмсай", "Ақкемер"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "hub", "Тірек", "hub")
    made.live = {STREAM}
    with closing(made):
        yield made


@pytest.fixture
def rooms(tmp_path: Path, hub: Node) -> Iterator[list[Node]]:
    made = [Node(tmp_path / "there", THERE, "aul"), Node(tmp_path / "other", OTHER, "dala")]
    with closing(*made):
        for each in made:
            hub.admits(each)
        made[0].begin()
        made[0].roster()
        yield made


async def test_every_class_of_the_lesson_answers_and_who_is_in_another_one_is_only_counted(
    hub: Node, rooms: list[Node]
) -> None:
    there, other = rooms
    other.begin("5А 2026-11-26 08:30", "chemistry")
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        for each in rooms:
            hub.is_parent_of(each, address)
        async with there.runs(), other.runs():
            check = await page.ask()
            await there.until("asked")
            shown = await page.shown(lambda told: row_of(told, THERE) != {} and told["elsewhere"] == 1)
            assert (row_of(shown, THERE)["of"], row_of(shown, OTHER)) == (5, {})
            await there.do(ReadCards(check))
            there.hold_up("BB")
            await page.shown(
                lambda told: (row_of(told, THERE)["stage"], row_of(told, THERE)["read"]) == ("reading", 2)
            )
            await there.do(ReadCards(check, on=False))
            shown = await page.shown(lambda told: row_of(told, THERE)["stage"] == "answered")
            assert shown["totals"] == row_of(shown, THERE)["counts"] == {"A": 0, "B": 2, "C": 0}
            await page.end(check)
            await there.until("ended")


async def test_a_class_two_tiers_below_is_heard_of_and_answers(tmp_path: Path, hub: Node) -> None:
    middle, room = Node(tmp_path / "middle", "Орта", "mid"), Node(tmp_path / "room", THERE, "aul")
    with closing(middle, room):
        hub.admits(middle, enrols=True)
        middle.admits(room)
        middle.pulled = middle.live = {STREAM}
        room.begin()
        async with hub.page() as page, hub.nodes_door() as top, middle.nodes_door() as address, hub.runs():
            hub.is_parent_of(middle, top)
            middle.is_parent_of(room, address)
            async with middle.runs(), room.runs():
                check = await page.ask()
                await until(lambda: facts(middle.folder, "check-asked"), DEADLINE)
                room.upstream.wake.set()
                await room.until("asked")
                await page.shown(lambda told: row_of(told, THERE).get("stage") == "asked")
                await room.do(CountAnswers(check, (1, 0, 3)))
                await page.shown(lambda told: told["totals"] == {"A": 1, "B": 0, "C": 3})


async def test_who_asks_at_a_hub_that_only_passes_the_lesson_on_is_refused(hub: Node) -> None:
    hub.pulled = {STREAM}
    async with hub.page() as page:
        status, refused = await page.post(f"{STREAM}/checks", {"text": "?", "choices": ["1", "2"]})
    assert (status, refused["key"]) == (409, "lesson-elsewhere")


async def test_an_answer_that_was_given_without_a_link_comes_after_the_end_and_counts(
    hub: Node, rooms: list[Node]
) -> None:
    there = rooms[0]
    async with hub.page() as page, hub.runs():
        async with hub.nodes_door() as address:
            hub.is_parent_of(there, address)
            async with there.runs():
                check = await page.ask()
                await there.until("asked")
        await page.end(check)
        async with there.runs():
            await there.do(CountAnswers(check, (0, 4, 1)))
            await there.until("sent")
        async with hub.nodes_door(address), there.runs():
            shown = await page.shown(lambda told: bool(told["totals"]["B"]))
            assert (await there.until("ended")).counts == (0, 4, 1)
    assert (shown["ended"], row_of(shown, THERE)["stage"]) == (True, "answered")


async def test_a_hub_that_starts_anew_goes_on_with_the_check_and_the_page_is_told_at_once(
    hub: Node, rooms: list[Node]
) -> None:
    there = rooms[0]
    async with hub.page() as page:
        check = await page.ask()
        version = (await page.get())["version"]
    hub.journal.close()
    hub.open()
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        told = await page.get(after=str(version), wait="25")
        assert (told["running"]["id"], told["running"]["ended"]) == (check, False)
        hub.is_parent_of(there, address)
        async with there.runs():
            await there.until("asked")
            await there.do(CountAnswers(check, (5, 0, 0)))
            await page.shown(lambda running: running["totals"]["A"] == 5)


async def test_two_pages_see_the_same_and_the_sets_come_only_when_they_are_new(hub: Node) -> None:
    item = hub.keep_set()
    async with hub.page() as page, hub.runs():
        first = await page.get()
        assert [(each["item"], each["title"], each["lang"]) for each in first["sets"]] == [
            (item, "Күш", "kk")
        ]
        question = first["sets"][0]["questions"][0]
        assert (question["number"], question["markup"], question["right"]) == (
            1,
            "<math><mi>F</mi></math> = ?",
            "A",
        )
        check = await page.ask(item=item, number=1)
        second = await page.get(after=str(first["version"]), wait="0")
        assert "sets" not in second
        assert (second["running"]["item"], second["running"]["number"]) == (item, 1)
        assert (await page.post(f"{STREAM}/checks", {"item": item, "number": 2}))[1]["key"] == "check-runs"
        await page.end(check)
        again = await page.ask(item=item, number=2)
        told = await page.get()
    assert (told["running"]["id"], [each["id"] for each in told["past"]]) == (again, [check])


async def test_a_class_in_the_lesson_that_says_nothing_is_away(hub: Node, rooms: list[Node]) -> None:
    there = rooms[0]
    there.journal.ledger.note("log", "aul", LessonStarted(LESSON, STREAM)).result()
    async with hub.page() as page, hub.runs(), hub.nodes_door() as address:
        hub.is_parent_of(there, address)
        async with there.runs():
            await page.ask()
            await there.until("asked")
            await page.shown(lambda told: row_of(told, THERE).get("stage") == "asked")
    assert [each.kind for each in facts(hub.folder, "lesson-started")] == ["lesson-started"]


async def test_a_class_that_sees_the_lesson_and_has_begun_none_is_listed(
    hub: Node, rooms: list[Node]
) -> None:
    there = rooms[0]
    there.begin("", "")
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        hub.is_parent_of(there, address)
        async with there.runs():
            await page.ask()
            await until(lambda: bool(facts(there.folder, "check-asked")), DEADLINE)
            told = await page.get()
            assert (told["running"]["classes"], told["running"]["elsewhere"]) == ([], 0)
            hub.watching = {there.journal.identity.node}
            shown = await page.shown(lambda told: row_of(told, THERE) != {})
            assert row_of(shown, THERE)["stage"] == "idle"
            there.begin()
            await page.shown(lambda told: row_of(told, THERE)["stage"] == "asked")


async def test_a_class_whose_own_teacher_asks_something_is_busy_and_its_screen_says_that_the_hub_asks(
    hub: Node, rooms: list[Node]
) -> None:
    there = rooms[0]
    item = there.keep_set()
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        hub.is_parent_of(there, address)
        async with there.runs():
            await there.do(AskCheck(item, 1))
            own = await there.until("asked")
            assert (own.local, own.behind) == (True, False)
            check = await page.ask()
            await there.told(lambda quick: quick.behind)
            await page.shown(lambda told: row_of(told, THERE).get("stage") == "busy")
            await there.do(EndCheck(own.check))
            await page.shown(lambda told: row_of(told, THERE)["stage"] == "asked")
            assert (await there.told(lambda quick: quick.check == check)).behind is False


async def test_a_class_that_lacks_the_picture_says_so_to_who_asked(hub: Node, rooms: list[Node]) -> None:
    there, other = rooms
    other.begin()
    item = hub.keep_set(pictured(True))
    other.keep_set(pictured(True))
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        for each in rooms:
            hub.is_parent_of(each, address)
        async with there.runs(), other.runs():
            await page.ask(item=item, number=1)
            shown = await page.shown(
                lambda told: row_of(told, THERE).get("stage") == row_of(told, OTHER).get("stage") == "asked"
            )
            assert shown["picture"] == f"/checks/{item}/1/picture"
            assert (row_of(shown, THERE)["bare"], row_of(shown, OTHER)["bare"]) == (True, False)
            assert (await there.until("asked")).bare


async def test_a_school_cannot_put_a_question_or_end_one_in_the_hubs_place(
    hub: Node, rooms: list[Node]
) -> None:
    there = rooms[0]
    async with hub.page() as page, hub.nodes_door() as address, hub.runs():
        hub.is_parent_of(there, address)
        check = await page.ask()
        for fact in (CheckAsked(check, "Ха!", ("1", "2"), STREAM), CheckEnded(check)):
            there.journal.ledger.note("answer", "aul", fact).result()
        async with there.runs():
            await there.until("asked")
            await there.do(CountAnswers(check, (1, 1, 1)))
            shown = await page.shown(lambda told: sum(told["totals"].values()) == 3)
    assert (shown["text"], shown["ended"]) == ("2 + 2 = ?", False)


async def test_markup_that_is_not_ours_never_reaches_a_page(hub: Node) -> None:
    evil = "<math><mtext><img src=x onerror=alert(1)></mtext></math>"
    asked = CheckAsked("0123456789abcdef", "a\u202eb", ("1", "2"), STREAM, markup=evil, choice_markup=(evil,))
    hub.journal.ledger.note("teaching", "", asked).result()
    async with hub.page() as page:
        running = (await page.get())["running"]
    assert (running["text"], running["markup"]) == ("ab", "")
    assert running["choices"][0] == {"letter": "A", "text": "1", "markup": ""}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b'{"classes": [{"node": "x", "check": "0123456789abcdef", "stage": "asked"}]}', 400),
        (b'{"classes": [{"node": "%b", "check": "0123456789abcdef", "stage": "won"}]}', 400),
        (b'{"classes": [{"node": "ffffffffffffffff", "check": "0123456789abcdef", "stage": "asked"}]}', 403),
        (b'{"classes": [{"node": "%b", "check": "0123456789abcdef", "stage": "asked"}]}', 204),
        (b'{"classes": [{"node": "%b", "check": "0123456789abcdef", "stage": "asked", "why": "x"}]}', 204),
        (b"[" * 60_000, 400),
        (b"[" * 70_000, 413),
    ],
)
async def test_a_node_speaks_of_itself_and_of_those_below_it_only(
    hub: Node, rooms: list[Node], body: bytes, status: int
) -> None:
    there = rooms[0]
    said = body.replace(b"%b", there.journal.identity.node.encode())
    async with hub.nodes_door() as address:
        hub.is_parent_of(there, address)
        assert await there.post(said) == status
    told = hub.checking.telling.of("0123456789abcdef")
    assert list(told) == ([there.journal.identity.node] if status == 204 else [])


async def test_who_may_not_publish_neither_asks_nor_sees_answers(hub: Node) -> None:
    far = {"X-Forwarded-For": "192.0.2.1"}
    hub.door.change((), False, False)
    async with hub.page() as page:
        async with page.http.get(f"/api/streams/{STREAM}/checks", headers=far) as response:
            assert (response.status, (await response.json())["key"]) == (401, "token-missing")
        body = {"text": "?", "choices": ["1", "2"]}
        async with page.http.post(f"/api/streams/{STREAM}/checks", headers=far, json=body) as response:
            assert response.status == 401
    assert facts(hub.folder, "check-asked") == []


async def test_what_is_asked_is_a_fact_of_the_hub_for_all_below(hub: Node) -> None:
    async with hub.page() as page:
        check = await page.ask(text="$\\frac{1}{2} + 1$ = ?")
        await page.end(check)
    asked, ended = facts(hub.folder, "check-asked", "check-ended")
    record = decode(asked.kind, asked.body)
    assert isinstance(record, CheckAsked)
    assert (record.text, record.markup.startswith("<math><mfrac>")) == ("1/2 + 1 = ?", True)
    assert ({asked.class_, ended.class_}, {asked.school, ended.school}) == ({"teaching"}, {""})
    assert not isinstance(decode(ended.kind, ended.body), CheckAnswered)
