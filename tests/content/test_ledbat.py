"""The two controllers of bulk, on links that are sums."""

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.content.ledbat import AIM, AWAY, FLOOR, LOOK, START, Beside, Felt
from tests.content.links import Lesson, Pipe, Sender

TARGET = 0.06
MEGABIT = 125_000.0  # bytes a second
rates = st.floats(0.5, 50.0).map(lambda megabits: megabits * MEGABIT)
ways = st.floats(0.005, 0.3)


@settings(max_examples=50)
@given(rates, ways)
def test_an_idle_link_is_used_and_its_queue_stays_short(rate: float, way: float) -> None:
    pipe = Pipe(rate, way)
    sender = Sender(pipe)
    sender.run(20.0, TARGET)
    pipe.longest = 0.0
    assert sender.run(20.0, TARGET) >= 0.85 * rate
    assert pipe.longest <= 3 * TARGET


@settings(max_examples=50)
@given(rates, ways, st.floats(0.2, 0.5))
def test_a_sender_makes_way_when_a_link_gets_narrower(rate: float, way: float, left: float) -> None:
    pipe = Pipe(rate, way)
    sender = Sender(pipe)
    sender.run(20.0, TARGET)
    pipe.taken = rate * (1 - left)
    sender.run(20.0, TARGET)
    assert pipe.delay <= 4 * TARGET
    assert sender.run(10.0, TARGET) >= 0.4 * left * rate


def test_a_pace_that_nobody_uses_does_not_grow() -> None:
    sender = Sender(Pipe(100 * MEGABIT, 0.05), demand=20_000.0)
    sender.run(30.0, TARGET)
    assert sender.rate <= 60_000.0


def test_who_has_slept_begins_again() -> None:
    sender = Sender(Pipe(10 * MEGABIT, 0.05))
    sender.run(10.0, TARGET)
    sender.now += 60.0
    sender.run(0.1, TARGET)
    assert sender.rate <= START


@settings(max_examples=60)
@given(st.floats(2.0, 50.0), st.floats(0.2, 0.8))
def test_beside_a_lesson_bulk_uses_what_is_left_and_makes_no_queue(megabits: float, left: float) -> None:
    rate = megabits * MEGABIT
    pipe = Pipe(rate, 0.06, taken=rate * (1 - left))
    lesson = Lesson(pipe)
    lesson.run(60.0)
    pipe.longest = 0.0
    got = lesson.run(30.0)
    assert pipe.longest <= 4 * AIM
    assert got >= min(0.55 * left * rate, 300_000.0)


def test_a_link_that_the_lesson_fills_is_left_alone() -> None:
    pipe = Pipe(1 * MEGABIT, 0.06, taken=1 * MEGABIT)
    lesson = Lesson(pipe)
    lesson.run(25.0)
    assert lesson.beside.is_off(lesson.now)
    assert lesson.leave == 0


def test_it_is_tried_again_later_and_later_still() -> None:
    pipe = Pipe(1 * MEGABIT, 0.06, taken=1 * MEGABIT)
    lesson = Lesson(pipe)
    off = []
    for _ in range(3000):
        lesson.run(LOOK)
        off.append(lesson.beside.is_off(lesson.now))
        pipe.queue = 0.0 if off[-1] else pipe.queue
    spans = [len(list(run)) * LOOK for is_off, run in groupby(off) if is_off]
    assert spans[:3] == pytest.approx([AWAY, 2 * AWAY, 4 * AWAY], abs=1.0)


def test_a_lesson_that_was_made_smaller_three_times_is_left_alone() -> None:
    lesson = Lesson(Pipe(4 * MEGABIT, 0.06, taken=2 * MEGABIT))
    lesson.run(20.0)
    before = lesson.leave
    lesson.run(LOOK, fells=True)
    assert 0 < lesson.leave <= 0.6 * before
    lesson.run(5.0)
    lesson.run(LOOK, fells=True)
    lesson.run(5.0)
    lesson.run(LOOK, fells=True)
    assert lesson.leave == 0


def test_losses_that_are_no_radios_slow_it_down() -> None:
    lesson = Lesson(Pipe(4 * MEGABIT, 0.06, taken=2 * MEGABIT))
    lesson.run(20.0)
    before = lesson.beside.rate
    lesson.run(1.0, lost=0.1)
    assert lesson.beside.rate <= 0.75 * before


def test_a_lesson_that_does_not_come_has_the_link_for_itself() -> None:
    lesson = Lesson(Pipe(4 * MEGABIT, 0.06, taken=2 * MEGABIT))
    lesson.run(10.0)
    lesson.run(1.4, heard=False)
    assert lesson.leave == 0
    lesson.run(2.0)
    assert lesson.leave > 0


def test_without_a_receiver_that_feels_anything_there_is_no_bulk() -> None:
    beside = Beside()
    assert [beside.step(number * LOOK, None, 0) for number in range(10)] == [0] * 10


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 5), st.floats(0, 1), st.booleans(), st.integers(0, 1 << 20)))
)
def test_whatever_is_felt_the_word_is_nothing_or_a_rate(
    felt: list[tuple[float | None, float, bool, int]],
) -> None:
    beside, now = Beside(), 100.0
    for delay, lost, fell, came in felt:
        now += LOOK
        leave = beside.step(now, Felt(delay, lost, now if fell else 0.0), came)
        assert leave == 0 or FLOOR <= leave < 1 << 31
