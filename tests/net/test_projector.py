"""A computer without any network still shows the lesson on its own projector."""

import json
import sys
from pathlib import Path

import pytest

from tests.browsers.process import require
from tests.net.namespaces import alone, why_not


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_the_projector_shows_a_lesson_without_any_network(tmp_path: Path) -> None:
    require("chromium")
    with alone() as room:
        said = room.run(sys.executable, "-m", "tests.net.projector", str(tmp_path), timeout=180)
    assert json.loads(said.splitlines()[-1]) == {"width": 1280}
