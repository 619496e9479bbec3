"""/opt/tirek without a system around it: systemd/slot and what it asks."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.appliance.bundles import ROOT

SLOT = ROOT / "systemd" / "slot"
UNIT = "tirek.service"
UP = "#!/bin/sh\necho ActiveState=active\necho ActiveEnterTimestampMonotonic=1000000\n"
BLIND = UP + "echo 'StatusText=only lessons, nothing is kept: journal-broken'\n"
JUST_UP = "#!/bin/sh\necho ActiveState=active\necho ActiveEnterTimestampMonotonic={}\n"
CUT = """#!/bin/sh
echo >>steps
[ "$(wc -l <steps)" != {} ] || {{ : >cut; kill -9 $PPID; exit; }}
exec /usr/bin/{} "$@"
"""
STEPS = ("install", "ln", "mkdir", "mv", "rm")  # what changes anything
# Answers when it is let.
HELD = "#!/bin/sh\ncase $* in *{}*) [ -e asked ] || {{ : >asked; read -r _ <go; }} ;; esac\n{}"
DEADLINE = 20.0  # seconds for a shell: two cores may have much to do


class Computer:
    """/opt/tirek in a folder of a test's own."""

    within: tuple[str, ...] = ()  # what it is run by

    def __init__(self, root: Path) -> None:
        self.home, self._usr, self._tools = root / "opt", root / "usr", root / "bin"
        self.units = self._usr / "systemd" / "system"
        self._root = root
        for folder in (self.home / "releases", self.units, self._tools):
            folder.mkdir(parents=True, exist_ok=True)
        self.tool("systemctl", UP)
        self.tool("systemd-run", "#!/bin/sh\n")
        self.tool("sync", "#!/bin/sh\n")  # the kernel outlives what is cut here

    def like(self, root: Path) -> "Computer":
        """Return another one with the same on its disk."""
        shutil.copytree(self._root, root, symlinks=True)
        return Computer(root)

    def tool(self, name: str, script: str) -> None:
        """Have a program that comes before the system's own."""
        (self._tools / name).write_text(script)
        (self._tools / name).chmod(0o755)

    def bring(self, release: str) -> None:
        """Put a whole release on the disk, whose program opens every journal."""
        folder = self.home / release
        for name in ("bin", "share/systemd/system"):
            (folder / name).mkdir(parents=True)
        (folder / "bin" / "tirek").write_text("#!/bin/sh\n")
        (folder / "bin" / "tirek").chmod(0o755)
        (folder / "share" / "systemd" / "system" / UNIT).write_text(release)
        (folder / "complete").touch()

    def install(self, release: str) -> None:
        """Do of an installation what the slot knows of."""
        self.bring(release)
        self.slot("switch", release)
        self.slot("prune")

    def cut(self, at: int, *words: str) -> bool:
        """Run it, and cut the power before its n-th step; return whether it has so many."""
        for name in STEPS:
            self.tool(name, CUT.format(at, name))
        self.status(*words)
        for name in STEPS:
            (self._tools / name).unlink()
        return (self.home / "cut").exists()

    def slot(self, *words: str, **env: str) -> str:
        """Run it; it must go well."""
        return ended(self.begin(*words, **env))

    def status(self, *words: str) -> int:
        """Run it, and return its exit status."""
        begun = self.begin(*words)
        told(begun)
        return begun.returncode

    def begin(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start it."""
        path = f"{self._tools}:{os.environ['PATH']}"
        env |= {"PATH": path, "TIREK_HOME": str(self.home), "TIREK_USR": str(self._usr)}
        return subprocess.Popen(
            [*self.within, "sh", SLOT, *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def held(self, command: str, tool: str, words: str, answer: str) -> Iterator[None]:
        """Hold a command where it asks a tool with these words; let it end afterwards."""
        self.tool(tool, HELD.format(words, answer))
        os.mkfifo(self.home / "go")
        go = os.open(self.home / "go", os.O_RDWR)  # waits for nobody to read
        begun = self.begin(command)
        try:
            until(lambda: (self.home / "asked").exists())
            yield
        finally:
            os.write(go, b"\n")
            ended(begun)
            os.close(go)
            self.tool(tool, f"#!/bin/sh\n{answer}")

    @property
    def runs(self) -> str:
        """The release that runs."""
        return str((self.home / "current").readlink())

    @property
    def there(self) -> list[str]:
        """The releases on the disk."""
        return sorted(f"releases/{each.name}" for each in (self.home / "releases").iterdir())


def ended(slot: subprocess.Popen[str]) -> str:
    """Return what it said at its end, which must be a good one."""
    said = told(slot)
    assert slot.returncode == 0, said
    return said


def told(slot: subprocess.Popen[str]) -> str:
    """Return what it said; one that does not end is ended, with all that it began."""
    try:
        return slot.communicate(timeout=DEADLINE)[0]
    except subprocess.TimeoutExpired:
        os.killpg(slot.pid, signal.SIGKILL)
        slot.communicate()
        raise


def until(there: Callable[[], bool]) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + DEADLINE
    while not there():
        assert time.monotonic() < deadline


def waits(slot: subprocess.Popen[str]) -> bool:
    """Tell whether it waits for another one: a child of its own stands at the lock."""
    children = Path(f"/proc/{slot.pid}/task/{slot.pid}/children").read_text().split()
    locks = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and line.split()[5] in children for line in locks)
