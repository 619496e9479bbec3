"""Every driver that is registered keeps the checklist of docs/drivers/README.md."""

import re
import tomllib

import pytest

from devices.driver import Driver
from devices.errors import ProfileWrong
from devices.registry import Family, Setting, families, found, simulators
from devices.units import BY_LANGUAGE, SHOWN
from tests.house.source import ROOT, assert_none

NAMES = [each.name for each in families()]
GUIDE = (ROOT / "docs/drivers/README.md").read_text()
FOLDER = {"grbl": "gcode", "marlin": "gcode", "uarm": "gcode"}  # of tests and samples: a family of drivers
LISTENED = {"lines", "meters"}  # their dialogues are in the tests: people print what they like


def drivers(each: Family) -> list[Driver]:
    """Return a driver for each profile."""
    made = []
    for profile in ("", *each.profiles):
        try:
            made.append(each.make(Setting(profile)))
        except ProfileWrong:
            assert profile == "", f"{each.name}: our own profile {profile} is refused"
    return made


def words() -> set[str]:
    """Return every key that the screen has a word for."""
    folder = ROOT / "tui/locale/kk"
    return {key for path in folder.glob("*.toml") for key in tomllib.loads(path.read_text())}


def test_every_driver_can_be_loaded_and_is_found_by_its_entry_point() -> None:
    assert found()[1] == ()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][
        "tirek.drivers"
    ]
    assert set(declared) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_driver_has_a_page_and_a_row_in_the_guide(name: str) -> None:
    row = re.search(rf"^\| `{name}` \|.*\]\((\w+\.md)\)", GUIDE, re.MULTILINE)
    assert row is not None
    assert (ROOT / "docs/drivers" / row[1]).exists()


@pytest.mark.parametrize("each", families(), ids=NAMES)
def test_every_driver_has_a_simulator(each: Family) -> None:
    assert each.far
    for make in each.far.values():
        far = make()
        far.take(b"\xff\x00?\r\n", 0.0)
        assert isinstance(far.speak(1.0), bytes)


@pytest.mark.parametrize("name", NAMES)
def test_every_driver_is_tested_with_split_bytes_and_bytes_from_the_world(name: str) -> None:
    folder = FOLDER.get(name, name)
    tests = "".join(path.read_text() for path in (ROOT / "tests/devices" / folder).rglob("*.py"))
    assert re.search(r"def test_\w*(split|piece|byte)", tests), f"{folder}: no test splits its bytes"
    samples = ROOT / "tests/samples/devices" / folder
    assert name in LISTENED or any(samples.iterdir())


@pytest.mark.parametrize("each", families(), ids=NAMES)
def test_whatever_a_driver_measures_and_moves_has_words_and_units(each: Family) -> None:
    known, units = words(), {*SHOWN, *BY_LANGUAGE}
    rows = [row for driver in drivers(each) for row in driver.channels]
    moved = [row for driver in drivers(each) for row in driver.actuators]
    missing = [f"quantity-{row.quantity}" for row in rows] + [f"does-{row.does}" for row in moved]
    assert_none(sorted({key for key in missing if key not in known}))
    used = {row.unit for row in rows} | {row.unit for row in moved}
    assert_none(sorted(f"no unit {unit}" for unit in used - units))


@pytest.mark.parametrize("each", families(), ids=NAMES)
def test_a_driver_can_be_stopped_at_any_time(each: Family) -> None:
    for driver in drivers(each):
        assert driver.stop() == driver.stop()
        driver.greet()
        driver.begin()
        assert isinstance(driver.stop(), bytes)


def test_no_two_simulators_have_one_name() -> None:
    assert len(simulators()) == sum(len(each.far) for each in families())
