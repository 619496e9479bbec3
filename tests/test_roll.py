"""Registers of a school: what replaces what, and who may mark whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from edge.errors import JournalFailed
from edge.journal import Journal
from edge.roll import CodeUnknown, ReasonNeeded, Roll
from sync.records import RegisterTaken, RosterChanged
from sync.tables import Entry

LESSON = "7Б 2026-11-26 08:30"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path, "akzhar")
    _enter(opened, "p1", 1, "Ахметов Әлихан")
    _enter(opened, "p2", 2, "Серікқызы Айгерім")
    _enter(opened, "p3", 3, "Иванова Мария", left="2026-11-01")
    yield opened
    opened.close()


def _enter(journal: Journal, pupil: str, number: int, name: str, left: str = "") -> None:
    fact = RosterChanged(pupil, "7Б", number, journal.names.seal(pupil, name), left)
    journal.ledger.append([Entry("roster", "akzhar", fact)]).result()


def _register(marks: dict[int, str] | None = None, **more: object) -> RegisterTaken:
    return RegisterTaken(LESSON, marks or {1: "present", 2: "ill"}, **more)  # type: ignore[arg-type]  # the test names fields


def test_a_class_is_who_is_in_it_now_by_number(journal: Journal) -> None:
    roll = Roll(journal)
    assert roll.numbers("7Б") == [1, 2]
    assert list(roll.names("7Б")) == [1, 2]
    assert "Әлихан" in roll.names("7Б")[1]
    assert roll.numbers("8А") == []


def test_who_is_forgotten_keeps_the_number_and_loses_the_name(journal: Journal) -> None:
    journal.names.forget("p1", "2026-11-26T00:00:00Z")
    assert Roll(journal).names("7Б")[1] == ""


def test_marks_are_taken_though_the_names_cannot_be_read(journal: Journal) -> None:
    journal.names.close()
    (journal.folder / "names.db").write_bytes(b"not what it was " * 1000)
    taken = Roll(journal).take("7Б", _register()).result()
    assert taken.strangers == ()


def test_a_mark_that_is_none_of_the_five_is_refused(journal: Journal) -> None:
    with pytest.raises(CodeUnknown, match="asleep: not one of present, late, ill, excused, unexcused"):
        Roll(journal).take("7Б", _register({1: "asleep"}))
    assert Roll(journal).standing(LESSON) is None


def test_numbers_that_are_not_in_the_class_are_kept_and_told(journal: Journal) -> None:
    taken = Roll(journal).take("7Б", _register({1: "present", 3: "late", 9: "ill"})).result()
    standing = Roll(journal).standing(LESSON)
    assert taken.strangers == (3, 9)
    assert standing is not None
    assert standing.marks == {1: "present", 3: "late", 9: "ill"}


def test_nobody_is_a_stranger_where_there_is_no_roster(journal: Journal) -> None:
    assert Roll(journal).take("8А", _register({5: "ill"})).result().strangers == ()


def test_a_signed_register_asks_for_a_reason_and_a_draft_does_not(journal: Journal) -> None:
    roll = Roll(journal)
    draft = roll.take("7Б", _register(signed=False)).result()
    signed = roll.take("7Б", _register(prev=(draft.noted.id,))).result()
    late = _register({2: "late"}, prev=(signed.noted.id,))
    with pytest.raises(ReasonNeeded, match="the register of 7Б 2026-11-26 08:30 is signed"):
        roll.take("7Б", late).result()
    corrected = roll.take("7Б", structs.replace(late, reason="mistake")).result()

    assert [each.id for each in roll.history(LESSON)][-2:] == [signed.noted.id, corrected.noted.id]
    assert len(roll.history(LESSON)) == 3


def test_what_another_screen_saved_meanwhile_is_not_replaced_unseen(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path, "akzhar")
    seen = Roll(journal).take("7Б", _register(signed=False)).result().noted.id
    mine = Roll(journal).take("7Б", _register({1: "late"}, prev=(seen,))).result()
    theirs = Roll(other).take("7Б", _register({1: "ill"}, prev=(seen,))).result()
    standing = Roll(journal).standing(LESSON)
    other.close()

    assert standing is not None
    assert standing.conflict
    assert {each.id for each in standing.heads} == {mine.noted.id, theirs.noted.id}


def test_who_has_seen_both_settles_it(journal: Journal) -> None:
    roll = Roll(journal)
    both = [roll.take("7Б", _register({1: code})).result().noted.id for code in ("late", "ill")]
    roll.take("7Б", _register({1: "ill"}, prev=tuple(both), reason="asked her")).result()
    standing = roll.standing(LESSON)

    assert standing is not None
    assert not standing.conflict
    assert standing.marks == {1: "ill"}


def test_a_hub_corrects_a_school_below_it_in_a_stream_that_goes_down_there(journal: Journal) -> None:
    corrected = Roll(journal, "shipyly").take("7Б", _register(reason="asked")).result()
    own = Roll(journal, "akzhar").take("7Б", _register()).result()
    assert (corrected.noted.stream.class_, corrected.noted.stream.school) == ("correction", "shipyly")
    assert (own.noted.stream.class_, own.noted.stream.school) == ("register", "akzhar")
    assert Roll(journal).standing(LESSON) != Roll(journal, "shipyly").standing(LESSON)


def test_a_damaged_note_of_the_hub_is_told_in_one_sentence(journal: Journal) -> None:
    (journal.folder / "parent.json").write_text("{}")
    with pytest.raises(JournalFailed, match=r"parent\.json cannot be read: .*enrol anew"):
        Roll(journal)
