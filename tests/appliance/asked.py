"""A Debian that is up, in a container or as a whole machine, and is asked by commands."""

import subprocess
import time
from abc import ABC, abstractmethod
from threading import Event

BOOTS = 60.0  # seconds until a system is up on a busy machine; half a second on an idle one
COMMAND = 120.0
LOOK = 0.1
PAUSE = Event()  # that nobody sets: the system that is looked at cannot tell us anything
INSIDE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

Said = subprocess.CompletedProcess[str]


class Asked(ABC):
    """What a system that is up can be asked; `patience` is how many times slower than a container it is."""

    patience = 1.0

    @abstractmethod
    def run(self, *command: str, seconds: float = COMMAND) -> Said:
        """Run a command inside, and return what it said; its exit status is for the caller."""

    def do(self, *command: str, seconds: float = COMMAND) -> str:
        """Run a command inside that must go well."""
        done = self.run(*command, seconds=seconds)
        assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def shows(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.do("systemctl", "show", unit, "-p", name, "--value")

    def log(self, unit: str) -> str:
        """Return what a unit said."""
        return self.run("journalctl", "-b", "-u", unit, "-o", "cat", "--no-pager").stdout

    def until(self, *command: str, says: str, seconds: float = BOOTS) -> str:
        """Repeat a command until its output has this; fail with the last one."""
        deadline = time.monotonic() + seconds * self.patience
        while True:
            said = self.run(*command)
            if says in said.stdout:
                return said.stdout
            assert time.monotonic() < deadline, f"{' '.join(command)}: {said.stdout}{said.stderr}"
            PAUSE.wait(LOOK)
