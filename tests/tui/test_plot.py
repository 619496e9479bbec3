"""A curve in the cells of a terminal."""

import math
from time import thread_time

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.lab_daemon import BEGAN
from tui.plot import Frame, Point, curve, moments, scale, thinned, wide_enough
from tui.trace import LIVE, MOST_POINTS, Trace
from tui.widgets.digits import HEIGHT, big

FRAME = Frame((0.0, 10.0), (0.0, 10.0), 20, 5)
VALUES = st.floats(-1e6, 1e6)
POINTS = st.lists(st.tuples(st.floats(0, 1e5), VALUES), max_size=60).map(sorted)


def test_a_rising_line_goes_from_the_bottom_left_to_the_top_right() -> None:
    rows = curve([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (10.0, 10.0)], FRAME._replace(times=(0.0, 10.0)))
    assert rows[-1][0] != " "
    assert len(rows) == 5
    assert {len(row) for row in rows} == {20}


def test_what_was_not_measured_is_a_gap() -> None:
    points = [(step / 10, 5.0) for step in range(101) if not 30 < step < 70]
    line = curve(points, FRAME)[2]
    assert line[:6].strip() != ""
    assert line[7:13] == " " * 6
    assert line[14:].strip() != ""


def test_without_braille_stars_are_drawn() -> None:
    rows = curve([(0.0, 5.0), (1.0, 5.0)], FRAME, plain=True)
    assert set("".join(rows)) == {" ", "*"}


@given(POINTS, st.integers(1, 100), st.integers(1, 40))
def test_any_points_fill_exactly_the_cells_that_there_are(
    points: list[Point], width: int, height: int
) -> None:
    ticks = scale([value for _, value in points] or [0.0], 5)
    rows = curve(points, Frame((0.0, 50.0), (ticks[0], ticks[-1]), width, height))
    assert [len(row) for row in rows] == [width] * height


@given(st.lists(VALUES, min_size=1), st.integers(2, 10))
def test_a_scale_holds_every_value_between_a_few_round_ones(values: list[float], most: int) -> None:
    ticks = scale(values, most)
    assert ticks[0] - 1e-9 <= min(values)
    assert max(values) <= ticks[-1] + 1e-9
    assert ticks == sorted(set(ticks))
    assert 2 <= len(ticks) <= 2 * most + 2


def test_moments_beside_the_axis_are_round_on_a_clock() -> None:
    assert moments(0, 300, 5) == [0, 60, 120, 180, 240, 300]
    assert moments(-60, 0, 4) == [-60, -45, -30, -15, 0]
    assert [wide_enough(seconds) for seconds in (1, 31, 4000, 50_000)] == [30, 60, 7200, 50_000]


def test_thinning_keeps_the_peaks() -> None:
    points = [(float(step), 100.0 if step == 57 else step % 3) for step in range(200)]
    assert max(value for _, value in thinned(points)) == 100.0
    assert len(thinned(points)) <= 102


def test_a_full_chart_is_drawn_in_a_tenth_of_the_time_there_is() -> None:
    points = [(step / 20, 20 + 5 * math.sin(step / 30)) for step in range(MOST_POINTS)]
    frame = Frame((0.0, 120.0), (15.0, 25.0), 140, 30)
    began = thread_time()
    for _ in range(10):
        curve(points, frame)
    assert (thread_time() - began) / 10 < 0.05  # of the 0.1 s between two; 3 ms on an idle machine


def test_a_live_curve_is_the_last_minute_and_a_run_is_whole() -> None:
    live, run = Trace(0), Trace(BEGAN, "run-1")
    for second in range(300):
        live.add(BEGAN + 1000 * second, 1.0)
        run.add(BEGAN + 1000 * second, 1.0)
    points, times = live.shown(BEGAN + 299_000)
    assert (times, points[0][0], points[-1][0]) == ((-LIVE, 0.0), -59.0, 0.0)
    assert (len(run.shown(0)[0]), run.shown(0)[1]) == (300, (0.0, 300.0))


def test_a_curve_takes_each_reading_once_and_never_too_many() -> None:
    run = Trace(BEGAN, "run-1")
    assert run.add(BEGAN + 100, 1.0)
    assert not run.add(BEGAN + 100, 1.0)
    assert not run.add(BEGAN + 200, None)
    assert not run.add(BEGAN - 100, 1.0)
    for number in range(10 * MOST_POINTS):
        run.add(BEGAN + 1000 + 100 * number, 99.0 if number == 777 else 1.0)
    assert len(run.points) <= MOST_POINTS
    assert max(value for _, value in run.points) == 99.0


def test_what_was_kept_comes_before_what_came_since() -> None:
    run = Trace(BEGAN, "run-1")
    run.add(BEGAN + 3000, 3.0)
    run.add(BEGAN + 5000, 5.0)
    run.fill([(0.0, 0.0), (3.0, 3.0), (4.0, 4.0)], (1.0,))
    assert run.points == [(0.0, 0.0), (3.0, 3.0), (4.0, 4.0), (5.0, 5.0)]


def test_a_number_is_five_lines_high_and_never_too_wide() -> None:
    for text in ("0", "-23,45", "—", "1013,25", "-1234567,891"):
        rows = big(text, 30, "█")
        assert len(rows) == HEIGHT
        assert max(map(len, rows)) <= 30 or text in rows
    assert big("1", 30, "#")[0] == "  ##    "
