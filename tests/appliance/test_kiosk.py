"""The screens of a classroom's computer come up, take keys, and come back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.boot import Booted, booted
from tests.appliance.kiosk import BACK, equip, is_shown, is_usable

pytestmark = pytest.mark.skipif(
    "KIOSK" not in os.environ, reason="200 MB of Debian's packages: `KIOSK=1`, and in `make soak`"
)
CONNECTS = "import socket; socket.socket(socket.AF_UNIX).connect('/run/tirek.sock')"


@pytest.fixture(scope="module")
def computer(workshop: Path) -> Path:
    """A classroom's computer, switched off."""
    equip(workshop / "kiosk-root", workshop)
    return workshop / "kiosk-root"


@pytest.fixture(scope="module")
def system(computer: Path) -> Iterator[Booted]:
    """The same computer, switched on again: nobody touched it since."""
    with booted(computer, "kiosk") as up:
        yield up


def test_both_screens_are_there_after_a_power_cut_without_a_hand(system: Booted) -> None:
    is_shown(system)
    system.until("pgrep", "-f", "python -m tui /run/tirek.sock", says="\n")
    system.do("runuser", "-u", "tirek-kiosk", "-g", "tirek-staff", "--", "python3", "-c", CONNECTS)


def test_a_key_on_the_teacher_s_keyboard_reaches_the_daemon(system: Booted) -> None:
    is_shown(system)
    is_usable(system)


@pytest.mark.parametrize("unit", ["tirek-projector", "tirek-teacher", "tirek-kiosk", "tirek"])
def test_what_is_killed_comes_back(system: Booted, unit: str) -> None:
    is_shown(system)
    before = system.shows(unit, "MainPID")
    system.do("kill", "-9", before)
    system.until("sh", "-c", f"systemctl is-active {unit}", says="active", seconds=BACK)
    is_shown(system)
    assert system.shows(unit, "MainPID") != before


def test_a_lock_of_before_a_power_cut_and_another_name_keeps_no_picture_away(system: Booted) -> None:
    profile = "/var/lib/tirek-kiosk/chromium"
    system.do("systemctl", "stop", "tirek-projector")
    system.do("runuser", "-u", "tirek-kiosk", "--", "ln", "-sfn", "another-4711", f"{profile}/SingletonLock")
    system.do("systemctl", "start", "tirek-projector")
    is_shown(system)


def test_the_projector_s_browser_goes_nowhere_else(system: Booted) -> None:
    policy = json.loads(system.do("cat", "/etc/chromium/policies/managed/tirek.json"))
    assert policy["URLBlocklist"] == ["*"]
    assert all(url.startswith("http://localhost") for url in policy["URLAllowlist"])
