"""An installed computer: how long it takes to install, to start, and to be there again. Needs root."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pytest

from tests.appliance import bundles
from tests.appliance.asked import PAUSE
from tests.appliance.boot import Booted, booted, build, require
from tests.appliance.conftest import INSTALL, STICK, copied, put
from tests.appliance.test_release import running
from tests.appliance.test_robot import KNOWN, plug_silent_robot
from tests.appliance.test_service import FAULT, ask, main_pid
from tests.bench.child import Silent
from tests.bench.table import Table

STARTS = 5
IDLE = 60.0  # seconds that an idle daemon is looked at
SETTLED = 20.0  # seconds after its start until a daemon is idle
TICKS = 100.0  # of a second, in /proc/PID/stat (proc(5): USER_HZ)
SOON = 0.05  # seconds between looks at a trial
COLUMNS = ("what", "measured", "goal")
NOTES = (
    "Debian 12 with its own systemd in a container (systemd-nspawn) without a network; firmware, kernel and"
    " udev are not in it. Answered: `GET /api/node` on port 80, by a new Python each time (0.1 s of it).",
    "Power on: from the start of the container until the page and the screen's socket answer. Its own start:"
    " from the daemon's first instruction to READY, as systemd notes them.",
    "Hangs: SIGSTOP with WatchdogSec=20 as installed, right after a feeding at the worst. Broken: from the"
    " moment the link leads to the release until the old one answers.",
    "Idle: a node without a parent, instruments and viewers; all processes of its control group.",
)

Row = tuple[str, ...]


def run(quick: bool) -> Table:
    """Install it and break it; quick: two starts, and ten seconds of idling."""
    with TemporaryDirectory() as folder:
        try:
            rows = _rows(Path(folder), quick)
        except pytest.skip.Exception as exc:
            raise Silent(str(exc)) from exc
    return Table("appliance", "An installed computer", COLUMNS, rows, NOTES)


def _rows(folder: Path, quick: bool) -> list[Row]:
    require()
    build("12", folder / "debian")
    bundles.build(folder / "bundle", folder / "key", "3.11")
    root = copied(folder / "debian", folder / "root")
    put(folder / "bundle", root, "first")
    broken = bundles.another(folder / "bundle", folder / "bad", folder / "key", "9+broken", bundles.broken)
    put(broken, root, "broken")
    with booted(root, "bench-install") as system:
        installing = _timed(lambda: system.do("sh", f"{STICK}/first/install.sh", seconds=INSTALL))
        rows = [_seconds("install from the stick", [installing], 600)]
        system.cut()
    shutil.rmtree(root / STICK[1:] / "first")
    began = time.monotonic()
    with booted(root, "bench") as system:
        _answered(system)
        system.do("tirek", "status")
        rows.append(_seconds("power on: page and screen answer", [time.monotonic() - began], 45))
        return rows + _starts(system, 2 if quick else STARTS) + _faults(system, 10.0 if quick else IDLE)


def _starts(system: Booted, times: int) -> list[Row]:
    own, killed = [], []
    for _ in range(times):
        system.do("systemctl", "restart", "tirek")
        shown = [
            int(system.shows("tirek", f"{name}TimestampMonotonic"))
            for name in ("ExecMainStart", "ActiveEnter")
        ]
        own.append((shown[1] - shown[0]) / 1e6)
    for _ in range(times):
        system.do("kill", "-9", main_pid(system))
        killed.append(_timed(lambda: _answered(system)))
    return [_seconds("the daemon's own start", own, 1.5), _seconds("kill -9 → answered", killed, 5)]


def _faults(system: Booted, idle: float) -> list[Row]:
    return [
        *_idle(system, idle),
        _seconds("kill -9 with a robot that does not answer → answered", [_leave_robot(system)], 5),
        _seconds("hangs → answered", [_timed(lambda: _hang(system))], 25),
        _seconds("broken release → the old one answers", [_break(system)], 20),
    ]


def _leave_robot(system: Booted) -> float:
    plug_silent_robot(system)
    system.do("kill", "-9", main_pid(system))
    seconds = _timed(lambda: _answered(system))
    _until(lambda: system.shows("tirek-halt", "ActiveState") == "failed")
    system.do("sh", "-c", f"systemctl stop silent tirek.service; rm {KNOWN}; systemctl start tirek")
    return seconds


def _hang(system: Booted) -> None:
    system.do("python3", "-c", FAULT, main_pid(system))
    _answered(system)


def _break(system: Booted) -> float:
    before = running(system)
    system.do("systemd-run", "tirek", "upgrade", f"{STICK}/broken")
    _until(lambda: running(system) != before)
    began = time.monotonic()
    _until(lambda: running(system) == before)
    _answered(system)
    return time.monotonic() - began


def _idle(system: Booted, seconds: float) -> list[Row]:
    PAUSE.wait(SETTLED)
    numbers = _processes(system)
    before = _computed(system, numbers)
    PAUSE.wait(seconds)
    share = (_computed(system, numbers) - before) / seconds * 100
    held, own = (sum(_held(system, number, name) for number in numbers) for name in ("VmRSS", "RssAnon"))
    return [
        (
            f"idle: resident memory of {len(numbers)} process{'es' * (len(numbers) > 1)}",
            f"{held:.0f} MB",
            "≤ 90 MB",
        ),
        ("of it no file's pages, which the kernel takes back when it needs them", f"{own:.0f} MB", "–"),
        (f"idle: CPU over {seconds:.0f} s", f"{share:.2f} %", "≤ 1 %"),
    ]


def _processes(system: Booted) -> list[str]:
    group = system.shows("tirek", "ControlGroup")
    return system.do("sh", "-c", f"cat /sys/fs/cgroup{group}/cgroup.procs || pgrep -u tirek").split()


def _computed(system: Booted, numbers: list[str]) -> float:
    texts = [system.do("cat", f"/proc/{number}/stat").rpartition(")")[2].split() for number in numbers]
    return sum(int(words[11]) + int(words[12]) for words in texts) / TICKS


def _held(system: Booted, number: str, name: str) -> float:
    said = system.do("grep", name, f"/proc/{number}/status")
    return int(said.split()[1]) * 1024 / 1e6


def _answered(system: Booted) -> None:
    ask(system, "/api/node", 60)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + INSTALL
    while not is_so():
        assert time.monotonic() < deadline
        PAUSE.wait(SOON)


def _seconds(what: str, measured: list[float], goal: float) -> Row:
    most = f", {max(measured):.1f} at the most of {len(measured)}" if len(measured) > 1 else ""
    return what, f"{median(measured):.1f} s{most}", f"≤ {goal:g} s"
