"""Looks at this computer: what `tirek doctor` judges. Nothing here changes anything, or waits for long."""

import grp
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from edge import config
from edge.doctor.facts import (
    SCREEN,
    UNITS,
    WANTED,
    Entry,
    Kernel,
    Pictures,
    Release,
    Serial,
    Settings,
    System,
)
from edge.doctor.systemd import said, units
from edge.doctor.unit import Unit
from edge.errors import ConfigWrong
from edge.overview import running
from edge.release import bundle
from edge.release.bundle import BundleWrong
from sync.soundness import FORM

DAEMON = "tirek"  # the user that the units run as
RULES = "60-tirek.rules"
LAID, BY_HAND = Path("/usr/lib/systemd/system"), Path("/etc/systemd/system")
RULES_IN = ("/usr/lib/udev/rules.d", "/etc/udev/rules.d", "/lib/udev/rules.d")
PORTS, CAMERAS = ("ttyUSB*", "ttyACM*"), ("video*",)
MOST_ENTRIES = 32  # ports of a laboratory, and twice as many
FIREWALLS = ("ufw", "firewalld", "nftables")
KEEPERS = ("systemd-timesyncd", "chrony", "ntpsec")  # that `timedatectl set-ntp` knows on Debian
RUNS = ("active", "activating", "deactivating", "reloading")
THIEVES = {"brltty": "/usr/bin/brltty", "modemmanager": "/usr/sbin/ModemManager"}
RECEIVE = Path("/proc/sys/net/core/rmem_max")
LOGS = Path("/var/log/journal")


def now() -> int:
    """Return what this computer's clock shows, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def system() -> System:
    """Return what the computer is, and who asks."""
    rows = dict(line.partition("=")[::2] for line in _text(Path("/etc/os-release")).splitlines())
    plain = {name: value.strip('"') for name, value in rows.items()}
    return System(
        plain.get("ID", ""),
        plain.get("VERSION_ID", ""),
        platform.python_version(),
        platform.machine(),
        _user(os.getuid()),
        os.geteuid() == 0,
        tuple(filter(None, map(_group, os.getgroups()))),
    )


def release(home: Path = running.HOME, laid: Path = LAID, by_hand: Path = BY_HAND) -> Release | None:
    """Return what is installed; None for nothing."""
    if not home.is_dir():
        return None
    ours = {each.name: _text(each) for each in sorted((home / "current/share/systemd/system").glob("*"))}
    current = _leads(home / "current")
    previous = _text(home / "previous").strip()
    return Release(
        Path(current).name,
        Path(previous).name,
        (home / "pending").exists(),
        bool(current) and (home / current / "complete").exists() and (home / current / "bin/tirek").exists(),
        running.installed(home).name,
        _reads(home / previous) if previous else FORM,
        tuple(name for name, text in ours.items() if _text(laid / name) != text),
        tuple(name for name, text in ours.items() if _text(by_hand / name) not in ("", text)),
    )


def _reads(release: Path) -> int:
    with suppress(BundleWrong):
        return bundle.about(release / "share").journal
    return 1


def service() -> dict[str, Unit]:
    """Return the units of tirek as systemd knows them."""
    return units((*UNITS, *WANTED))


def settings(path: Path | None, state: str | None) -> Settings:
    """Read the configuration, or make the one of a node that has no file."""
    if state is not None:
        folder = Path(state).absolute()
        table = {"name": folder.name or "tirek", "state": str(folder)}
        return Settings(f"--state {state}", config.from_table(table, "command line"))
    found = path or Path(Settings().path)
    try:
        return Settings(str(found), config.load(found))
    except ConfigWrong as exc:
        return Settings(str(found), None, str(exc), isinstance(_cause(exc), PermissionError))


def _cause(exc: BaseException) -> BaseException:
    return exc.__cause__ or exc


def screen_socket() -> Entry | None:
    """Return the socket of an installation."""
    return entry(Path(SCREEN))


def entry(path: Path) -> Entry | None:
    """Return whose a file is and who may use it; None where it is not there, or cannot be seen."""
    with suppress(OSError):
        found = path.stat()
        kind = "socket" if stat.S_ISSOCK(found.st_mode) else "folder" if path.is_dir() else "file"
        owner, group = _user(found.st_uid), _group(found.st_gid)
        return Entry(str(path), kind, owner, group, stat.S_IMODE(found.st_mode))
    return None


def serial() -> Serial:
    """Return the serial ports and what stands in their way."""
    has_rules = any((Path(folder) / RULES).exists() for folder in RULES_IN)
    there = [name for name, path in THIEVES.items() if Path(path).exists()]
    # Our rules keep ModemManager off; nothing keeps brltty from a CH340.
    thieves = tuple(name for name in there if name != "modemmanager" or not has_rules)
    return Serial(tuple(_devices(PORTS)), has_rules, _is_in_group(DAEMON, "dialout"), thieves)


def pictures() -> Pictures:
    """Return the cameras, and whether pictures can be coded."""
    return Pictures(tuple(_devices(CAMERAS)), importlib.util.find_spec("av") is not None)


def kernel() -> Kernel:
    """Return what kernel and system say."""
    watches = (said("systemctl", "show", "-p", "RuntimeWatchdogUSec", "--value") or "").strip()
    active = said("systemctl", "is-active", *FIREWALLS)
    states = active.split() if active else []
    receive = _text(RECEIVE).strip()
    return Kernel(
        any(Path("/dev").glob("watchdog*")),
        watches != "0" if watches else None,
        int(receive) if receive.isdecimal() else None,
        tuple(name for name, state in zip(FIREWALLS, states, strict=False) if state == "active"),
        LOGS.is_dir() if watches else None,
        _free(Path("/")),
        any(state in RUNS for state in (said("systemctl", "is-active", *KEEPERS) or "").split()),
    )


def _free(path: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(path).free
    return None


def _devices(patterns: Iterable[str]) -> list[Entry]:
    found = [path for pattern in patterns for path in sorted(Path("/dev").glob(pattern))]
    return [each for path in found[:MOST_ENTRIES] if (each := entry(path)) is not None]


def _is_in_group(user: str, group: str) -> bool:
    with suppress(KeyError):
        return user in grp.getgrnam(group).gr_mem or grp.getgrnam(group).gr_gid == pwd.getpwnam(user).pw_gid
    return False


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _group(number: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(number).gr_name
    return str(number)


def _leads(path: Path) -> str:
    with suppress(OSError):
        return os.readlink(path)
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
