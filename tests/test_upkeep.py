"""What is done every night: recordings are looked at in turn, what is damaged is told, old tables go."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from edge import upkeep
from edge.config import Config
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.recording import Recording, load, save
from edge.upkeep import AGAIN, EXPORTS_KEPT, Looked, keep_up
from tests.media.lessons import lesson
from tests.media.test_power_cut import record

NIGHT = 1_795_700_000.0
DAY = 86_400.0
YEAR = 365 * DAY


@pytest.fixture
def school(tmp_path: Path) -> Config:
    """A node with three recordings of the same lesson, one a day."""
    state = tmp_path / "school"
    state.mkdir()
    record(state / "recordings", lesson("VP8", seconds=4.0))
    (first,) = (each.stem for each in (state / "recordings").glob("*.json"))
    for day in ("23", "24"):
        _copy(state / "recordings", first, first.replace("20261122", f"202611{day}"))
    Journal(state).close()
    return Config("school", str(state))


def _copy(folder: Path, old: str, new: str) -> None:
    known = load(folder, old)
    assert known is not None
    shutil.copy(known.path(folder), folder / f"{new}.{known.extension}")
    shutil.copy(folder / f"{old}.idx", folder / f"{new}.idx")
    save(Disk(), folder, msgspec.structs.replace(known, id=new))


def looked(config: Config) -> dict[str, Looked]:
    """Return what was noted of recordings."""
    content = (Path(config.state) / upkeep.VERIFIED).read_bytes()
    return msgspec.json.decode(content, type=dict[str, Looked])


def test_a_night_backs_the_journal_up_and_says_when(school: Config) -> None:
    night = keep_up(school, NIGHT)
    assert night.is_good
    assert upkeep.load(Path(school.state)) == night
    assert night.backup == night.at == round(NIGHT * 1000)
    assert night.backup_bytes > 0


@pytest.mark.parametrize("wrong", [60.0, NIGHT - 17 * YEAR, NIGHT + 14 * YEAR])
def test_a_night_under_a_wrong_clock_is_like_every_other(school: Config, wrong: float) -> None:
    for day in range(8):
        keep_up(school, NIGHT + day * DAY)
    night = keep_up(school, wrong)
    assert (night.failed, night.backup) == ("", night.at)
    assert upkeep.load(Path(school.state)) == night
    assert night.verified == 3, "or they would be looked at never again"
    after = keep_up(school, NIGHT + 9 * DAY)
    assert (after.failed, after.verified) == ("", 3)


def test_recordings_are_looked_at_first_under_a_clock_of_1970(school: Config) -> None:
    assert keep_up(school, 60.0).verified == 3


def test_recordings_are_looked_at_once_and_again_when_long_enough_ago(school: Config) -> None:
    assert keep_up(school, NIGHT).verified == 3
    assert keep_up(school, NIGHT + DAY).verified == 0
    assert keep_up(school, NIGHT + AGAIN + 2 * DAY).verified == 3


def test_a_recording_that_the_disk_spoiled_is_told_every_night_until_it_is_gone(school: Config) -> None:
    folder = Path(school.state) / "recordings"
    spoiled = load(folder, sorted(each.stem for each in folder.glob("*.json"))[1])
    assert isinstance(spoiled, Recording)
    with spoiled.path(folder).open("r+b") as file:
        file.seek(file.seek(0, 2) // 2)
        file.write(os.urandom(64))
    first, second = keep_up(school, NIGHT), keep_up(school, NIGHT + DAY)
    assert [each.partition(":")[0] for each in first.damaged] == [spoiled.id]
    assert second.damaged == first.damaged
    assert not second.is_good
    for suffix in (".idx", f".{spoiled.extension}", ".json"):
        (folder / (spoiled.id + suffix)).unlink()
    assert keep_up(school, NIGHT + 2 * DAY).is_good
    assert spoiled.id not in looked(school)


def test_exported_tables_go_when_they_are_old(school: Config) -> None:
    folder = Path(school.state) / "exports"
    folder.mkdir()
    for name, age in (("old.csv", EXPORTS_KEPT + DAY), ("new.csv", DAY)):
        (folder / name).write_text("t;x")
        os.utime(folder / name, (NIGHT - age, NIGHT - age))
    assert keep_up(school, NIGHT).removed == 1
    assert [each.name for each in folder.iterdir()] == ["new.csv"]


def test_a_node_that_never_ran_has_nothing_to_be_kept(tmp_path: Path) -> None:
    night = keep_up(Config("new", str(tmp_path)), NIGHT)
    assert (night.is_good, night.backup, night.verified) == (True, 0, 0)
