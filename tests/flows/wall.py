"""A computer whose date a test sets.

No container may set a clock, so the daemon's own is set: a small library before libc adds what a file says.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.flows.crew import Node

compiled = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


class Wall:
    """The date as a daemon sees it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wall"
        self._library = folder / "wall.so"
        self.set(0)
        source = Path(__file__).with_name("wall.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self._library, source], check=True)

    def set(self, seconds: int) -> None:
        """Set the date by so many seconds from what it is."""
        content = seconds.to_bytes(8, "little", signed=True)
        descriptor = os.open(self._file, os.O_CREAT | os.O_WRONLY)  # in place: it is looked at all the time
        os.pwrite(descriptor, content, 0)
        os.close(descriptor)

    @property
    def before(self) -> tuple[str, ...]:
        """The beginning of a command that sees it."""
        return ("env", f"LD_PRELOAD={self._library}", f"WALL={self._file}")


class Dated(Node):
    """A node on such a computer; what is typed there sees the same date."""

    def __init__(self, wall: Wall, state: Path, log: Path, *more: str) -> None:
        super().__init__(state, log, "allow_anyone = true", *more)
        self.before = wall.before
        self._command = [*wall.before, *self._command]
