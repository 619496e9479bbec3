"""A lesson at its screen: orders in, notices out, with a real studio, real recordings and a real journal."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.classroom.stage import OFFER_AFTER, STEADY
from edge.contract.commands import (
    BackToLive,
    GoOn,
    LeaveLesson,
    Pause,
    Play,
    Record,
    Skip,
    StartLesson,
)
from edge.contract.notices import Lesson, Link, Offer, Showing
from sync.records import LessonStarted, decode
from tests.classroom.rooms import LAST, NOW, Room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    made = Room(tmp_path)
    made.plan()
    async with made.runs():
        yield made


async def _recorded(room: Room, seconds: float) -> Lesson:
    return await room.told(Lesson, lambda lesson: lesson.recorded.seconds >= seconds)


def _started(room: Room) -> list[LessonStarted]:
    query = "SELECT body FROM event WHERE kind = 'lesson-started'"
    bodies = room.journal.ledger.read(lambda db: db.execute(query).fetchall())
    facts = [decode("lesson-started", body) for (body,) in bodies]
    return [fact for fact in facts if isinstance(fact, LessonStarted)]


async def test_a_lesson_of_the_timetable_begins_with_its_stream_and_is_noted(room: Room) -> None:
    await room.do(StartLesson(NOW))
    waiting = await room.until("waiting")
    assert (waiting.subject, waiting.topic, waiting.teacher) == ("Физика", "Күш", "Ахметова")
    assert _started(room) == []
    room.talk()
    live = await room.until("live")
    assert (live.lesson, live.stream, live.class_) == (NOW, "physics", "7Б")
    assert (await room.told(Showing)).mode == "stream"
    async with asyncio.timeout(10):
        while True:
            if _started(room) == [LessonStarted(NOW, "physics")]:
                break
            await asyncio.sleep(0.02)
    await room.do(StartLesson(NOW))  # Enter once more
    await room.do(LeaveLesson())
    assert (await room.until("none")).lesson == ""
    assert _started(room) == [LessonStarted(NOW, "physics")]
    assert (await room.told(Showing)).mode == "free"


async def test_of_two_lessons_the_one_of_last_time_is_taken(room: Room) -> None:
    room.note(LessonStarted(LAST, "physics"), class_="log")
    room.talk("physics")
    room.talk("music")
    await room.told(Lesson)
    await room.do(StartLesson(NOW))
    assert (await room.until("live")).stream == "physics"


async def test_of_two_lessons_of_which_none_is_known_she_chooses(room: Room) -> None:
    room.talk("physics")
    room.talk("music")
    await room.do(StartLesson(NOW))
    choosing = await room.told(Lesson, lambda lesson: len(lesson.choices) == 2)
    assert (choosing.state, choosing.choices) == ("choosing", ("music", "physics"))
    await room.do(StartLesson(NOW, "music"))
    assert (await room.until("live")).stream == "music"


async def test_pause_and_going_on_and_back_to_the_hub(room: Room) -> None:
    room.talk()
    await room.do(StartLesson(NOW))
    await room.told(Lesson, lambda lesson: lesson.can_pause)
    await _recorded(room, 5)
    await room.do(Pause())
    paused = await room.told(Lesson, lambda lesson: lesson.state == "paused" and lesson.behind >= 5)
    assert (await room.told(Showing)).mode == "recording"
    await room.do(GoOn())
    behind = await room.told(Lesson, lambda lesson: lesson.position >= paused.position + 1)
    assert behind.state == "behind"
    assert behind.behind == pytest.approx(paused.behind, abs=1.5)
    await room.do(Skip(-2))
    further = await room.told(Lesson)
    assert further.behind == pytest.approx(behind.behind + 2, abs=1.0)
    await room.do(BackToLive())
    assert (await room.told(Lesson)).state == "live"


async def test_recording_is_ended_and_begun_again_at_the_screen(room: Room) -> None:
    room.talk()
    await room.do(StartLesson(NOW))
    await _recorded(room, 3)
    await room.do(Record(on=False))
    off = await room.told(Lesson)
    assert (off.recorded.state, off.can_pause) == ("off", False)
    assert await room.refused(Pause()) == "not-recorded"
    await room.do(Record(on=True))
    on = await room.told(Lesson, lambda lesson: lesson.recorded.state == "recording")
    assert on.recorded.seconds >= 3


async def test_when_the_hub_is_away_the_recording_of_this_topic_is_offered(room: Room) -> None:
    began = datetime.fromisoformat("2026-11-24T09:00").astimezone(UTC)
    room.keep("physics-20261124T040000Z", f"{began:%Y-%m-%dT%H:%M:%SZ}", 2400.0)
    room.talk()
    await room.do(StartLesson(NOW))
    await room.until("live")
    room.cut()
    await room.until("lost")
    room.clock.ahead += OFFER_AFTER
    offered = await room.told(Lesson, lambda lesson: lesson.offer is not None)
    assert offered.offer == Offer("physics-20261124T040000Z", "Күш", "2026-11-24", 40)
    assert offered.away >= OFFER_AFTER
    await room.do(Play(offered.offer.item))
    playing = await room.told(Lesson, lambda lesson: lesson.state == "playing" and lesson.position > 0.5)
    assert playing.length == 2400.0
    room.talk()
    back = await room.until("live")
    assert (back.offer, back.away) == (None, 0.0)


async def test_a_daemon_that_is_started_anew_shows_the_lesson_again(tmp_path: Path) -> None:
    first = Room(tmp_path)
    first.plan()
    async with first.runs():
        first.talk()
        await first.do(StartLesson(NOW))
        await first.until("live")
    second = Room(tmp_path)
    async with second.runs():
        again = await second.until("waiting")
        assert (again.lesson, again.stream, again.topic) == (NOW, "physics", "Күш")
        second.talk()
        await second.until("live")
        assert _started(second) == [LessonStarted(NOW, "physics")]
        await second.do(LeaveLesson())
    third = Room(tmp_path)
    async with third.runs():
        assert (await third.told(Link)).state == "good"
        assert (await third.told(Lesson)).state == "none"


async def test_the_link_is_told_in_one_word(room: Room) -> None:
    assert (await room.told(Link)).state == "good"
    room.talk()
    await room.do(StartLesson(NOW))
    await room.until("live")
    assert (await room.told(Link)).state == "good"
    room.reached = False
    room.cut()
    assert (await room.told(Link, lambda link: link.state == "lost")).since > 0
    room.reached = None
    await room.do(LeaveLesson())
    assert (await room.told(Link, lambda link: link.state == "alone")).state == "alone"


async def test_what_cannot_be_done_is_refused_with_its_reason(room: Room) -> None:
    assert await room.refused(Pause()) == "no-lesson"
    assert await room.refused(BackToLive()) == "no-lesson"
    assert await room.refused(Record(on=True)) == "no-lesson"
    assert await room.refused(Play("physics-20200101T000000Z")) == "not-found"
    assert await room.refused(Play("../../etc/passwd")) == "not-found"
    assert await room.refused(StartLesson("7Б 1999-01-01 08:00")) == "not-found"
    assert await room.refused(StartLesson(NOW, "../x")) == "bad-command"
    await room.do(StartLesson(NOW))
    assert await room.refused(Pause()) == "nothing-shown"
    assert await room.refused(Record(on=True)) == "no-stream"


async def test_a_lesson_without_a_name_is_not_noted(room: Room) -> None:
    room.talk()
    await room.do(StartLesson())
    assert (await room.until("live")).lesson == ""
    assert room.lesson.running() == ("", "physics")
    assert _started(room) == []


async def test_an_item_is_played_without_a_lesson(room: Room) -> None:
    room.keep("physics-20261124T040000Z", "2026-11-24T04:00:00Z", 2400.0)
    await room.do(Play("physics-20261124T040000Z", at=60.0))
    playing = await room.until("playing")
    assert (playing.lesson, playing.can_pause, playing.playing) == ("", True, "")
    assert playing.position == pytest.approx(60, abs=2)
    await room.do(Pause())
    assert (await room.told(Lesson)).paused
    await room.do(LeaveLesson())
    assert (await room.told(Lesson)).state == "none"


async def test_what_is_played_within_a_lesson_has_a_title_of_its_own(room: Room) -> None:
    began = datetime.fromisoformat("2026-11-24T09:00").astimezone(UTC)
    room.keep("physics-20261124T040000Z", f"{began:%Y-%m-%dT%H:%M:%SZ}", 2400.0)
    room.note(LessonStarted(LAST, "physics"), class_="log")
    await room.do(StartLesson(NOW))
    await room.do(Play("physics-20261124T040000Z"))
    playing = await room.until("playing")
    assert (playing.lesson, playing.playing) == (NOW, "Күш")
    await room.do(BackToLive())
    assert (await room.until("waiting")).playing == ""


async def test_what_is_held_stays_held_when_the_daemon_is_started_anew(tmp_path: Path) -> None:
    first = Room(tmp_path)
    first.plan()
    async with first.runs():
        await first.do(StartLesson(NOW))
        first.talk()
        await _recorded(first, 2.0)
        await first.do(Pause())
        held = await first.until("paused")
    second = Room(tmp_path)
    async with second.runs():
        second.talk()
        again = await second.told(Lesson, lambda lesson: lesson.paused)
        shown = await second.told(Showing)
        assert (again.lesson, again.stream, again.state) == (NOW, "physics", "playing")
        assert again.position == pytest.approx(held.position, abs=2.5)
        assert shown.mode == "recording"
        await _recorded(second, STEADY + 0.5)  # the hub was heard for a while, and takes nothing's place
        assert (await second.told(Lesson)).paused
        await second.do(BackToLive())
        await second.until("live")
    third = Room(tmp_path)
    async with third.runs():
        third.talk()
        assert not (await third.until("live")).paused


async def test_what_was_held_and_is_gone_by_now_is_not_waited_for(tmp_path: Path) -> None:
    first = Room(tmp_path)
    first.plan()
    first.keep("physics-20261124T040000Z", "2026-11-24T04:00:00Z", 2400.0)
    async with first.runs():
        await first.do(StartLesson(NOW))
        await first.do(Play("physics-20261124T040000Z", at=60.0))
        await first.do(Pause())
        await first.told(Lesson, lambda lesson: lesson.paused)
        first.talk()
        await _recorded(first, 0.1)
    for path in first.store.place.folder.glob("physics-20261124T040000Z*"):
        path.unlink()
    second = Room(tmp_path)
    async with second.runs():
        second.talk()
        assert (await second.until("live")).lesson == NOW
