"""Which check is a class's, and for how long; and how the page of who asked lists its classes."""

import pytest
from msgspec import structs

from edge.checks.progress import BUSY, Begun, Progress
from edge.checks.results import OVER, Called, Known, elsewhere, is_over, of_lesson, rows
from edge.checks.seat import LONGEST, SHOWN, SHOWN_HERE, Place, behind, current, refused
from sync.checks import Answer, Check
from sync.clock import pack
from sync.records import CheckAsked

HUB, ME, OTHER = "a" * 16, "b" * 16, "c" * 16
NOW = 1_795_000_000_000
LESSON = "7Б 2026-11-26 08:30"
HERE = Place(ME, LESSON, "physics")
ASKED = CheckAsked("0" * 16, "?", ("1", "2"), "physics")
BY_HUB = Check("0" * 16, ASKED, HUB, "", True, pack(NOW))
OWN = Check("1" * 16, structs.replace(ASKED, stream="", lesson=LESSON), ME, "aul", False, pack(NOW))


def check_of(*checks: Check, place: Place = HERE, later: int = 0) -> str:
    found = current(checks, place, NOW + later)
    return found.id if found else ""


def test_a_check_is_of_the_lesson_that_runs_and_of_no_other() -> None:
    assert check_of(BY_HUB) == BY_HUB.id
    assert check_of(BY_HUB, place=Place(ME, LESSON, "chemistry")) == ""
    assert check_of(BY_HUB, place=Place(ME, LESSON)) == ""
    assert check_of(BY_HUB, place=Place(ME)) == ""
    assert check_of(OWN, place=Place(ME, "8А 2026-11-26 08:30")) == ""
    assert check_of(OWN, place=Place(OTHER, LESSON)) == ""


def test_what_the_classs_own_teacher_asked_goes_first_then_the_newest() -> None:
    newer = structs.replace(BY_HUB, id="2" * 16, hlc=pack(NOW + 5))
    assert check_of(BY_HUB, newer) == newer.id
    assert check_of(newer, OWN) == OWN.id
    assert check_of(newer, structs.replace(OWN, ended=pack(NOW + 9))) == newer.id


@pytest.mark.parametrize(
    ("check", "later", "is_shown"),
    [
        (BY_HUB, LONGEST, True),
        (BY_HUB, LONGEST + 1, False),
        (BY_HUB, -50_000, True),
        (BY_HUB, -70_000, False),
        (structs.replace(BY_HUB, ended=pack(NOW)), SHOWN, True),
        (structs.replace(BY_HUB, ended=pack(NOW)), SHOWN + 1, False),
        (structs.replace(OWN, ended=pack(NOW)), SHOWN_HERE, True),
        (structs.replace(OWN, ended=pack(NOW)), SHOWN_HERE + 1, False),
    ],
)
def test_a_check_that_nobody_ends_is_let_go_and_a_result_is_shown_for_a_while(
    check: Check, later: int, is_shown: bool
) -> None:
    assert bool(check_of(check, later=later)) == is_shown


def test_a_result_that_was_put_away_is_gone() -> None:
    ended = structs.replace(OWN, ended=pack(NOW))
    assert current([ended], HERE, NOW, [ended.id]) is None


def test_checks_of_other_lessons_are_refused_while_they_run() -> None:
    elsewhere = Place(ME, LESSON, "chemistry")
    assert refused([BY_HUB, OWN], elsewhere, NOW) == [BY_HUB]
    assert refused([structs.replace(BY_HUB, ended=pack(NOW))], elsewhere, NOW) == []
    assert refused([BY_HUB], Place(ME), NOW) == []
    assert refused([BY_HUB], HERE, NOW) == []


def test_a_check_of_the_hub_waits_behind_one_of_the_classs_own_teacher() -> None:
    assert behind([BY_HUB, OWN], HERE, NOW, OWN) == [BY_HUB]
    assert behind([BY_HUB, OWN], HERE, NOW, BY_HUB) == behind([BY_HUB], HERE, NOW, None) == []
    assert behind([structs.replace(BY_HUB, ended=pack(NOW)), OWN], HERE, NOW, OWN) == []
    assert behind([BY_HUB, OWN], Place(ME, LESSON, "chemistry"), NOW, OWN) == []


def test_the_page_of_a_lesson_has_its_own_checks_only() -> None:
    first = structs.replace(BY_HUB, ended=pack(NOW + 1))
    second = structs.replace(BY_HUB, id="2" * 16, hlc=pack(NOW + 5))
    foreign = structs.replace(BY_HUB, id="3" * 16, node=OTHER)
    assert of_lesson([first, second, foreign, OWN], "physics", HUB, NOW) == (second, [first])
    assert of_lesson([first], "physics", HUB, NOW) == (first, [first])
    assert of_lesson([first, second], "chemistry", HUB, NOW) == (None, [])
    assert of_lesson([second], "physics", HUB, NOW + OVER + 10) == (None, [])
    forgotten, past = of_lesson([second], "physics", HUB, NOW + LONGEST + 10)
    assert (forgotten, past, is_over(second, NOW + LONGEST + 10)) == (second, [second], True)


def test_a_class_is_where_it_said_last_and_who_says_nothing_is_away() -> None:
    answer = Answer(ME, "aul", LESSON, pack(NOW), {"A": 2}, of=5)
    check = structs.replace(BY_HUB, answers=(answer,))
    fourth, fifth = "d" * 16, "e" * 16
    heard = {
        ME: Progress(ME, check.id, "reading", 3, 9),
        OTHER: Progress(OTHER, check.id, "refused"),
        fifth: Progress(fifth, check.id, "answered", 0, 4),
    }
    begun = {fourth: Begun(LESSON, "physics", pack(NOW)), HUB: Begun(LESSON, "chemistry", pack(NOW))}
    names = {ME: Called("Құмсай", "aul"), OTHER: Called("", "dala")}
    found = {row.name: row for row in rows(check, heard, Known(HUB, names, begun, NOW))}
    assert {name: row.stage for name, row in found.items()} == {
        fifth: "asked",  # its answer is on its way
        "Құмсай": "answered",
        fourth: "away",
    }
    assert elsewhere(check, heard) == 1
    assert (found["Құмсай"].of, dict(found["Құмсай"].counts)) == (5, {"A": 2, "B": 0})


def test_who_sees_the_lesson_is_listed_with_what_keeps_it_from_answering() -> None:
    fourth, fifth, sixth = "d" * 16, "e" * 16, "f" * 16
    heard = {
        fifth: Progress(fifth, BY_HUB.id, "asked", why=BUSY),
        sixth: Progress(sixth, BY_HUB.id, "asked", bare=True),
    }
    begun = {fourth: Begun(LESSON, "physics", pack(NOW))}
    found = {row.node: row for row in rows(BY_HUB, heard, Known(HUB, {}, begun, NOW, [ME]))}
    assert {node: row.stage for node, row in found.items()} == {
        ME: "idle",  # it sees the lesson, and says nothing
        fourth: "away",  # it began the lesson, whatever it did since; `OTHER` neither sees it nor had
        fifth: "busy",
        sixth: "asked",
    }
    assert [node for node, row in found.items() if row.bare] == [sixth]
    assert elsewhere(BY_HUB, heard) == 0
