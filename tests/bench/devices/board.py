"""An Arduino Uno with the real StandardFirmata on libsimavr, in a process of its own."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.child import Silent
from tests.devices import boards

PATIENCE = 20.0  # seconds; an emulator on a busy computer is slow
READ = 65_536


class Board:
    """The running program: what it is told, and when it told what; a thread looks at the clock for that."""

    def __init__(self, program: Path, link: Path, firmware: Path) -> None:
        self.link = link
        self._run = subprocess.Popen(
            [program, link, firmware, "atmega328p"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self._run.stdin is not None
        assert self._run.stdout is not None
        self._in, self._out = self._run.stdin, self._run.stdout
        self._lines: list[tuple[float, str]] = []
        self._some = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def order(self, words: str) -> float:
        """Give an order; return when."""
        self._in.write(f"{words}\n".encode())
        return time.monotonic()

    def tells(self, begin: str, patience: float = PATIENCE) -> float:
        """Wait for a line that begins so, and forget it and all before; return when it came."""
        with self._some:
            if not self._some.wait_for(lambda: self._place(begin) >= 0, patience):
                raise Silent(f"the board never told {begin!r}")
            place = self._place(begin)
            at = self._lines[place][0]
            del self._lines[: place + 1]
            return at

    def forget(self) -> None:
        """Forget all that it has told."""
        with self._some:
            self._lines.clear()

    def end(self) -> None:
        """End the program."""
        self._in.close()
        self._run.kill()
        self._run.wait()
        self._reader.join()
        self._out.close()

    def _place(self, begin: str) -> int:
        return next((n for n, (_, line) in enumerate(self._lines) if line.startswith(begin)), -1)

    def _read(self) -> None:
        begun = b""
        while piece := os.read(self._out.fileno(), READ):
            now = time.monotonic()
            *lines, begun = (begun + piece).split(b"\n")
            with self._some:
                self._lines += [(now, line.decode()) for line in lines]
                self._some.notify_all()


@contextmanager
def uno(folder: Path) -> Iterator[Board]:
    """Build and run a board, its port in a folder; raise Silent where a part is missing."""
    try:
        program = boards.built(folder)
        firmware = boards.firmware(boards.STANDARD_FIRMATA, boards.STANDARD_FIRMATA_SUM)
    except pytest.skip.Exception as exc:
        raise Silent(str(exc)) from exc
    board = Board(program, folder / "tty", firmware)
    try:
        board.tells("plugged")
        yield board
    finally:
        board.end()
