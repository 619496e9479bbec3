"""A lesson over a link that loses packets: nothing is missing in the classroom's recording."""

from pathlib import Path

import pytest

from tests.net.namespaces import why_not
from tests.net.trials import lossy

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

SECONDS = 9


def test_a_lesson_over_a_lossy_link_is_recorded_whole(tmp_path: Path) -> None:
    got = lossy(loss=0.05, trip=0.2, seconds=SECONDS, folder=tmp_path)
    assert min(got.sent.values()) > 0
    assert got.missing == {"video": 0, "audio": 0}
    assert got.strange == 0
    assert 0 < got.again <= 2 * got.lost
