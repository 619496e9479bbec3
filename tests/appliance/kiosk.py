"""The screens of a classroom's computer, under a compositor without a monitor, and a hand at its keyboard."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from edge.classroom.choices import FILE, Chosen
from tests.appliance import bundles
from tests.appliance.boot import Booted, booted, build
from tests.appliance.conftest import STICK, put

KEYBOARD = "wtype"  # a package that types; no school needs it
STATE = Path("var/lib/tirek")
HEADLESS = """[Service]
Environment=WLR_BACKENDS=headless WLR_HEADLESS_OUTPUTS=2 WLR_LIBINPUT_NO_DEVICES=1 WLR_RENDERER=pixman
"""
AT_THE_SCREEN = "runuser -u tirek-kiosk -- env XDG_RUNTIME_DIR=/run/tirek-kiosk"
TREE = f"{AT_THE_SCREEN} swaymsg -s $(ls /run/tirek-kiosk/sway-ipc*) -r -t get_tree"
STOP = f"{AT_THE_SCREEN} WAYLAND_DISPLAY=$(basename /run/tirek-kiosk/wayland-[0-9]) wtype -k F12"
STOPPED = "everything stopped"  # says the daemon
INSTALL = 900.0  # seconds
BACK = 90.0  # seconds until both are back on a busy machine


def equip(root: Path, workshop: Path) -> None:
    """Make Debian 12 with the screens installed from a stick, without a network, and its first run over."""
    build("12", root, KEYBOARD)
    bundles.build(workshop / "kiosk", workshop / "key", "3.11", "--kiosk")
    put(workshop / "kiosk", root, "kiosk")
    drop_in = root / "etc/systemd/system/tirek-kiosk.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "headless.conf").write_text(HEADLESS)
    with booted(root, "kiosk") as up:
        up.do("sh", f"{STICK}/kiosk/install.sh", "--kiosk", seconds=INSTALL)
    chosen, owner = root / STATE / FILE, (root / STATE).stat()
    chosen.write_bytes(msgspec.json.encode(Chosen("kk", welcomed=True)))
    os.chown(chosen, owner.st_uid, owner.st_gid)


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


def is_usable(system: Booted) -> None:
    """Press F12 until the daemon has heard of it, by compositor, terminal and screen."""
    typed = f"{STOP}; journalctl -b -u tirek -o cat --no-pager"
    system.until("sh", "-c", typed, says=STOPPED, seconds=BACK)
