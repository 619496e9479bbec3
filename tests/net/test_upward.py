"""What the class sends up costs the lesson nothing, on a link that is narrow both ways and loses packets."""

from pathlib import Path

import pytest

from tests.net.namespaces import why_not
from tests.net.rooms import pause
from tests.net.upward import SETTLE, UP, Came, Seminar, seminar

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

SECONDS = 12.0
LEAST = 20_000  # bit/s that must go up for the comparison to mean anything: sound alone has 40,000

MORE = 0.01  # of the frames, which may be late because of the class
WINDOWS = 3  # that are measured at most: a computer has its pauses, and not in each of three


def late(came: Came) -> float:
    """Return the share of frames that came late."""
    return sum(came.late.values()) / sum(came.due.values())


def is_harmless(beside: Came, without: Came) -> bool:
    """Tell whether a lesson loses nothing because of the class."""
    missing = sum(beside.missing.values()) <= sum(without.missing.values())
    return missing and beside.missing["audio"] == 0 and late(beside) <= late(without) + MORE


def measured_beside(lesson: Seminar, without: Came) -> Came:
    """Measure until a window is as good as that without the class; return the last one."""
    for _ in range(WINDOWS):
        beside = lesson.measure(SECONDS)
        if is_harmless(beside, without):
            break
    return beside


def test_the_lesson_loses_nothing_because_the_class_is_seen_and_heard(tmp_path: Path) -> None:
    with seminar(tmp_path) as lesson:
        without = lesson.measure(SECONDS)
        lesson.opens_its_page()
        pause(SETTLE)
        beside = measured_beside(lesson, without)
        told = lesson.told()
    assert LEAST < beside.up < UP.rate
    assert told, "the page was asked for no picture at all"
    assert is_harmless(beside, without), (beside, without)
