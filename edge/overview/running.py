"""What the daemon's process takes of this computer, and which release it is."""

import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

PROC = Path("/proc/self")
HOME = Path("/opt/tirek")  # where an installation is: systemd/slot
PAGE = os.sysconf("SC_PAGE_SIZE")
_BEGAN = time.monotonic()  # a process has one beginning


class Installed(Struct, frozen=True):
    """Which release this program is; `name` is empty where it was not installed from a bundle."""

    name: str = ""
    on_trial: bool = False


def uptime() -> float:
    """Return for how many seconds this process has run."""
    return time.monotonic() - _BEGAN


def memory() -> int:
    """Return how many bytes of it are in memory; 0 where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        return int((PROC / "statm").read_text().split()[1]) * PAGE
    return 0


def seconds_of_cpu() -> float:
    """Return for how many seconds a processor worked for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def open_files() -> int:
    """Return how many descriptors it has open; 0 where that is not known."""
    with suppress(OSError):
        return len(os.listdir(PROC / "fd"))
    return 0


def installed(home: Path = HOME, prefix: str = sys.prefix) -> Installed:
    """Return which release of an installation runs here."""
    folder = Path(prefix).resolve()
    if folder.parent != (home / "releases").resolve():
        return Installed()
    return Installed(folder.name, (home / "pending").exists())
