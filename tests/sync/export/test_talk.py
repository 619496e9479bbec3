"""What classes said, as a table: a row a lesson, for every model and week, whoever's clock was wrong."""

import csv
import io
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from sync.export.files import Order, export
from sync.export.headings import load
from sync.export.rows import Selection
from sync.export.sheets import COLUMNS
from sync.export.source import Source
from sync.export.talk import week_of
from sync.records import (
    FloorGiven,
    HandRaised,
    LessonHeld,
    LessonPlanned,
    LessonStarted,
    QuestionAnswered,
    QuestionAsked,
    Record,
)
from sync.tables import Entry, Noted
from tests.sync.peers import NOON, Peer, node_id

MINUTE = 60_000
ALL = Selection()
LESSON = "7Б 2026-11-26 08:30"
PLAN = LessonPlanned("7Б", "08:30", ("2026-11-26",), "Физика", teacher="Айгүл", hub="hub", model="streaming")


class Taught:
    """A hub that teaches, and a class below it, whose clocks go together."""

    def __init__(self, folder: Path) -> None:
        self.hub = Peer(folder / "hub", node_id(3), school="hub")
        self.room = Peer(folder / "room", node_id(1), school="aul")
        self.hub.enrols(self.room, "aul")
        self._scratch = folder

    def passes(self, ms: int) -> None:
        """Pass time for both."""
        for peer in (self.hub, self.room):
            peer.computer.wait(ms)

    def says(self, class_: str, record: Record) -> Noted:
        """The class writes a fact."""
        return self.room.ledger.append([Entry(class_, "aul", record)]).result()[-1]

    def teaches(self, record: Record, class_: str = "teaching", school: str = "") -> None:
        """The hub writes a fact."""
        self.hub.ledger.append([Entry(class_, school, record)]).result()

    def floor(self, node: str, *mutes: str) -> None:
        """The hub's teacher gives the floor."""
        self.teaches(FloorGiven("lesson", node, "aul" if node else "", mutes))

    def exported(self, selection: Selection = ALL, form: str = "jsonl", lang: str = "") -> bytes:
        """Export at the hub, after all that the class wrote has come."""
        self.room.evens(self.hub)
        out, db = BytesIO(), self.hub.ledger.reader()
        try:
            order = Order("talk", form, selection, lang)
            export(Source(db, self.hub.node), order, out, self._scratch, lambda done, total: None)
        finally:
            db.close()
        return out.getvalue()

    def rows(self, selection: Selection = ALL) -> list[dict[str, Any]]:
        """Return the rows of an export."""
        return [json.loads(line) for line in self.exported(selection).splitlines()[:-1]]


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Taught]:
    made = Taught(tmp_path)
    yield made
    made.hub.ledger.close()
    made.room.ledger.close()


def speaks(taught: Taught) -> str:
    """Have the class of a lesson of the timetable say all it can; return the id of its first question."""
    taught.teaches(PLAN, "timetable", "aul")
    taught.says("log", LessonStarted(LESSON, "lesson"))
    for up in (True, False, True):
        taught.says("talk", HandRaised(LESSON, "lesson", up))
    asked = taught.says("talk", QuestionAsked(LESSON, "lesson", "Неге?"))
    taught.says("talk", QuestionAsked(LESSON, "lesson", "Қайда?"))
    taught.teaches(QuestionAnswered("lesson", asked.id, "Неге?", "Өйткені."))
    taught.floor(taught.room.node)
    taught.passes(2 * MINUTE)
    taught.floor("")
    return asked.id


def test_a_lesson_is_a_row_with_hands_questions_answers_and_seconds_before_all(taught: Taught) -> None:
    speaks(taught)
    (row,) = taught.rows()
    about = {"school": "aul", "class": "7Б", "date": "2026-11-26", "week": "2026-W48", "starts": "08:30"}
    planned = {"subject": "Физика", "teacher": "Айгүл", "hub": "hub", "model": "streaming"}
    said = {"stream": "lesson", "hands": 2, "questions": 2, "answered": 1, "spoken": 120}
    assert row == about | planned | said | {"at": row["at"]}
    assert tuple(row) == COLUMNS["talk"]


def test_a_class_that_is_silenced_is_not_counted_as_speaking(taught: Taught) -> None:
    taught.floor(taught.room.node)
    taught.passes(MINUTE)
    taught.floor(taught.room.node, "*")
    taught.passes(5 * MINUTE)
    taught.floor("")
    assert [row["spoken"] for row in taught.rows()] == [60]


def test_what_was_said_outside_of_the_timetable_is_told_by_stream_and_day(taught: Taught) -> None:
    taught.says("talk", QuestionAsked("", "lesson", "?"))
    taught.passes(24 * 60 * MINUTE)
    taught.says("talk", QuestionAsked("", "lesson", "??"))
    rows = [(row["class"], row["stream"], row["questions"], row["subject"]) for row in taught.rows()]
    assert rows == [("", "lesson", 1, None)] * 2


def test_nobody_speaks_in_a_lesson_that_is_over(taught: Taught) -> None:
    began = "2026-11-18T11:06:40Z"  # NOON
    taught.floor(taught.room.node)
    taught.passes(10 * MINUTE)
    taught.teaches(LessonHeld("lesson", began, 300.0), "log", "hub")
    (row,) = taught.rows()
    assert 290 <= row["spoken"] <= 300
    assert NOON == 1_795_000_000_000


def test_after_a_cursor_comes_what_was_touched_and_nothing_else(taught: Taught) -> None:
    speaks(taught)
    cursor = json.loads(taught.exported().splitlines()[-1])["cursor"]
    again = taught.rows(Selection(after=cursor))
    taught.says("talk", QuestionAsked(LESSON, "lesson", "Тағы?"))
    assert again == []
    assert [row["questions"] for row in taught.rows(Selection(after=cursor))] == [3]


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(school="aul"), 1),
        (Selection(school="hub"), 0),
        (Selection(first_day="2026-11-26", last_day="2026-11-26"), 1),
        (Selection(first_day="2026-11-27"), 0),
    ],
)
def test_a_school_and_some_days_can_be_chosen(taught: Taught, selection: Selection, count: int) -> None:
    speaks(taught)
    assert len(taught.rows(selection)) == count


def test_what_says_in_another_flow_that_it_teaches_is_not_believed(taught: Taught) -> None:
    taught.says("log", FloorGiven("lesson", taught.room.node, "aul"))
    taught.says("log", QuestionAsked(LESSON, "lesson", "?"))
    assert taught.rows() == []


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_people_get_words_in_csv_and_in_a_workbook(taught: Taught, lang: str, tmp_path: Path) -> None:
    speaks(taught)
    titles = [load(lang).columns[column] for column in COLUMNS["talk"]]
    lines = list(
        csv.reader(io.StringIO(taught.exported(form="csv", lang=lang).decode("utf-8-sig")), delimiter=";")
    )
    book = CalamineWorkbook.from_filelike(BytesIO(taught.exported(form="xlsx", lang=lang)))
    cells = book.get_sheet_by_index(0).to_python()
    assert lines[0] == titles
    assert cells[0] == titles
    assert lines[1][8] == cells[1][8] == load(lang).words["streaming"]
    assert [float(lines[1][13]), cells[1][13]] == [120.0, 120.0]


@pytest.mark.parametrize(
    ("day", "week"), [("2026-12-31", "2026-W53"), ("2027-01-03", "2026-W53"), ("nonsense", ""), ("", "")]
)
def test_weeks_are_those_of_the_calendar(day: str, week: str) -> None:
    assert week_of(day) == week
