"""A hub that has invited a school, and its staff."""

from pathlib import Path

import pytest

from edge.__main__ import main
from tests.content.staff import Typing


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a hub that has invited a school."""
    folder = tmp_path / "hub"
    folder.mkdir()
    assert main(["invite", "aul", "--state", str(folder)]) == 0
    return folder


@pytest.fixture
def typed(state: Path, capsys: pytest.CaptureFixture[str]) -> Typing:
    """Type `tirek library` at the hub."""

    def type_(*line: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["library", *line, "--state", str(state)])
        said = capsys.readouterr()
        return status, said.out.strip(), said.err.strip()

    return type_
