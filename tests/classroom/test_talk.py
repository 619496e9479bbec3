"""Hands and questions: on the disk at once, at the hub's page within two seconds, in order, through cuts."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from sqlite3 import Connection

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from edge.api import Unable
from edge.classroom.spoken import MOST_QUESTIONS, MOST_SAID
from edge.classroom.talk import Talk
from edge.contract.commands import RaiseHand
from edge.dialogue.sayings import MAX_AGE
from edge.dialogue.strip import MOST_SHOWN
from sync import chain, protocol, tables
from sync.clock import ms_of, pack
from sync.records import ClockSeen, ClockStarted, HandRaised, QuestionAsked, decode, encode
from sync.tables import Entry
from tests.classroom.talks import Classroom, Hub, Json, seen, told
from tests.flows.journals import facts
from tests.quickest import quickest

SOON = 2.0  # seconds in which the hub's page shows a hand
CLOCKS = 1000  # milliseconds that the clocks of two nodes may differ by unnoticed


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    made = Classroom(tmp_path / "room", "aul")
    yield made
    made.journal.close()


def asked(classes: list[Json]) -> list[str]:
    return [each["text"] for row in classes for each in row["questions"]]


def raised(classes: list[Json]) -> list[str]:
    return [row["name"] for row in classes if row["hand"]]


# In the classroom.


async def test_a_hand_and_a_question_are_facts_with_their_times_before_the_screen_is_answered(
    room: Classroom,
) -> None:
    before = room.journal.ledger.now()
    await room.raises()
    await room.asks("  Нүкте\nқайда? ")
    written = [
        (fact.name.split(".")[2:], decode(fact.kind, fact.body)) for fact in facts(room.folder) if fact.body
    ]
    lesson, stream = room.running
    assert written[1:] == [
        (["talk", "aul"], HandRaised(lesson, stream, up=True)),
        (["talk", "aul"], QuestionAsked(lesson, stream, "Нүкте қайда?")),
    ]
    assert before <= room.talk.hand <= room.journal.ledger.now()
    assert room.changes == [(room.talk.hand, 0), (room.talk.hand, 1)]


async def test_a_hand_that_is_up_is_not_raised_again(room: Classroom) -> None:
    await room.raises()
    since = room.talk.hand
    await room.raises()
    assert room.talk.hand == since
    assert len(facts(room.folder, "hand-raised")) == 1


async def test_after_a_restart_the_hand_is_up_since_then_and_the_questions_are_counted(
    room: Classroom,
) -> None:
    await room.asks("Неге?")
    await room.raises()
    since = room.talk.hand
    room.journal.close()
    room.open()
    assert (room.talk.hand, room.talk.questions) == (since, 1)


async def test_a_hand_goes_down_when_the_lesson_is_left(room: Classroom) -> None:
    await room.raises()
    room.running = ("", "")
    await room.talk.left()
    assert room.talk.hand == 0
    assert json.loads(facts(room.folder, "hand-raised")[-1].body)["up"] is False


async def test_a_hand_that_a_power_cut_left_up_goes_down_at_the_next_start(room: Classroom) -> None:
    await room.raises()
    room.journal.close()
    room.running = ("", "")
    room.open()
    await room.talk.left()
    assert [json.loads(fact.body)["up"] for fact in facts(room.folder, "hand-raised")] == [True, False]


async def test_another_lesson_begins_with_the_hand_down_and_nothing_asked(room: Classroom) -> None:
    await room.raises()
    await room.asks("Неге?")
    room.running = ("8А 2026-11-26 09:30", "lesson")
    await room.talk.left()
    assert (room.talk.hand, room.talk.questions) == (0, 0)


@pytest.mark.parametrize(
    ("running", "key"), [(("", ""), "no-lesson"), (("7Б 2026-11-26 08:30", ""), "no-stream")]
)
async def test_without_a_lesson_that_the_hub_gives_there_is_nobody_to_ask(
    room: Classroom, running: tuple[str, str], key: str
) -> None:
    room.running = running
    with pytest.raises(Unable) as hand:
        await room.raises()
    with pytest.raises(Unable) as question:
        await room.asks("Неге?")
    assert (hand.value.key, question.value.key) == (key, key)
    assert facts(room.folder) == []


@pytest.mark.parametrize(("text", "key"), [("\u202e \n", "question-empty"), ("ә" * 301, "question-long")])
async def test_a_question_of_nothing_or_of_a_page_is_refused(room: Classroom, text: str, key: str) -> None:
    with pytest.raises(Unable) as refused:
        await room.asks(text)
    assert refused.value.key == key


async def test_a_key_that_sticks_fills_no_disk(room: Classroom) -> None:
    for number in range(MOST_QUESTIONS):
        await room.asks(str(number))
    with pytest.raises(Unable, match="too-many-questions"):
        await room.asks("one more")
    for number in range(MOST_SAID - MOST_QUESTIONS):
        await room.raises(number % 2 == 0)
    with pytest.raises(Unable, match="too-many-questions"):
        await room.raises()
    assert len(facts(room.folder, "hand-raised", "question-asked")) == MOST_SAID


# Between a classroom and the page of the hub's teacher.


class Linked:
    """A hub that knows two classrooms, and the browser of its teacher."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub(folder / "hub")
        self.rooms = [Classroom(folder / school, school) for school in ("aul", "dala")]
        for room, name in zip(self.rooms, ("Құмсай", "Ақкемер"), strict=True):
            self.hub.admits(room, name)


@pytest_asyncio.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Linked]:
    made = Linked(tmp_path)
    yield made
    for room in made.rooms:
        room.journal.close()
    made.hub.journal.close()


async def _even(http: ClientSession, room: Classroom) -> None:
    """Let the first exchange be over: what is timed after it does not stand behind two handshakes."""
    await room.asks("?")
    await seen(http, lambda classes: "?" in asked(classes))


async def test_a_hand_is_at_the_page_of_the_hub_within_two_seconds(linked: Linked) -> None:
    room = linked.rooms[0]
    async with linked.hub.listening() as http:
        linked.hub.is_known_to(room)
        async with room.linked():
            await _even(http, room)

            async def once() -> float:
                await room.raises(up=False)
                await seen(http, lambda classes: not raised(classes))
                began = asyncio.get_running_loop().time()
                await room.raises()
                shown = await seen(http, lambda classes: bool(raised(classes)))
                assert raised(shown) == ["Құмсай"]
                assert abs(shown[0]["hand"] - room.talk.hand) < CLOCKS
                return asyncio.get_running_loop().time() - began

            assert await quickest(SOON, once) < SOON


async def test_what_was_said_while_the_link_was_cut_comes_in_its_order(linked: Linked) -> None:
    room = linked.rooms[0]
    async with linked.hub.listening() as http:
        linked.hub.is_known_to(room)
        async with room.linked():
            await _even(http, room)
    await room.raises()
    for number in range(5):
        await room.asks(f"сұрақ {number}")
    room.journal.close()
    room.open()
    await room.raises(up=False)
    await room.asks("соңғы")
    async with linked.hub.listening() as http, room.linked():
        shown = await seen(http, lambda classes: "соңғы" in asked(classes))
    assert asked(shown) == ["?", *(f"сұрақ {number}" for number in range(5)), "соңғы"]
    assert raised(shown) == []
    times = [each["at"] for each in shown[0]["questions"]]
    assert times == sorted(times)


async def test_hands_of_two_schools_stand_in_the_order_in_which_they_went_up(linked: Linked) -> None:
    first, second = linked.rooms[1], linked.rooms[0]
    async with linked.hub.listening() as http:
        for room in linked.rooms:
            linked.hub.is_known_to(room)
        async with first.linked(), second.linked():
            await _even(http, first)
            await _even(http, second)
            await first.raises()
            await seen(http, lambda classes: len(raised(classes)) == 1)
            await second.raises()
            shown = await seen(http, lambda classes: len(raised(classes)) == 2)
            await first.raises(up=False)
            later = await seen(http, lambda classes: len(raised(classes)) == 1)
    assert raised(shown) == ["Ақкемер", "Құмсай"]
    assert raised(later) == ["Құмсай"]


async def test_a_page_hears_only_of_its_own_stream(linked: Linked) -> None:
    room = linked.rooms[0]
    async with linked.hub.listening() as http:
        linked.hub.is_known_to(room)
        async with room.linked():
            await _even(http, room)
            other = await told(http, "physics")
    assert other["classes"] == []


async def test_a_page_that_waits_for_news_in_vain_is_answered(linked: Linked) -> None:
    async with linked.hub.listening() as http:
        first = await told(http)
        second = await told(http, after=str(first["version"]), wait="0.1")
    assert second["version"] == first["version"]
    assert second["classes"] == []


async def test_who_may_not_publish_does_not_hear_what_classes_say(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    async with hub.listening() as http:
        far = {"X-Forwarded-For": "192.0.2.1"}
        async with http.get("/api/streams/lesson/classes", headers=far) as response:
            refused = (response.status, (await response.json())["key"])
        async with http.get("/api/streams/Сабақ/classes") as response:
            misnamed = (response.status, (await response.json())["key"])
    hub.journal.close()
    assert (refused, misnamed) == ((401, "token-missing"), (400, "stream-name"))


async def test_a_class_before_the_hub_itself_is_called_by_the_hubs_name(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    async with hub.listening() as http:
        ours = Talk(hub.journal, lambda: ("9А 2026-11-26 08:30", "lesson"), lambda: None, lambda: None)
        await ours.desks()[RaiseHand](RaiseHand(up=True))
        shown = await seen(http, lambda classes: bool(raised(classes)))
    hub.journal.close()
    assert [(row["name"], row["class"]) for row in shown] == [("Орталық", "9А")]


async def test_a_class_that_left_for_its_next_lesson_still_has_the_new_ones_questions(
    tmp_path: Path,
) -> None:
    hub = Hub(tmp_path / "hub")
    ledger = hub.journal.ledger
    for said in (
        HandRaised("7Б 2026-11-26 08:30", "lesson", up=True),
        QuestionAsked("7Б 2026-11-26 09:30", "lesson", "жаңа"),
        HandRaised("7Б 2026-11-26 08:30", "lesson", up=False),
    ):
        ledger.note("talk", "hub", said).result()
    async with hub.listening() as http:
        answer = await told(http)
    hub.journal.close()
    assert [(asked([row]), row["hand"]) for row in answer["classes"]] == [(["жаңа"], 0)]


async def test_what_was_said_this_morning_is_not_shown_in_the_afternoon(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    said = hub.journal.ledger.note("talk", "hub", QuestionAsked("", "lesson", "таңертең")).result()[-1]
    rows = [await hub.rows(ms_of(said.hlc) + later) for later in (MAX_AGE, MAX_AGE + 1)]
    hub.journal.close()
    assert [len(each) for each in rows] == [1, 0]


async def test_a_school_whose_clock_is_five_hours_off_asked_when_it_asked(tmp_path: Path) -> None:
    hub, node = Hub(tmp_path / "hub"), "ab" * 8
    hub.knows(node, "aul")
    now = hub.journal.ledger.now()
    wrong = now - 5 * 3_600_000
    control = f"{node}.{'1' * 16}.control."
    talk = f"{node}.{'1' * 16}.talk.aul"

    def bring(db: Connection) -> None:
        boot = (pack(wrong), *encode(ClockStarted("b", wrong)))
        said = (pack(wrong, 1), *encode(QuestionAsked("", "lesson", "Неге?")))
        seen_at = (pack(now), *encode(ClockSeen("b", hub.journal.identity.node, now - wrong)))
        for name, new in ((control, [boot, seen_at]), (talk, [said])):
            tables.take(db, protocol.batch(name, 1, chain.genesis(name), new), new)

    hub.journal.ledger.write(bring).result()
    rows = await hub.rows(now)
    hub.journal.close()
    assert [each.at for row in rows for each in row.questions] == [now]


async def test_of_a_class_that_asks_without_end_the_newest_questions_are_shown(tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub")
    entries = [Entry("talk", "hub", QuestionAsked("", "lesson", str(number))) for number in range(150)]
    hub.journal.ledger.append(entries).result()
    (row,) = await hub.rows(hub.journal.ledger.now())
    hub.journal.close()
    assert (row.asked, len(row.questions)) == (MOST_QUESTIONS, MOST_SHOWN)


@pytest.mark.parametrize(
    "body",
    [
        '{"lesson":"","stream":"lesson","text":"' + "x" * 301 + '"}',
        '{"lesson":"","stream":"lesson","text":""}',
        '{"lesson":"","stream":"lesson","text":7}',
        '{"stream":"lesson","text":"x"}',
    ],
)
async def test_what_is_no_question_is_kept_and_not_shown(tmp_path: Path, body: str) -> None:
    hub = Hub(tmp_path / "hub")
    hub.knows("ab" * 8, "aul")
    name = f"{'ab' * 8}.{'1' * 16}.talk.aul"
    fact = (pack(hub.journal.ledger.now()), "question-asked", body)
    hub.journal.ledger.write(
        lambda db: tables.take(db, protocol.batch(name, 1, chain.genesis(name), [fact]), [fact])
    ).result()
    rows = await hub.rows(hub.journal.ledger.now())
    kept = facts(tmp_path / "hub", "question-asked")
    hub.journal.close()
    assert (rows, len(kept)) == ([], 1)
