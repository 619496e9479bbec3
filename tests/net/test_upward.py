"""What the class sends up costs the lesson nothing, on a link that is narrow both ways and loses packets."""

from pathlib import Path

import pytest

from tests.net.namespaces import why_not
from tests.net.rooms import pause
from tests.net.upward import SETTLE, UP, seminar

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

SECONDS = 12.0
LEAST = 20_000  # bit/s that must go up for the comparison to mean anything: sound alone has 40,000


def test_the_lesson_loses_nothing_because_the_class_is_seen_and_heard(tmp_path: Path) -> None:
    with seminar(tmp_path) as lesson:
        without = lesson.measure(SECONDS)
        lesson.opens_its_page()
        pause(SETTLE)
        beside = lesson.measure(SECONDS)
        told = lesson.told()
    assert beside.up * 8 / SECONDS > LEAST
    assert beside.up * 8 / SECONDS < UP.rate
    assert told, "the page was asked for no picture at all"
    assert sum(beside.missing.values()) <= sum(without.missing.values())
    assert beside.missing["audio"] == 0
    assert sum(beside.late.values()) <= sum(without.late.values()) + 0.01 * sum(beside.due.values())
