"""The screens of a classroom's computer, under a compositor without a monitor: they come up and come back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.appliance import bundles
from tests.appliance.boot import Booted, booted
from tests.appliance.conftest import STICK, copied, put

pytestmark = pytest.mark.skipif(
    "KIOSK" not in os.environ, reason="200 MB of Debian's packages: `KIOSK=1`, and in `make soak`"
)
HEADLESS = """[Service]
Environment=WLR_BACKENDS=headless WLR_HEADLESS_OUTPUTS=2 WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman
"""
TREE = "runuser -u tirek-kiosk -- swaymsg -s $(ls /run/tirek-kiosk/sway-ipc*) -r -t get_tree"
CONNECTS = "import socket; socket.socket(socket.AF_UNIX).connect('/run/tirek.sock')"
BACK = 90.0  # seconds until both are back on a busy machine


@pytest.fixture(scope="module")
def computer(debian: Path, workshop: Path) -> Path:
    """Debian 12 with the screens installed from a stick, without a network."""
    bundles.build(workshop / "kiosk", workshop / "key", "3.11", "--kiosk")
    root = copied(debian, workshop / "kiosk-root")
    put(workshop / "kiosk", root, "kiosk")
    drop_in = root / "etc/systemd/system/tirek-kiosk.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "headless.conf").write_text(HEADLESS)
    with booted(root, "kiosk") as up:
        up.do("sh", f"{STICK}/kiosk/install.sh", "--kiosk", seconds=900)
    return root


@pytest.fixture(scope="module")
def system(computer: Path) -> Iterator[Booted]:
    """The same computer, switched on again: nobody touched it since."""
    with booted(computer, "kiosk") as up:
        yield up


def windows(node: dict[str, Any], workspace: str = "") -> Iterator[tuple[str, str]]:
    """Yield the workspace and the program of each window."""
    workspace = node["name"] if node["type"] == "workspace" else workspace
    if node.get("app_id"):
        yield workspace, node["app_id"]
    for each in node["nodes"] + node["floating_nodes"]:
        yield from windows(each, workspace)


def is_shown(system: Booted) -> None:
    """Wait until both screens are where they belong."""
    system.until("sh", "-c", TREE, says="tirek-teacher", seconds=BACK)
    system.until("sh", "-c", TREE, says="Сабақ", seconds=BACK)  # the title of the watch page, in Kazakh
    tree = json.loads(system.do("sh", "-c", TREE))
    assert dict(windows(tree)) == {"teacher": "tirek-teacher", "projector": "chromium"}


def test_both_screens_are_there_after_a_power_cut_without_a_hand(system: Booted) -> None:
    is_shown(system)
    system.until("pgrep", "-f", "python -m tui /run/tirek.sock", says="\n")
    system.do("runuser", "-u", "tirek-kiosk", "-g", "tirek-staff", "--", "python3", "-c", CONNECTS)


@pytest.mark.parametrize("unit", ["tirek-projector", "tirek-teacher", "tirek-kiosk", "tirek"])
def test_what_is_killed_comes_back(system: Booted, unit: str) -> None:
    is_shown(system)
    before = system.shows(unit, "MainPID")
    system.do("kill", "-9", before)
    system.until("sh", "-c", f"systemctl is-active {unit}", says="active", seconds=BACK)
    is_shown(system)
    assert system.shows(unit, "MainPID") != before


def test_the_projector_s_browser_goes_nowhere_else(system: Booted) -> None:
    policy = json.loads(system.do("cat", "/etc/chromium/policies/managed/tirek.json"))
    assert policy["URLBlocklist"] == ["*"]
    assert all(url.startswith("http://localhost") for url in policy["URLAllowlist"])
