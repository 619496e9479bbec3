"""A file on its way here is what its list of sums says, whatever the power cut left."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from edge.content.draft import BLOCK, Draft, Source, TooMuch
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from tests.media.lost_cache import LoggedDisk, after_power_cut

CONTENT = Random(1).randbytes(2 * BLOCK + 70_000)
SOURCE = Source('"v1"', len(CONTENT))
PIECE = 100_000
CUTS = 120


def draft(folder: Path, disk: Disk | None = None) -> Draft:
    """Return the draft in a folder."""
    folder.mkdir(exist_ok=True)
    return Draft(Place(folder, disk or Disk(), 0), folder / "film.mp4")


def fill(given: Draft, until: int = len(CONTENT)) -> Draft:
    """Give it what it lacks, piece by piece."""
    while given.have < until:
        given.add(CONTENT[given.have : min(given.have + PIECE, until)])
    return given


def begun(folder: Path, disk: Disk | None = None) -> Draft:
    """Return a draft that has nothing yet."""
    made = draft(folder, disk)
    made.begin(SOURCE)
    return made


def test_what_was_confirmed_is_there_after_a_kill_and_no_more_than_a_block_is_missing(tmp_path: Path) -> None:
    fill(begun(tmp_path), 2 * BLOCK - 1)  # and the process is gone
    again = draft(tmp_path)
    again.open()
    assert (again.have, again.source) == (BLOCK, SOURCE)
    assert fill(again).is_whole
    assert again.path.read_bytes() == CONTENT


def test_a_file_that_is_whole_is_known_to_be(tmp_path: Path) -> None:
    fill(begun(tmp_path)).close()
    again = draft(tmp_path)
    again.open()
    assert again.is_whole


@pytest.mark.parametrize("seed", range(CUTS))
def test_after_a_power_cut_nothing_is_believed_that_is_not_so(tmp_path: Path, seed: int) -> None:
    disk, chance = LoggedDisk(), Random(seed)
    (tmp_path / "before").mkdir()
    fill(begun(tmp_path / "before", disk)).close()
    (tmp_path / "left").mkdir()
    after_power_cut(disk.log[: chance.randrange(len(disk.log) + 1)], tmp_path / "left", chance)
    again = draft(tmp_path / "left")
    again.open()
    if again.source is None:
        again.begin(SOURCE)
    assert again.path.read_bytes() == CONTENT[: again.have]
    assert fill(again).path.read_bytes() == CONTENT


def _change_a_byte(folder: Path) -> None:
    path = folder / "film.mp4"
    content = bytearray(path.read_bytes())
    content[BLOCK + 5] ^= 1
    path.write_bytes(content)


def _cut_the_file(folder: Path) -> None:
    (folder / "film.mp4").write_bytes(CONTENT[: BLOCK + 10])


DAMAGE: dict[str, tuple[Callable[[Path], object], int]] = {
    "a changed byte": (_change_a_byte, BLOCK),
    "a file cut short": (_cut_the_file, BLOCK),
    "a list cut short": (lambda folder: _cut_list(folder, 3), 2 * BLOCK),
    "no list": (lambda folder: (folder / "film.mp4.sums").unlink(), 0),
    "no file": (lambda folder: (folder / "film.mp4").unlink(), 0),
    "a list of noise": (lambda folder: (folder / "film.mp4.sums").write_bytes(b"\xff" * 5000), 0),
    "a list of no size": (
        lambda folder: (folder / "film.mp4.sums").write_bytes(b'{"etag":"","size":0}\n'),
        0,
    ),
}


def _cut_list(folder: Path, size: int) -> None:
    path = folder / "film.mp4.sums"
    path.write_bytes(path.read_bytes()[:-size])


@pytest.mark.parametrize("what", DAMAGE)
def test_of_a_damaged_draft_only_what_is_good_is_kept(tmp_path: Path, what: str) -> None:
    harm, good = DAMAGE[what]
    fill(begun(tmp_path)).close()
    harm(tmp_path)
    again = draft(tmp_path)
    again.open()
    assert again.have == good


def test_more_than_the_file_has_is_not_taken(tmp_path: Path) -> None:
    made = fill(begun(tmp_path))
    with pytest.raises(TooMuch):
        made.add(b"x")
    assert made.path.read_bytes() == CONTENT
