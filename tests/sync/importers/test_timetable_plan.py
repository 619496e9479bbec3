"""A timetable changes what is different from a day on, in few facts, and never the past."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync.importers import formats
from sync.importers.lessons import Lesson, Timetable, WantedLesson
from sync.importers.timetable_plan import REASON, TimetablePlan, plan
from sync.records import LessonCancelled, LessonPlanned, lesson_id
from tests.sync.importers.files import AUTUMN, FIRST, ZONE, sample

MONDAY = "2026-09-07"
NEXT = "2026-09-14"
PHYSICS = Lesson("7Б", MONDAY, "09:00", "Физика")


def _timetable(
    *lessons: Lesson, last: str = "2026-12-25", classes: frozenset[str] | None = None
) -> Timetable:
    named = frozenset(lesson.class_ for lesson in lessons) if classes is None else classes
    return Timetable(tuple(WantedLesson(2, lesson) for lesson in lessons), last, named)


def _applied(current: list[Lesson], made: TimetablePlan) -> list[Lesson]:
    """Return the lessons that are planned afterwards, as a fold of the facts would."""
    lessons = {lesson.id: lesson for lesson in current}
    for fact in made.facts:
        if isinstance(fact, LessonCancelled):
            for day in fact.days:
                del lessons[lesson_id(fact.class_, day, fact.starts)]
        elif isinstance(fact, LessonPlanned):
            for day in fact.days:
                lessons[lesson_id(fact.class_, day, fact.starts)] = Lesson(
                    *(fact.class_, day, fact.starts, fact.subject, fact.minutes),
                    *(fact.teacher, fact.hub, fact.model, fact.topic, fact.room),
                )
    return list(lessons.values())


def _on(day: str, lesson: Lesson = PHYSICS) -> Lesson:
    return Lesson(lesson.class_, day, lesson.starts, lesson.subject)


def test_a_weekly_lesson_is_one_fact_with_all_its_days() -> None:
    read = formats.read_timetable("t.csv", sample("timetable-excel-cp1251.csv"), ZONE, AUTUMN)
    made = plan(read, [], FIRST)
    assert [type(fact) for fact in made.facts] == [LessonPlanned] * 4
    physics = made.facts[0]
    assert isinstance(physics, LessonPlanned)
    assert (
        physics.class_,
        physics.starts,
        len(physics.days),
        physics.teacher,
        physics.hub,
        physics.model,
    ) == (
        *("7Б", "08:30", 16, "Сейитова Г."),
        *("Опорная школа №12", "streaming"),
    )
    assert made.lines[0] == "line 2: 7Б 08:30 Физика: new, Monday 2026-09-07 to 2026-12-21 (16 lessons)"
    assert made.lines[-1] == "no change: 0 lessons"


def test_a_lesson_that_is_not_in_the_file_is_cancelled_in_its_classes_and_days_only() -> None:
    other_class = Lesson("9А", MONDAY, "09:00", "Химия")
    after = _on("2026-12-28")
    made = plan(_timetable(_on(NEXT)), [PHYSICS, _on(NEXT), other_class, after], FIRST)
    assert made.facts == (LessonCancelled("7Б", "09:00", (MONDAY,), REASON),)
    assert made.lines == ("7Б 09:00 Физика: cancelled, Monday 2026-09-07", "no change: 1 lessons")


def test_a_class_that_is_named_without_a_lesson_loses_its_lessons() -> None:
    made = plan(_timetable(classes=frozenset({"7Б"})), [PHYSICS], FIRST)
    assert made.facts == (LessonCancelled("7Б", "09:00", (MONDAY,), REASON),)


def test_what_is_before_the_first_day_is_never_changed() -> None:
    made = plan(_timetable(_on("2026-09-01"), _on(NEXT)), [PHYSICS], date(2026, 9, 8))
    assert made.facts == (LessonPlanned("7Б", "09:00", (NEXT,), "Физика"),)
    assert "before 2026-09-08, not changed: 1 lessons" in made.lines


def test_another_subject_at_the_same_time_replaces_the_lesson() -> None:
    made = plan(_timetable(Lesson("7Б", MONDAY, "09:00", "Химия", teacher="Иманов Е.")), [PHYSICS], FIRST)
    assert made.facts == (LessonPlanned("7Б", "09:00", (MONDAY,), "Химия", teacher="Иманов Е."),)
    assert made.lines[0] == (
        "line 2: 7Б 09:00 Химия: subject was 'Физика', teacher was '', Monday 2026-09-07"
    )


def test_another_time_is_one_lesson_cancelled_and_one_planned() -> None:
    made = plan(_timetable(Lesson("7Б", MONDAY, "10:00", "Физика")), [PHYSICS], FIRST)
    assert made.facts == (
        LessonPlanned("7Б", "10:00", (MONDAY,), "Физика"),
        LessonCancelled("7Б", "09:00", (MONDAY,), REASON),
    )


def test_the_same_lesson_new_on_some_days_and_changed_on_others_is_one_fact() -> None:
    chemistry = Lesson("7Б", MONDAY, "09:00", "Химия")
    made = plan(_timetable(chemistry, _on(NEXT, chemistry)), [PHYSICS], FIRST)
    assert made.facts == (LessonPlanned("7Б", "09:00", (MONDAY, NEXT), "Химия"),)
    assert len(made.lines) == 3


LESSONS = st.builds(
    Lesson,
    st.sampled_from(("7Б", "9А")),
    st.integers(0, 30).map(lambda days: (FIRST + timedelta(days=days)).isoformat()),
    st.sampled_from(("09:00", "10:00")),
    st.sampled_from(("Физика", "Химия")),
    model=st.sampled_from(("streaming", "online-teaching")),
)
FILES = st.lists(LESSONS, max_size=12, unique_by=lambda lesson: lesson.id)
DAYS = st.integers(0, 31).map(lambda days: FIRST + timedelta(days=days))


@given(FILES, FILES, DAYS, st.integers(0, 31))
def test_the_second_import_changes_nothing_and_the_first_made_it_so(
    before: list[Lesson], wanted: list[Lesson], from_day: date, last: int
) -> None:
    ends = max([lesson.day for lesson in wanted] + [(FIRST + timedelta(days=last)).isoformat()])
    timetable = _timetable(*wanted, last=ends)
    after = _applied(before, plan(timetable, before, from_day))
    again = plan(timetable, after, from_day)
    covered = [
        lesson
        for lesson in after
        if lesson.class_ in timetable.classes and from_day.isoformat() <= lesson.day <= ends
    ]
    assert again.facts == ()
    assert sorted(covered, key=str) == sorted(
        (lesson for lesson in wanted if lesson.day >= from_day.isoformat()), key=str
    )


@given(FILES, FILES, DAYS)
def test_the_past_is_the_same_before_and_after(
    before: list[Lesson], wanted: list[Lesson], from_day: date
) -> None:
    after = _applied(before, plan(_timetable(*wanted), before, from_day))
    past = from_day.isoformat()
    assert [one for one in after if one.day < past] == [one for one in before if one.day < past]
