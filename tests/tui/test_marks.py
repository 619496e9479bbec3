"""A register while it is taken (core)."""

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.answers import Pupil, Register
from tests.tui.fake_daemon import pupils
from tui.marks import CODES, Counts, Sheet

Turns = st.lists(st.tuples(st.integers(1, 15), st.sampled_from([1, -1])))


def a_sheet(**register: object) -> Sheet:
    return Sheet(Register("7А 2026-11-26 10:00", "7А", pupils(15), **register))  # type: ignore[arg-type] # of a test


def test_everybody_is_present_until_somebody_says_otherwise() -> None:
    sheet = a_sheet()
    assert sheet.counts() == Counts(15, 15, 0, 0)
    assert not sheet.changed


def test_codes_follow_each_other_and_come_round() -> None:
    sheet = a_sheet()
    seen = []
    for _ in range(6):
        seen.append(sheet.code(3))
        sheet.turn(3)
    assert seen == [*CODES, "present"]


def test_the_way_back_leads_from_present_to_unexcused() -> None:
    sheet = a_sheet()
    sheet.turn(3, -1)
    assert sheet.code(3) == "unexcused"


def test_a_code_of_a_newer_node_is_shown_and_can_be_turned() -> None:
    sheet = a_sheet(marks={3: "quarantine"})
    assert sheet.code(3) == "quarantine"
    sheet.turn(3)
    assert sheet.code(3) in CODES


@given(Turns)
def test_counts_always_add_up_to_the_pupils(turns: list[tuple[int, int]]) -> None:
    sheet = a_sheet()
    for number, by in turns:
        sheet.turn(number, by)
    counts = sheet.counts()
    assert counts.present + counts.absent == counts.total == 15


@given(Turns)
def test_what_is_signed_is_a_mark_for_everybody_as_it_was_shown(turns: list[tuple[int, int]]) -> None:
    sheet = a_sheet()
    for number, by in turns:
        sheet.turn(number, by)
    assert sheet.signed_marks() == {number: sheet.code(number) for number in range(1, 16)}


@given(Turns)
def test_a_draft_has_only_what_was_touched(turns: list[tuple[int, int]]) -> None:
    sheet = a_sheet()
    for number, by in turns:
        sheet.turn(number, by)
    assert set(sheet.draft_marks()) == {number for number, _ in turns}


@given(Turns, Turns)
def test_marks_that_were_made_while_it_was_saved_are_still_to_be_saved(
    before: list[tuple[int, int]], meanwhile: list[tuple[int, int]]
) -> None:
    sheet = a_sheet()
    for number, by in before:
        sheet.turn(number, by)
    marks = sheet.signed_marks()
    for number, by in meanwhile:
        sheet.turn(number, by)
    shown = {number: sheet.code(number) for number in range(1, 16)}
    sheet.saved(marks, True, "f" * 16)
    assert {number: sheet.code(number) for number in range(1, 16)} == shown
    assert sheet.changed == (shown != marks)


def test_the_mark_of_a_pupil_who_left_the_class_is_kept() -> None:
    sheet = Sheet(Register("l", "7А", (Pupil(1),), {2: "ill"}))
    assert sheet.signed_marks() == {1: "present", 2: "ill"}


def test_only_a_change_of_a_signed_register_is_a_correction() -> None:
    draft, signed = (
        a_sheet(marks={1: "ill"}),
        a_sheet(marks=dict.fromkeys(range(1, 16), "present"), signed=True),
    )
    draft.turn(2)
    assert (draft.correcting, signed.correcting) == (False, False)
    signed.turn(2)
    assert signed.correcting
    signed.turn(2, -1)
    assert not signed.correcting


def test_a_card_makes_nobody_present_whom_the_teacher_marked() -> None:
    sheet = a_sheet()
    sheet.turn(3, -1)
    sheet.propose([1, 3])
    assert [sheet.code(number) for number in (1, 2, 3)] == ["present", "present", "unexcused"]
    assert sheet.unseen == [2, *range(4, 16)]


def test_a_card_corrects_what_was_written_before_and_only_on_the_screen() -> None:
    sheet = a_sheet(marks={1: "ill", 2: "late", 3: "ill"}, signed=True)
    sheet.propose([1, 2])
    assert [sheet.code(number) for number in (1, 2, 3)] == ["present", "late", "ill"]
    assert sheet.correcting
    assert sheet.register.marks == {1: "ill", 2: "late", 3: "ill"}


def test_a_mark_that_is_made_after_a_card_was_read_stays() -> None:
    sheet = a_sheet(marks={1: "ill", 2: "ill", 3: "ill"}, signed=True)
    sheet.propose([1])
    sheet.turn(1)
    sheet.propose([1, 2])
    assert [sheet.code(number) for number in (1, 2, 3)] == ["late", "present", "ill"]


@given(
    st.lists(st.sets(st.integers(1, 3)), max_size=6),
    st.dictionaries(st.integers(1, 3), st.sampled_from(CODES)),
)
def test_whose_card_was_not_read_stays_as_she_was(seen: list[set[int]], touched: dict[int, str]) -> None:
    sheet = Sheet(Register("x", "7Б", tuple(Pupil(n) for n in (1, 2, 3)), {1: "ill"}), touched)
    before = {number: sheet.code(number) for number in (1, 2, 3)}
    for each in seen:
        sheet.propose(each)
    assert all(sheet.code(number) == before[number] for number in sheet.unseen)
    assert set(sheet.unseen) == {1, 2, 3} - set().union(*seen)
