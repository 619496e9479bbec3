"""Curves on their way: in order, once, bounded, however often and in whatever pieces they come."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialogue import curves
from edge.dialogue.curves import MOST_POINTS, MOST_SENT, SLOT, BadCurve, Channel, Curve, Point, Told

SECONDS = st.floats(-5, 10_000) | st.floats()
POINTS = st.lists(st.tuples(SECONDS, st.floats(allow_nan=True)), max_size=60)


def round_of(value: float) -> float:
    return float(f"{value:.9g}")


def drawn(points: list[Point]) -> Curve:
    made = Curve()
    for point in points:
        made.add(*point)
    return made


@given(POINTS)
def test_points_are_in_order_and_no_two_are_in_one_slot(points: list[Point]) -> None:
    kept = drawn(points).points
    slots = [seconds // SLOT for seconds, _ in kept]
    assert slots == sorted(set(slots))
    assert [value for _, value in kept] == [round_of(value) for _, value in kept]
    assert len(kept) <= len(points)


@given(POINTS, st.integers(1, 9))
def test_what_comes_twice_and_in_pieces_is_there_once(points: list[Point], piece: int) -> None:
    sent = drawn(points)
    arrived, place = Curve(), 0
    while place < len(sent.points):
        for seconds, value in sent.points[max(0, place - 3) : place + piece]:
            arrived.add(seconds, value)
        place += piece
    assert arrived.points == sent.points


def test_of_a_long_run_fewer_points_are_kept_from_its_beginning_to_its_end() -> None:
    made = drawn([(number * SLOT, float(number)) for number in range(5 * MOST_POINTS)])
    assert MOST_POINTS // 2 <= len(made.points) <= MOST_POINTS
    assert made.points[0] == (0.0, 0.0)
    assert made.points[-1][0] > (5 * MOST_POINTS - 9) * SLOT


@given(st.integers(0, 3000), st.integers(1, 700))
def test_what_is_thinned_for_a_chart_ends_with_the_newest(count: int, most: int) -> None:
    points = [(float(number), 0.0) for number in range(count)]
    shown = curves.thinned(points, most)
    assert len(shown) <= most
    assert shown[-1:] == points[-1:]
    assert shown == sorted(shown)


def test_a_chart_that_is_opened_late_gets_everything_piece_by_piece() -> None:
    made = drawn([(number * SLOT, 1.0) for number in range(1200)])
    sent, got = -1.0, []
    while new := made.after(sent):
        assert len(new) <= MOST_SENT
        got += new
        sent = new[-1][0]
    assert got == made.points


def test_points_are_kept_as_they_are_sent_so_that_none_is_sent_again() -> None:
    made = drawn([(0.3333, 1.23456789012), (0.7777, 2.0)])
    assert made.after(-1.0) == [(0.33, 1.23456789), (0.78, 2.0)]
    assert made.after(0.33) == [(0.78, 2.0)]
    assert made.after(0.78) == []


def told(**more: object) -> bytes:
    about = {
        "stream": "lesson",
        "node": "a" * 16,
        "run": "r",
        "experiment": "ohm",
        "began": 5,
        "channels": [],
    }
    return msgspec.json.encode(about | more)


POINT = {"quantity": "temperature", "unit": "Cel", "points": [[0.0, 20.5]]}


def test_what_a_class_sends_is_what_is_read() -> None:
    said = Told("lesson", "a" * 16, "r", "ohm", 5, [Channel("temperature", "Cel", [(0.0, 20.5)], "T")])
    assert curves.read(curves.written(said)) == said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 9000,
        told(channels=[POINT] * 9),
        told(channels=[POINT | {"points": [[0.0, 1.0]] * (MOST_SENT + 1)}]),
        told(channels=[POINT | {"points": [[0.0]]}]),
        told(channels=[POINT | {"points": [["0", 1]]}]),
        told(channels=[POINT | {"unit": "x" * 65}]),
        told(run="x" * 65),
        told(title={"kk": "x" * 121}),
        told(began="now"),
        told(experiment="x") + b" " * curves.MOST_BYTES,
    ],
)
def test_what_no_class_can_have_measured_is_refused(body: bytes) -> None:
    with pytest.raises(BadCurve):
        curves.read(body)
