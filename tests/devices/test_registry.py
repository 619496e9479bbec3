"""Drivers are found by their entry points, ours as those of somebody else."""

from pathlib import Path

import pytest

from devices import registry
from devices.errors import DriverUnknown, ProfileWrong
from devices.registry import Setting, families, family, kinds, simulators
from devices.workshop import setting


def test_the_surest_drivers_are_tried_first_and_lines_last() -> None:
    names = [each.name for each in families()]
    assert (names[0], names[-1]) == ("firmata", "lines")
    assert names.index("uarm") < names.index("marlin")
    assert {each.name for each in kinds()} == set(names)


def test_a_driver_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(DriverUnknown, match=r"no driver 'robot'; there are firmata, mbot"):
        family("robot")


def test_a_broken_driver_is_named_and_hides_no_other(tmp_path: Path) -> None:
    package = tmp_path / "broken-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "absent = absent_module:driver\nwrong = devices.units:shown\nnone = builtins:dict\n"
    (package / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{points}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        working, broken = registry.found.__wrapped__()
    assert len(working) == len(families())
    assert sorted(each.name for each in broken) == ["absent", "none", "wrong"]


@pytest.mark.parametrize(
    ("driver", "profile", "complaint"),
    [
        ("modbus", "ph@1,ec@1", "one address for two probes"),
        ("modbus", "ph@0", "an address is a number from 1 to 247"),
        ("modbus", "ph@x", "an address is a number"),
        ("modbus", "wine@1", "no profile 'wine'"),
        ("lines", "a b", "no list of programs"),
        ("firmata", "none", "no profile 'none'; there are car"),
        ("grbl", "none", "no profile"),
    ],
)
def test_a_profile_that_is_none_is_refused_in_words(driver: str, profile: str, complaint: str) -> None:
    with pytest.raises(ProfileWrong, match=complaint):
        family(driver).make(Setting(profile))


def test_a_bus_has_the_channels_of_all_its_probes() -> None:
    channels = [each.name for each in family("modbus").make(Setting("ph@3, ec")).channels]
    assert any(name.endswith("-3") for name in channels)
    assert len(channels) > 2


def test_a_schools_own_profile_and_programs_are_taken(tmp_path: Path) -> None:
    (tmp_path / "profiles/meters").mkdir(parents=True)
    (tmp_path / "profiles/meters/kern.toml").write_text("nonsense")
    (tmp_path / "programs/spike").mkdir(parents=True)
    (tmp_path / "programs/spike/drive.py").write_text("print(1)")
    (tmp_path / "programs/spike/.hidden").write_text("no")
    with pytest.raises(ProfileWrong, match="kern"):
        setting(tmp_path, "meters", "kern")
    assert family("spike").make(setting(tmp_path, "spike", "")).programs == ("drive",)
    assert setting(tmp_path / "absent", "spike", "") == Setting()
    assert setting(tmp_path, "meters", "../meters/ohaus".removeprefix("../meters/")).text is None


def test_there_is_a_simulator_for_each_name() -> None:
    assert {"thermometer", "robot", "sketch", "firmata", "mbot", "microbit", "kern"} <= set(simulators())
