"""Which lesson a recording is of."""

from msgspec import structs

from edge.classroom.ties import EARLY, LONGEST, Calendar, Span, Started, Tied

MINUTE = 60_000
NINE = 9 * 60 * MINUTE
PHYSICS = Tied("physics", "7Б", "1970-01-01", "Физика", "", "", "hub-1", NINE, NINE + 45 * MINUTE)
MATHS = structs.replace(PHYSICS, lesson="maths", begins=NINE + 60 * MINUTE, ends=NINE + 105 * MINUTE)
LESSONS = {each.lesson: each for each in (PHYSICS, MATHS)}


def _of(span: Span, *started: Started, lessons: dict[str, Tied] = LESSONS) -> str:
    tied = Calendar(lessons, started).of(span)
    return tied.lesson if tied else ""


def _span(begins: int, minutes: int = 45, stream: str = "s") -> Span:
    return Span("r", stream, begins, begins + minutes * MINUTE)


def test_what_was_begun_at_the_screen_says_which_lesson_it_was() -> None:
    assert _of(_span(NINE), Started("maths", "s", NINE + MINUTE)) == "maths"


def test_a_lesson_begun_with_another_stream_says_nothing_of_this_one() -> None:
    assert _of(_span(NINE), Started("maths", "other", NINE)) == "physics"


def test_of_two_lessons_begun_with_a_stream_the_later_counts() -> None:
    begun = (Started("physics", "s", NINE - 60 * MINUTE), Started("maths", "s", NINE + MINUTE))
    assert _of(_span(NINE), *begun) == "maths"


def test_a_second_part_after_a_cut_belongs_to_the_lesson_that_was_begun() -> None:
    assert _of(_span(NINE + 30 * MINUTE, 5), Started("physics", "s", NINE)) == "physics"


def test_a_stream_that_went_on_for_hours_is_no_longer_that_lesson() -> None:
    later = _span(PHYSICS.ends + EARLY + 1, 10)
    assert _of(later, Started("physics", "s", NINE)) != "physics"
    assert _of(_span(NINE + LONGEST + 1, 10), Started("physics", "s", NINE), lessons={}) == ""


def test_what_nobody_began_is_the_one_lesson_that_took_place_then() -> None:
    assert _of(_span(NINE - 5 * MINUTE, 50)) == "physics"
    assert _of(_span(NINE + 62 * MINUTE, 30)) == "maths"


def test_a_recording_during_two_lessons_is_of_none() -> None:
    twin = structs.replace(PHYSICS, lesson="twin", class_="8А")
    assert _of(_span(NINE), lessons={**LESSONS, "twin": twin}) == ""


def test_a_recording_mostly_outside_a_lesson_is_not_of_it() -> None:
    assert _of(_span(NINE + 40 * MINUTE, 200)) == ""


def test_a_lesson_without_a_hub_or_cancelled_is_not_guessed() -> None:
    assert _of(_span(NINE), lessons={"physics": structs.replace(PHYSICS, hub="")}) == ""
    assert _of(_span(NINE), lessons={"physics": structs.replace(PHYSICS, cancelled=True)}) == ""


def test_a_recording_without_a_length_is_tied_by_what_was_begun_only() -> None:
    assert _of(_span(NINE, 0), Started("physics", "s", NINE)) == "physics"
    assert _of(_span(NINE, 0)) == ""
