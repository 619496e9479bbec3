"""Files that a person asked for, on the stick that she has plugged in."""

from pathlib import Path

import pytest

from edge import sticks
from edge.sticks import FOLDER, carried, copied

LINE = "36 35 98:0 / {} rw,noatime shared:1 - vfat /dev/sdb1 rw\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("time;value\n")
    return path


def mounted(tmp_path: Path, *points: str) -> Path:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("".join(LINE.format(point) for point in ("/", "/proc", *points)))
    return mounts


def test_only_what_is_mounted_where_sticks_are_is_a_stick(tmp_path: Path) -> None:
    mounts = mounted(tmp_path, "/media/ADATA\\040UFD", "/srv/media/x", "/run/media/aigul/KINGSTON")
    assert sticks.sticks(mounts) == [Path("/run/media/aigul/KINGSTON"), Path("/media/ADATA UFD")]


def test_without_a_stick_a_file_stays_where_it_is(tmp_path: Path, table: Path) -> None:
    assert carried(table, mounted(tmp_path)) == table
    assert carried(table, tmp_path / "nowhere") == table


def test_a_file_is_copied_into_a_folder_of_its_own(tmp_path: Path, table: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    for _ in range(2):  # the same table again takes its own place
        assert copied(table, stick) == stick / FOLDER / table.name
    assert (stick / FOLDER / table.name).read_text() == "time;value\n"
    assert [each.name for each in (stick / FOLDER).iterdir()] == [table.name]


def test_a_link_on_a_stick_leads_nowhere(tmp_path: Path, table: Path) -> None:
    stick, elsewhere = tmp_path / "stick", tmp_path / "elsewhere"
    stick.mkdir()
    elsewhere.mkdir()
    (stick / FOLDER).symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        copied(table, stick)
    assert list(elsewhere.iterdir()) == []
