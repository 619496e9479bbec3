"""What was chosen at the screen is kept, and every screen is told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.api import Unable
from edge.board import Board
from edge.classroom.choices import FILE, Choices
from edge.config import Config, from_table
from edge.contract.commands import SetSettings
from edge.contract.notices import Settings
from edge.journal import Journal


def _config(state: Path, **more: object) -> Config:
    return from_table({"name": "Ақжар", "state": str(state), "school": "akzhar", **more}, "test")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path, "akzhar")
    yield opened
    opened.close()


async def _told(board: Board) -> Settings:
    with board.read() as reader:
        (settings,) = await reader.take(0.0)
    assert isinstance(settings, Settings)
    return settings


async def _set(choices: Choices, order: SetSettings) -> None:
    await choices.desks()[SetSettings](order)


async def test_a_new_node_speaks_the_language_of_its_configuration(tmp_path: Path, journal: Journal) -> None:
    board = Board()
    Choices(_config(tmp_path, lang="ru", pin="4729"), journal, board)
    assert await _told(board) == Settings("ru", "akzhar", has_pin=True)


async def test_what_was_chosen_outlives_the_daemon(tmp_path: Path, journal: Journal) -> None:
    board = Board()
    await _set(Choices(_config(tmp_path), journal, board), SetSettings(lang="en", volume=30, welcomed=True))
    await _set(Choices(_config(tmp_path), journal, board), SetSettings(theme="light"))
    Choices(_config(tmp_path), journal, board)
    assert await _told(board) == Settings("en", "akzhar", "", "light", 30, welcomed=True)


@pytest.mark.parametrize("content", [b"", b"{", b'{"volume":"loud"}', b"\xff\xff"])
async def test_a_damaged_file_costs_what_was_chosen_and_nothing_else(
    tmp_path: Path, journal: Journal, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    board = Board()
    Choices(_config(tmp_path), journal, board)
    assert await _told(board) == Settings("kk", "akzhar")


async def test_a_volume_that_is_none_is_refused(tmp_path: Path, journal: Journal) -> None:
    choices = Choices(_config(tmp_path), journal, Board())
    for volume in (-1, 101):
        with pytest.raises(Unable):
            await _set(choices, SetSettings(volume=volume))
    assert choices.volume == 80


async def test_a_disk_that_takes_nothing_keeps_the_choice_for_now(tmp_path: Path, journal: Journal) -> None:
    (tmp_path / FILE).mkdir()
    choices = Choices(_config(tmp_path), journal, Board())
    await _set(choices, SetSettings(lang="ru"))
    assert choices.lang == "ru"


async def test_of_many_choices_at_once_the_last_one_is_kept(journal: Journal, tmp_path: Path) -> None:
    choices = Choices(_config(tmp_path), journal, Board())
    await asyncio.gather(*(_set(choices, SetSettings(volume=volume)) for volume in range(40)))
    assert Choices(_config(tmp_path), journal, Board()).volume == 39
