"""A program in a pseudo terminal of 80 × 24, and when it has written what."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.bench.child import Silent

ROWS, COLUMNS = 24, 80
READ = 65_536
PATIENCE = 30.0  # seconds
CODES = re.compile(rb"\x1b(?:\[[0-9;?<>=!]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>78c])")


class Terminal:
    """Runs one program; what it wrote is read without its colours and cursor movements."""

    def __init__(self, command: Sequence[str]) -> None:
        self.began = time.perf_counter()
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(
                command[0], list(command), {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
            )
        self._written = b""

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._pid

    def press(self, keys: bytes) -> float:
        """Type keys as a terminal sends them; return when."""
        self._written = b""
        os.write(self._end, keys)
        return time.perf_counter()

    def wrote(self, text: str, patience: float = PATIENCE) -> float:
        """Wait until it has written a text since the last key; return when the last of it came."""
        wanted, deadline = text.encode(), time.perf_counter() + patience
        while wanted not in CODES.sub(b"", self._written):
            left = deadline - time.perf_counter()
            if left <= 0 or not select.select([self._end], [], [], left)[0]:
                raise Silent(f"never wrote {text!r}")
            try:
                self._written += os.read(self._end, READ)
            except OSError as exc:
                raise Silent(f"ended before it wrote {text!r}") from exc
        return time.perf_counter()

    def settle(self, quiet: float) -> None:
        """Read on until nothing is written for a while."""
        while select.select([self._end], [], [], quiet)[0]:
            self._written += os.read(self._end, READ)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._end)


def python(*words: str) -> list[str]:
    """Return the command line of a Python program of this environment."""
    return [sys.executable, *words]
