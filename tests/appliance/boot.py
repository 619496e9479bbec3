"""A Debian with a real systemd: built from Debian's packages, booted in a container, asked by commands.

It has PID 1, the journal, sockets, timers, the watchdog, the sandbox with its device rules, and no network.
It lacks the devices of udev, the clock, modules, and on most hosts the memory controller.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.appliance.asked import BOOTS, INSIDE, LOOK, PAUSE, Asked, Said

TOOLS = ("mmdebstrap", "systemd-nspawn", "nsenter", "unshare")
PACKAGES = ("systemd", "systemd-sysv", "udev", "dbus", "python3", "iproute2", "procps", "kmod")
SUITES = {"12": "bookworm", "13": "trixie"}
UP = ("running", "degraded")
ENDS = 20.0
COMMAND = 120.0
# A mount namespace of its own with nothing but cgroup v2 is what makes --boot work where cgroups are mixed.
OUTSIDE = """
set -eu
umount -l /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$2"; echo $$ > "/sys/fs/cgroup/$2/cgroup.procs"
mount -t tmpfs tmpfs /run; mkdir -p /run/systemd
exec systemd-nspawn -q -D "$1" --machine="$2" --boot --register=no --keep-unit --private-network \\
  --console=read-only
"""


def require() -> None:
    """Skip where no system can be booted, and say why."""
    if os.geteuid() != 0:
        pytest.skip("booting a Debian in a container needs root")
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: mmdebstrap systemd-container)")


def build(release: str, root: Path, *more: str) -> None:
    """Make a plain Debian of a release, with more packages; skip where they cannot be had."""
    made = subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join((*PACKAGES, *more))}",
            SUITES[release],
            root,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no Debian {release} can be built here: {made.stderr.strip()[-300:]}")
    # The mirror that it was built from is not there inside.
    (root / "etc" / "apt" / "sources.list").write_text("")
    try:
        with booted(root, "plain"):
            pass
    except (AssertionError, OSError) as exc:  # without anything of ours: it is this computer that cannot
        pytest.skip(f"no Debian {release} can be booted in a container here: {str(exc)[-300:]}")


class Booted(Asked):
    """A system that is up in a container."""

    def __init__(self, root: Path, init: int, outside: subprocess.Popen[bytes]) -> None:
        self.root = root
        self.init = init
        self._outside = outside

    def run(self, *command: str, seconds: float = COMMAND) -> Said:
        """Run a command inside, and return what it said; its exit status is for the caller."""
        enter = ["nsenter", "-t", str(self.init), "-m", "-p", "-C", "-n", "-i", "-u", "--"]
        return subprocess.run(
            [*enter, *command],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd="/",
            env=INSIDE,
        )

    def cut(self) -> None:
        """Cut the power: with PID 1 the kernel ends all the others at once."""
        os.kill(self.init, signal.SIGKILL)
        self._outside.wait(ENDS)


@contextmanager
def booted(root: Path, name: str) -> Iterator[Booted]:
    """Boot a system and power it off at the end."""
    machine = f"tirek-{name}-{os.getpid()}"
    console = root.with_suffix(".console")
    with console.open("wb") as out:
        outside = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", OUTSIDE, "sh", str(root), machine],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        yield Booted(root, _init_of(outside, console), outside)
    finally:
        _end(outside)
        _leave_nothing(machine)


def _init_of(outside: subprocess.Popen[bytes], console: Path) -> int:
    deadline = time.monotonic() + BOOTS
    while time.monotonic() < deadline:
        assert outside.poll() is None, f"systemd-nspawn ended:\n{console.read_text(errors='replace')}"
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
        if children:
            asked = Booted(console, int(children[0]), outside).run("systemctl", "is-system-running")
            if asked.stdout.strip() in UP:
                return int(children[0])
        PAUSE.wait(LOOK)
    raise AssertionError(f"never up:\n{console.read_text(errors='replace')[-3000:]}")


def _end(outside: subprocess.Popen[bytes]) -> None:
    """Ask systemd to power off; the signal is what nspawn passes on as that."""
    outside.send_signal(signal.SIGTERM)
    try:
        outside.wait(ENDS)
    except subprocess.TimeoutExpired:
        outside.kill()
        outside.wait()


def _leave_nothing(machine: str) -> None:
    found = subprocess.run(
        ["find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", f"*{machine}*"],
        capture_output=True,
        text=True,
        check=False,
    )
    for folder in found.stdout.split():
        with suppress(OSError):
            Path(folder).rmdir()
