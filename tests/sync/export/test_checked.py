"""Quick checks as a table, and the gap between schools: a row a class, whoever answered, late or never."""

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
from sync.export.gap import FEW, Counted, Side, Week, compared, newcombe, wilson
from sync.export.headings import load
from sync.export.rows import Selection
from sync.export.sheets import COLUMNS
from sync.export.source import Source
from sync.records import CheckAnswered, CheckAsked, CheckEnded, LessonPlanned, LessonStarted, Record
from sync.tables import Entry
from tests.sync.peers import NOON, Peer, node_id

LESSON = "7Б 2026-11-26 08:30"
PLAN = LessonPlanned("7Б", "08:30", ("2026-11-26",), "Физика", teacher="Айгүл", hub="hub", model="streaming")
CHECK = "0123456789abcdef"
ASKED = CheckAsked(CHECK, "=2+2", ("3", "4", "5"), "physics", right="B", item="ab" * 32, number=7)
ALL = Selection()
HOUR = 3_600_000  # milliseconds


class Taught:
    """A hub that asks, and a class below it that answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = Peer(folder / "hub", node_id(3), school="hub")
        self.room = Peer(folder / "room", node_id(1), school="aul")
        self.hub.enrols(self.room, "aul")
        self.hub.ledger.append([Entry("timetable", "aul", PLAN)]).result()

    def close(self) -> None:
        """Close the journals."""
        for peer in (self.hub, self.room):
            peer.ledger.close()

    def asks(self, record: Record = ASKED) -> None:
        """The hub writes a fact."""
        self.hub.ledger.append([Entry("teaching", "", record)]).result()

    def says(self, record: Record, class_: str = "answer") -> None:
        """The class writes a fact."""
        self.room.ledger.append([Entry(class_, "aul", record)]).result()

    def exported(
        self, selection: Selection = ALL, form: str = "jsonl", *, lang: str = "", pupils: bool = False
    ) -> bytes:
        """Export at the hub, after all that the class wrote has come."""
        self.room.evens(self.hub)
        out, db = BytesIO(), self.hub.ledger.reader()
        try:
            order = Order("checks", form, selection, lang, pupils=pupils)
            export(Source(db, self.hub.node), order, out, self.folder, lambda done, total: None)
        finally:
            db.close()
        return out.getvalue()

    def rows(self, selection: Selection = ALL, *, pupils: bool = False) -> list[dict[str, Any]]:
        """Return the rows of an export."""
        return [json.loads(line) for line in self.exported(selection, pupils=pupils).splitlines()[:-1]]


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Taught]:
    made = Taught(tmp_path)
    yield made
    made.close()


def test_a_row_says_who_was_asked_what_and_how_many_were_right(taught: Taught) -> None:
    taught.says(LessonStarted(LESSON, "physics"), "log")
    taught.asks()
    taught.says(CheckAnswered(CHECK, LESSON, {1: "B", 2: "B", 3: "A", 9: "C"}, of=5))
    (row,) = taught.rows()
    assert list(row) == list(COLUMNS["checks"])
    told = (
        "school",
        "class",
        "date",
        "week",
        "starts",
        "subject",
        "hub",
        "model",
        "question",
        "item",
        "place",
    )
    assert [row[key] for key in told] == [
        *("aul", "7Б", "2026-11-26", "2026-W48", "08:30", "Физика", "hub", "streaming", "=2+2", "ab" * 32, 7),
    ]
    counted = ("local", "right", "of", "answered", "rights", "share", "A", "B", "C", "D")
    assert [row[key] for key in counted] == [False, "B", 5, 4, 2, 50, 1, 2, 1, None]


def test_answers_of_pupils_are_there_only_when_somebody_asks_for_them_and_never_by_name(
    taught: Taught,
) -> None:
    taught.asks()
    taught.says(CheckAnswered(CHECK, LESSON, {2: "B", 1: "A"}, of=5))
    assert "pupils" not in taught.rows()[0]
    assert taught.rows(pupils=True)[0]["pupils"] == "1=A 2=B"


def test_a_class_that_was_in_the_lesson_and_did_not_answer_has_a_row_of_its_own(taught: Taught) -> None:
    taught.says(LessonStarted(LESSON, "physics"), "log")
    taught.room.evens(taught.hub)
    taught.asks()
    taught.says(LessonStarted("7Б 2026-11-26 10:30", "chemistry"), "log")
    (row,) = taught.rows()
    assert (row["class"], row["answered"], row["of"], row["share"]) == ("7Б", 0, None, None)


def test_a_late_answer_is_a_new_row_for_who_goes_on_from_a_cursor(taught: Taught) -> None:
    taught.asks()
    taught.asks(CheckEnded(CHECK))
    cursor = json.loads(taught.exported().splitlines()[-1])["cursor"]
    assert taught.rows(Selection(after=cursor)) == []
    taught.says(CheckAnswered(CHECK, LESSON, counts={"A": 3}, of=5))
    assert [row["A"] for row in taught.rows(Selection(after=cursor))] == [3]


def test_a_newer_answer_replaces_the_row_and_a_check_without_a_hub_is_marked(taught: Taught) -> None:
    own = CheckAsked("f" * 16, "g?", ("1", "2"), lesson=LESSON)
    taught.says(own)
    taught.says(CheckAnswered("f" * 16, LESSON, counts={"A": 3}, of=5))
    taught.says(CheckAnswered("f" * 16, LESSON, counts={"A": 1, "B": 4}, of=5))
    (row,) = taught.rows()
    assert (row["local"], row["A"], row["B"], row["rights"], row["share"]) == (True, 1, 4, None, None)


def test_two_computers_of_a_class_are_one_row_by_the_order_of_the_journal_and_not_by_a_wrong_clock(
    taught: Taught, tmp_path: Path
) -> None:
    other = Peer(tmp_path / "other", node_id(2), wall=NOON - 9000 * HOUR, school="aul")  # a dead battery
    taught.hub.enrols(other, "aul")
    taught.asks()
    taught.says(CheckAnswered(CHECK, LESSON, {1: "A", 2: "B", 3: "A"}, of=5))
    cursor = json.loads(taught.exported().splitlines()[-1])["cursor"]
    other.ledger.append(
        [Entry("answer", "aul", CheckAnswered(CHECK, LESSON, {1: "B", 2: "B"}, of=5))]
    ).result()
    other.evens(taught.hub)
    other.ledger.close()
    (row,) = taught.rows(pupils=True)
    assert (row["answered"], row["rights"], row["of"], row["pupils"]) == (3, 2, 5, "1=B 2=B 3=A")
    assert len(taught.rows(Selection(after=cursor))) == 1


def test_an_answer_that_came_late_is_older_by_clocks_that_were_compared(
    taught: Taught, tmp_path: Path
) -> None:
    other = Peer(tmp_path / "other", node_id(2), wall=NOON + 5 * HOUR, school="aul")
    taught.hub.enrols(other, "aul")
    for peer in (other, taught.room):
        peer.ledger.steer(taught.hub.ledger.now(), taught.hub.node).result()
    taught.asks()
    other.ledger.append(
        [Entry("answer", "aul", CheckAnswered(CHECK, LESSON, counts={"A": 4}, of=5))]
    ).result()
    for peer in (other, taught.room, taught.hub):
        peer.computer.wait(60_000)
    taught.says(CheckAnswered(CHECK, LESSON, counts={"B": 3}, of=5))
    taught.room.evens(taught.hub)
    other.evens(taught.hub)  # the older one comes last, and its clock runs ahead
    other.ledger.close()
    (row,) = taught.rows()
    assert (row["A"], row["B"]) == (0, 3)


def test_days_and_schools_are_chosen(taught: Taught) -> None:
    taught.asks()
    taught.says(CheckAnswered(CHECK, LESSON, counts={"A": 3}, of=5))
    assert taught.rows(Selection(first_day="2026-11-27")) == []
    assert taught.rows(Selection(school="dala")) == []
    assert len(taught.rows(Selection(school="aul", last_day="2026-11-26"))) == 1


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_sheets_have_the_words_of_their_language_and_no_cell_is_a_formula(taught: Taught, lang: str) -> None:
    taught.asks()
    taught.says(CheckAnswered(CHECK, LESSON, counts={"A": 3, "B": 1}, of=5))
    words = load(lang)
    titles = [words.columns[column] for column in COLUMNS["checks"]]
    text = taught.exported(form="csv", lang=lang).decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert head == titles
    cells = dict(zip(COLUMNS["checks"], row, strict=True))
    assert (cells["question"], cells["local"], cells["share"]) == ("'=2+2", words.words["no"], "25")
    book = CalamineWorkbook.from_filelike(BytesIO(taught.exported(form="xlsx", lang=lang)))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0] == titles
    assert dict(zip(COLUMNS["checks"], sheet[1], strict=True))["question"] == "=2+2"


# The gap --------------------------------------------------------------------------------------------------


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    published = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611)}
    for (rights, answered), (low, high) in (published | {(1, 29): (0.0061, 0.1718)}).items():
        assert wilson(rights, answered) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_newcombes_interval_is_the_published_one() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10: 56/70 and 48/80; 9/10 and 3/10.
    assert newcombe(Side({"a"}, 70, 56), Side({"b"}, 80, 48)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(Side({"a"}, 10, 9), Side({"b"}, 10, 3)) == pytest.approx((0.1705, 0.8090), abs=5e-5)


@pytest.mark.parametrize(
    ("hubs", "small", "verdict"),
    [
        ((90, 100), (50, 100), "hubs-ahead"),
        ((50, 100), (90, 100), "small-ahead"),
        ((55, 100), (50, 100), "unclear"),
        ((FEW - 1, FEW - 1), (0, 100), "too-few"),
    ],
)
def test_what_can_be_said_follows_from_the_interval(
    hubs: tuple[int, int], small: tuple[int, int], verdict: str
) -> None:
    ahead, behind = (Side({"x"}, answered, rights) for rights, answered in (hubs, small))
    assert Week("2026-W48", ahead, behind).verdict == verdict


def test_only_questions_that_both_kinds_of_schools_answered_are_compared() -> None:
    both, one, prepared = ("a" * 16, 0), ("b" * 16, 0), ("c" * 64, 3)
    rows = [
        *(Counted("hub", "2026-W48", both, 40, 30), Counted("aul", "2026-W48", both, 40, 30)),
        *(Counted("aul", "2026-W48", one, 9, 9), Counted("dala", "2026-W48", both, 0, 0)),
        *(Counted("hub", "2026-W49", prepared, 10, 5), Counted("dala", "2026-W50", prepared, 10, 5)),
    ]
    first, second, third, total = compared(rows, {"hub"})
    assert (first.week, first.questions, first.left_out) == ("2026-W48", 1, 1)
    assert (first.hubs.answered, first.hubs.rights, first.small.answered, first.small.rights) == (
        40,
        30,
        40,
        30,
    )
    assert (first.gap, first.verdict, first.small.schools) == (0.0, "unclear", {"aul"})
    assert [(each.questions, each.left_out) for each in (second, third, total)] == [(0, 1), (0, 1), (1, 3)]
