"""What a person has to look at is listed, once, until a later register puts it right."""

from hypothesis import given
from hypothesis import strategies as st

from sync.export.headings import load
from sync.export.review import KEYS, LONGEST_SHOWN, MOST_SHOWN, Conflict, Known, review, unread
from sync.fold import Taken, fold
from sync.records import RegisterTaken

LESSON = "5 А 2026-11-23 09:00"
KNOWN = Known(lessons={LESSON}, numbers={"5 А": {1, 2, 3}})


def taken(id_: str, marks: dict[int, str], *prev: str, reason: str = "", signed: bool = True) -> Taken:
    return Taken(id_, 1, "school", False, RegisterTaken(LESSON, marks, "", signed, prev, reason))


def reviewed(*facts: Taken, known: Known = KNOWN) -> list[Conflict]:
    standing = fold(facts)
    assert standing is not None
    return review("aqtobe-12", LESSON, standing, known, at=7)


def keys(*facts: Taken, known: Known = KNOWN) -> list[str]:
    return [conflict.key for conflict in reviewed(*facts, known=known)]


def test_a_sound_register_is_not_listed() -> None:
    assert reviewed(taken("a", {1: "present", 3: "late"})) == []


def test_registers_that_contradict_each_other_are_listed_with_the_numbers() -> None:
    found = reviewed(taken("a", {1: "present", 2: "ill"}), taken("b", {1: "present", 2: "late", 3: "ill"}))
    detail = {"registers": "b, a", "nodes": "school, school", "numbers": "2, 3"}
    assert found == [Conflict("aqtobe-12", LESSON, "concurrent", detail, 7)]


def test_a_lesson_that_nobody_planned_is_listed() -> None:
    assert keys(taken("a", {}), known=Known(lessons=set())) == ["unknown-lesson"]


def test_a_number_that_is_not_on_the_roster_is_listed() -> None:
    assert reviewed(taken("a", {1: "ill", 31: "ill", 9: "ill"}))[0].detail == {"numbers": "9, 31"}


def test_a_class_without_a_roster_is_one_row_and_not_one_a_pupil() -> None:
    assert keys(taken("a", {1: "ill", 2: "ill"}), known=Known(numbers={})) == ["unknown-pupil"]


def test_a_node_that_is_told_no_roster_and_no_timetable_does_not_judge() -> None:
    assert reviewed(taken("a", {31: "ill"}), known=Known()) == []


def test_a_code_that_is_none_of_the_five_is_listed() -> None:
    assert reviewed(taken("a", {1: "ill", 2: "н"}))[0].detail == {"marks": "2=н"}


def test_a_correction_of_a_signed_register_says_why() -> None:
    assert keys(taken("a", {}), taken("b", {}, "a")) == ["no-reason"]
    assert keys(taken("a", {}), taken("b", {}, "a", reason="came later")) == []


def test_a_draft_in_between_does_not_hide_a_missing_reason() -> None:
    signed, draft = taken("a", {}), taken("b", {}, "a", signed=False)
    assert keys(signed, draft, taken("c", {}, "b")) == ["no-reason"]
    assert keys(signed, taken("b", {}, "a", signed=False, reason="why"), taken("c", {}, "b")) == []


def test_a_draft_may_be_replaced_without_a_reason() -> None:
    assert keys(taken("a", {}, signed=False), taken("b", {}, "a")) == []


def test_what_a_later_register_put_right_is_not_listed() -> None:
    wrong = taken("a", {31: "н"})
    assert keys(wrong, taken("b", {1: "ill"}, "a", reason="wrong number")) == []


def test_a_fact_of_a_newer_version_is_flagged() -> None:
    assert unread("aqtobe-12", "pupil-cloned", "{}", 3) == Conflict(
        "aqtobe-12", "", "unknown-kind", {"kind": "pupil-cloned"}, 3
    )


def test_a_body_that_cannot_be_read_is_listed_with_the_reason() -> None:
    found = unread("aqtobe-12", "register-taken", '{"marks": 5}', 3)
    assert found is not None
    assert found.key == "unreadable"
    assert "register-taken" in found.detail["why"]


def test_a_readable_fact_is_not_listed() -> None:
    assert unread("aqtobe-12", "audited", '{"who": "a", "did": "b"}', 3) is None


def test_a_hostile_register_does_not_fill_the_list() -> None:
    found = reviewed(taken("a", dict.fromkeys(range(1000), "x" * 1000)))
    longest = (MOST_SHOWN + 1) * (LONGEST_SHOWN + len("1000=, "))
    assert [len(conflict.detail.popitem()[1]) < longest for conflict in found] == [True, True]


def test_every_key_has_a_sentence() -> None:
    assert set(load("en").conflicts) == set(KEYS)


@given(st.dictionaries(st.integers(), st.text()), st.text())
def test_no_mark_and_no_reason_stops_the_review(marks: dict[int, str], reason: str) -> None:
    found = reviewed(taken("a", marks), taken("b", marks, "a", reason=reason))
    assert {conflict.key for conflict in found} <= set(KEYS)
