"""What the tests of checks have in common."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.peers import Node, closing


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Node]:
    """A classroom in a lesson, with its roster."""
    made = Node(tmp_path / "room", "Құмсай", "aul")
    with closing(made):
        made.begin()
        made.roster()
        yield made
