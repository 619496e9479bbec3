"""A classroom's computer with its screens: from power on until a key does something. Needs root."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.appliance.boot import booted, require
from tests.appliance.kiosk import equip, is_shown, is_usable
from tests.bench.child import Silent
from tests.bench.table import Table

COLUMNS = ("what", "measured", "goal")
NOTES = (
    "Debian 12 with sway, foot and Chromium, installed with `--kiosk`, in a container (systemd-nspawn)"
    " without network and monitor (two headless outputs, drawn by the processor); firmware, kernel and"
    " udev are not in it. From the start of the container.",
    "Takes keys: F12 pressed on a virtual keyboard, again and again, until the daemon has heard of it from"
    " the screen. Shown: both windows are where they belong, and the watch page has its title.",
)


def run(quick: bool) -> Table:
    """Install it once; switch it on once (quick) or three times."""
    with TemporaryDirectory() as folder:
        try:
            require()
            root = Path(folder) / "kiosk-root"
            equip(root, Path(folder))
            starts = [_start(root) for _ in range(1 if quick else 3)]
        except pytest.skip.Exception as exc:
            raise Silent(str(exc)) from exc
    usable, shown = (max(each) for each in zip(*starts, strict=True))
    rows: list[tuple[str, ...]] = [
        ("power on → the teacher's screen takes keys, the slowest", f"{usable:.1f} s", "≤ 45 s"),
        ("power on → both screens are shown, the slowest", f"{shown:.1f} s", "–"),
    ]
    return Table("kiosk", "A classroom's computer with its screens", COLUMNS, rows, NOTES)


def _start(root: Path) -> tuple[float, float]:
    began = time.monotonic()
    with booted(root, "kiosk") as system:
        is_usable(system)
        usable = time.monotonic() - began
        is_shown(system)
        return usable, time.monotonic() - began
