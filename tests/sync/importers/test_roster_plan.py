"""A roster changes what is different, and knows a child again under a corrected name or another number."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.importers import formats, identity
from sync.importers.complaints import ImportRefused
from sync.importers.identity import KnownPupil
from sync.importers.roster import Roster, WantedPupil
from sync.importers.roster_plan import RosterPlan, plan
from sync.records import RosterChanged
from tests.sync.importers.files import FIRST, sample

TODAY = date(2026, 11, 26)
NAMES = (
    "Ахметова Айгүл",
    "Ахметова Айгуль",
    "Ли Ан",
    "Бекмұханов Данияр",
    "Сәрсен Әсел",
    "Сарсен Асель",
    "Ұлы Нұр",
)
AIGUL = KnownPupil("p1", "7Б", 1, "Ахметова Айгүл")
DANIYAR = KnownPupil("p2", "7Б", 2, "Бекмұханов Данияр")
ERLAN = KnownPupil("p3", "9А", 1, "Ерлан Мира")
KNOWN = (AIGUL, DANIYAR, ERLAN)


def _fresh(prefix: str = "new") -> Callable[[], str]:
    numbers: Iterator[int] = count(1)
    return lambda: f"{prefix}{next(numbers)}"


def _roster(*pupils: tuple[str, int | None, str]) -> Roster:
    return Roster(tuple(WantedPupil(line, *pupil) for line, pupil in enumerate(pupils, 2)))


def _applied(known: tuple[KnownPupil, ...], made: RosterPlan) -> tuple[KnownPupil, ...]:
    """Return what the journal knows afterwards; a name is kept unless it was forgotten."""
    pupils = {one.pupil: one for one in known}
    for change in made.changes:
        record = change.record
        before = pupils.get(record.pupil)
        name = None if before is not None and before.name is None else change.name
        pupils[record.pupil] = KnownPupil(
            *(record.pupil, record.class_, record.number, name, change.external, record.left)
        )
    return tuple(pupils.values())


def _records(made: RosterPlan) -> list[tuple[str, str, int, str, str]]:
    return [
        (one.record.pupil, one.record.class_, one.record.number, one.name, one.record.left)
        for one in made.changes
    ]


def _plan(roster: Roster, known: tuple[KnownPupil, ...] = KNOWN) -> RosterPlan:
    return plan(roster, known, TODAY, _fresh())


def test_a_first_roster_makes_everybody_new_and_names_them_in_the_lines_only() -> None:
    roster = formats.read_roster("r.csv", sample("roster-tab.tsv"), FIRST)
    made = _plan(roster, ())
    assert [one.record for one in made.changes] == [
        RosterChanged("new1", "9А", 1),
        RosterChanged("new2", "9А", 2),
    ]
    assert [one.name for one in made.changes] == ["Өтеген Ерасыл", "Үкібай Айым"]
    assert made.lines == (
        "line 2: 9А № 1 Өтеген Ерасыл: new",
        "line 3: 9А № 2 Үкібай Айым: new",
        "no change: 0 pupils",
    )


def test_who_is_absent_from_a_class_of_the_file_leaves_and_other_classes_stay() -> None:
    made = _plan(_roster(("7Б", 1, "Ахметова Айгүл")))
    assert _records(made) == [("p2", "7Б", 2, "Бекмұханов Данияр", "2026-11-26")]
    assert made.lines == ("7Б № 2 Бекмұханов Данияр: leaves on 2026-11-26", "no change: 1 pupils")


def test_pupils_who_swap_numbers_stay_who_they_are() -> None:
    made = _plan(_roster(("7Б", 1, "Бекмұханов Данияр"), ("7Б", 2, "Ахметова Айгүл")))
    assert [(pupil, number) for pupil, _, number, _, _ in _records(made)] == [("p2", 1), ("p1", 2)]
    assert made.lines[0] == "line 2: 7Б № 1 Бекмұханов Данияр: was № 2"


@pytest.mark.parametrize(
    "corrected",
    [
        *(
            "Ахметова Айгуль",
            "ахметова айгүл",
            "Айгүл Ахметова",
            "Ахметова Айгүл Серікқызы",
            "Ахмтеова Айгүл",
        ),
        *("А?метова Айг?л", "Ахметова Айгүль"),
    ],
)
def test_a_typing_error_corrected_is_the_same_pupil(corrected: str) -> None:
    made = _plan(_roster(("7Б", 1, corrected), ("7Б", 2, "Бекмұханов Данияр")))
    assert _records(made) == [("p1", "7Б", 1, corrected, "")]
    assert made.lines[0] == f"line 2: 7Б № 1 {corrected}: was written Ахметова Айгүл"


@pytest.mark.parametrize("other", ["Ахметов Арман", "Иванова Анна", "Ли Ан", "Айгүл"])
def test_another_name_at_a_number_is_another_child(other: str) -> None:
    made = _plan(_roster(("7Б", 1, other), ("7Б", 2, "Бекмұханов Данияр")))
    assert _records(made) == [
        ("new1", "7Б", 1, other, ""),
        ("p1", "7Б", 1, "Ахметова Айгүл", "2026-11-26"),
    ]


def test_a_number_of_somebody_who_left_is_a_new_pupils() -> None:
    left = KnownPupil("p9", "7Б", 3, "Ержан Мира", left="2026-10-01")
    made = _plan(
        _roster(("7Б", 1, "Ахметова Айгүл"), ("7Б", 2, "Бекмұханов Данияр"), ("7Б", 3, "Ержан Мирас")),
        (*KNOWN, left),
    )
    assert _records(made) == [("new1", "7Б", 3, "Ержан Мирас", "")]


def test_who_comes_back_is_known_again() -> None:
    left = KnownPupil("p9", "7Б", 1, "Ержан Мира", left="2026-10-01")
    made = _plan(_roster(("7Б", 5, "Ержан Мира")), (left,))
    assert _records(made) == [("p9", "7Б", 5, "Ержан Мира", "")]
    assert made.lines[0] == "line 2: 7Б № 5 Ержан Мира: is back, had left on 2026-10-01; was № 1"


def test_who_moves_between_classes_of_the_file_is_one_fact() -> None:
    made = _plan(
        _roster(("7Б", 2, "Бекмұханов Данияр"), ("9А", 1, "Ерлан Мира"), ("9А", 2, "Ахметова Айгүл"))
    )
    assert _records(made) == [("p1", "9А", 2, "Ахметова Айгүл", "")]
    assert made.lines[0] == "line 4: 9А № 2 Ахметова Айгүл: was 7Б № 1"


def test_who_moves_out_of_a_class_that_is_not_in_the_file_is_new() -> None:
    made = _plan(_roster(("9А", 1, "Ерлан Мира"), ("9А", 2, "Ахметова Айгүл")))
    assert _records(made) == [("new1", "9А", 2, "Ахметова Айгүл", "")]


def test_two_of_one_name_in_a_class_are_told_apart_by_number() -> None:
    twins = (KnownPupil("p1", "7Б", 1, "Ли Ан"), KnownPupil("p2", "7Б", 2, "Ли Ан"))
    assert not _plan(_roster(("7Б", 2, "Ли Ан"), ("7Б", 1, "Ли Ан")), twins).changes
    assert _records(_plan(_roster(("7Б", 2, "Ли Ан")), twins)) == [("p1", "7Б", 1, "Ли Ан", "2026-11-26")]


def test_a_forgotten_name_is_not_stored_again() -> None:
    forgotten = KnownPupil("p1", "7Б", 1, None)
    made = _plan(_roster(("7Б", 1, "Ахметова Айгүл")), (forgotten,))
    assert made.changes == ()
    assert made.lines == (
        "line 2: 7Б № 1 Ахметова Айгүл: name not stored: it was forgotten",
        "no change: 1 pupils",
    )


def test_a_forgotten_pupil_leaves_without_a_name() -> None:
    made = _plan(_roster(("7Б", 2, "Бекмұханов Данияр")), (KnownPupil("p1", "7Б", 1, None), DANIYAR))
    assert _records(made) == [("p1", "7Б", 1, "", "2026-11-26")]
    assert made.lines[0] == "7Б № 1 (forgotten): leaves on 2026-11-26"


def test_the_id_of_another_system_goes_before_name_and_number() -> None:
    known = (KnownPupil("p1", "7Б", 4, "Ахметова Айгүл", "u-101"),)
    made = _plan(Roster((WantedPupil(2, "8Б", None, "Серікова Айгүл", "u-101"),)), known)
    assert _records(made) == [("p1", "8Б", 1, "Серікова Айгүл", "")]
    assert made.changes[0].external == "u-101"


def test_the_id_of_another_system_is_noted_once_and_kept_by_files_without_it() -> None:
    first = _plan(Roster((WantedPupil(2, "7Б", None, "Ахметова Айгүл", "u-101"),)), (AIGUL,))
    known = _applied((AIGUL,), first)
    second = _plan(_roster(("7Б", 3, "Ахметова Айгүл")), known)
    assert first.lines[0] == "line 2: 7Б № 1 Ахметова Айгүл: is u-101 in the other system"
    assert [change.external for change in (*first.changes, *second.changes)] == ["u-101", "u-101"]


def test_without_numbers_pupils_keep_theirs_and_new_ones_get_numbers_nobody_had() -> None:
    left = KnownPupil("p9", "7Б", 7, "Ержан Мира", left="2026-10-01")
    made = _plan(
        _roster(("7Б", None, "Аян Ад"), ("7Б", None, "Ахметова Айгүл"), ("7Б", None, "Бекмұханов Данияр")),
        (*KNOWN, left),
    )
    assert _records(made) == [("new1", "7Б", 8, "Аян Ад", "")]


def test_who_is_back_without_a_number_gets_another_if_hers_is_taken() -> None:
    left = KnownPupil("p9", "7Б", 1, "Ержан Мира", left="2026-10-01")
    made = _plan(_roster(("7Б", None, "Ержан Мира"), ("7Б", None, "Ахметова Айгүл")), (AIGUL, left))
    assert _records(made) == [("p9", "7Б", 2, "Ержан Мира", "")]


def test_a_class_that_ran_out_of_numbers_is_refused() -> None:
    with pytest.raises(ImportRefused, match="class 7Б: no number below 100 is left"):
        _plan(_roster(("7Б", None, "Аян Ад")), (KnownPupil("p1", "7Б", 99, "Ли Ан"),))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Кәрімова Әсел", "Каримова Асель", True),
        ("Иванов Пётр", "Иванов Петр", True),
        ("Иванова Анна", "Иванова Алла", True),
        ("Ли Ан", "Ли Ая", True),
        ("Ли Ан", "Ли Ева", False),
        ("Ахметов Болат", "Ахметов Марат", False),
        ("Ахметов Болат", "Ахметов Болат Серікұлы", True),
        ("Ахметов", "Ахметов Болат", False),
        ("", "Ли", False),
    ],
)
def test_names_are_alike_but_for_typing(one: str, other: str, same: bool) -> None:
    assert identity.alike(one, other) is identity.alike(other, one) is same


PUPILS = st.tuples(st.sampled_from(("7Б", "9А")), st.integers(1, 4), st.sampled_from(NAMES))
ROSTERS = st.lists(PUPILS, min_size=1, max_size=6, unique_by=lambda pupil: pupil[:2])
UNNUMBERED = st.lists(
    st.tuples(st.sampled_from(("7Б", "9А")), st.none(), st.sampled_from(NAMES)), min_size=1, max_size=6
)


@given(st.lists(ROSTERS | UNNUMBERED, max_size=5), st.sets(st.integers(1, 8)))
def test_the_second_import_of_a_file_changes_nothing(
    rosters: list[list[tuple[str, int | None, str]]], forgotten: set[int]
) -> None:
    known: tuple[KnownPupil, ...] = ()
    for turn, pupils in enumerate(rosters):
        roster = _roster(*pupils)
        known = _applied(known, plan(roster, known, TODAY, _fresh(f"{turn}-")))
        assert plan(roster, known, TODAY, _fresh(f"{turn}x")).changes == ()
        known = tuple(
            KnownPupil(one.pupil, one.class_, one.number, None, left=one.left) if place in forgotten else one
            for place, one in enumerate(known)
        )
        forgotten = set()


@given(st.lists(ROSTERS, min_size=1, max_size=5))
def test_after_an_import_the_classes_of_the_file_are_as_in_the_file(
    rosters: list[list[tuple[str, int | None, str]]],
) -> None:
    known: tuple[KnownPupil, ...] = ()
    for turn, pupils in enumerate(rosters):
        known = _applied(known, plan(_roster(*pupils), known, TODAY, _fresh(f"{turn}-")))
        classes = {pupil[0] for pupil in pupils}
        here = [(one.class_, one.number, one.name) for one in known if one.class_ in classes and not one.left]
        assert sorted(here, key=str) == sorted(pupils, key=str)


@given(UNNUMBERED, UNNUMBERED)
def test_numbers_given_by_the_alphabet_are_never_given_twice(
    first: list[tuple[str, int | None, str]], second: list[tuple[str, int | None, str]]
) -> None:
    known = _applied((), _plan(_roster(*first), ()))
    known = _applied(known, plan(_roster(*second), known, TODAY, _fresh("second")))
    taken = [(one.class_, one.number) for one in known if not one.left]
    assert len(taken) == len(set(taken))


def test_progress_is_told_while_planning() -> None:
    told: list[tuple[int, int]] = []
    plan(_roster(("7Б", 1, "Ли Ан")), (), TODAY, _fresh(), lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]
