"""Lessons that a school missed are on its disk in the morning, unless somebody does not want them."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from edge.classroom.ties import Tied
from edge.content.holdings import Entry
from edge.content.missed import DAYS, MOST, is_out, lesson, wanted
from edge.contract.answers import Item

EVENING = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
HOUR = 3_600_000


def entry(ident: str = "h", days_ago: int = 0, **more: object) -> Entry:
    """Return a lesson of the hub."""
    day = (EVENING.date() - timedelta(days_ago)).isoformat()
    item = Item(ident, "Физика", "Физика", "", "7 Ә", day, 45, 1000, "hub")
    return Entry(replace(item, **more), "", 0, source=ident)


def test_what_was_missed_this_week_is_wanted_newest_first() -> None:
    entries = [entry("today"), entry("yesterday", 1), entry("last week", DAYS), entry("long ago", DAYS + 1)]
    assert wanted(entries, EVENING, ()) == ["today", "yesterday", "last week"]


def test_no_more_than_a_night_brings() -> None:
    assert len(wanted([entry(f"h{n}") for n in range(MOST + 9)], EVENING, ())) == MOST


@pytest.mark.parametrize(
    "other",
    [
        entry(class_=""),
        entry(state="here"),
        entry(kind="video"),
        entry(day="neither a day"),
        entry(days_ago=-1),
        entry(state="here", better=True),
    ],
)
def test_what_is_here_or_of_no_lesson_of_ours_is_not_wanted(other: Entry) -> None:
    assert wanted([other], EVENING, ()) == []


def test_what_has_holes_here_is_left_to_be_repaired_for_a_day() -> None:
    holed = [entry("new", 0, state="here", better=True), entry("old", 1, state="here", better=True)]
    assert wanted(holed, EVENING, ()) == ["old"]


def test_what_somebody_left_at_the_hub_stays_there() -> None:
    left = entry("left")
    assert wanted([left, entry("other", 1)], EVENING, [lesson(left.item)]) == ["other"]


def tied(begins: datetime, cancelled: bool = False) -> Tied:
    at = round(begins.timestamp() * 1000)
    return Tied("l", "7", begins.date().isoformat(), "", "", "", "", at, at + HOUR, cancelled=cancelled)


def test_school_is_out_after_the_last_lesson_at_night_and_on_free_days() -> None:
    morning = EVENING.replace(hour=9)
    lessons = [tied(morning), tied(morning.replace(hour=14)), tied(morning.replace(hour=22), cancelled=True)]
    assert not is_out(lessons, morning)
    assert not is_out(lessons, morning.replace(hour=12))
    assert not is_out(lessons, morning.replace(hour=7))
    assert is_out(lessons, morning.replace(hour=15, minute=1))
    assert is_out(lessons, morning.replace(hour=5))
    assert is_out(lessons, morning + timedelta(1))
