"""A driver on a pty with something real at its other end, and the program that plays it."""

import asyncio
import os
import subprocess
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from devices.driver import Driver, Heard, Sample, Status

DEADLINE = 90.0  # seconds; an emulator on a busy computer is slow, and never as slow as this
TICK = 0.05  # seconds between two looks: half of what a driver may count on
READ = 65_536


async def until(what: str, holds: Callable[[], bool], seconds: float = DEADLINE) -> None:
    """Wait for something to hold."""
    try:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  # what is waited for knows no event
                await asyncio.sleep(TICK)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s") from None


class Wire:
    """An open pty: bytes go to the driver as they come, and what it asks goes back."""

    def __init__(self, path: Path, driver: Driver) -> None:
        self.driver = driver
        self.heard: Heard = []
        self.raw = bytearray()
        self.is_lost = False
        self._loop = asyncio.get_running_loop()
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._file)
        self._loop.add_reader(self._file, self._readable)
        self._timer = self._loop.call_later(TICK, self._tick)

    def write(self, piece: bytes) -> None:
        """Send bytes."""
        if piece and not self.is_lost:
            os.write(self._file, piece)

    def close(self) -> None:
        """Let go of it; once more does nothing."""
        self._timer.cancel()
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            os.close(self._file)
        self._file, self.is_lost = -1, True

    def values(self, channel: str) -> list[float]:
        """Return what a channel showed."""
        return [each.raw for each in self.heard if isinstance(each, Sample) and each.channel == channel]

    def said(self) -> list[Status]:
        """Return what it said of itself."""
        return [each for each in self.heard if isinstance(each, Status)]

    def _readable(self) -> None:
        piece = b""
        with suppress(OSError):  # EIO: the other end is gone
            piece = os.read(self._file, READ)
        if not piece:
            self._loop.remove_reader(self._file)
            self.is_lost = True
            return
        self.raw += piece
        self.heard += self.driver.feed(piece, self._loop.time())
        self.write(self.driver.ask(self._loop.time()))

    def _tick(self) -> None:
        self.write(self.driver.ask(self._loop.time()))
        self._timer = self._loop.call_later(TICK, self._tick)


class Machine:
    """A program that plays a device, its orders and what it tells."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        self.told: list[str] = []
        self._begun = b""
        self._loop = asyncio.get_running_loop()
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._in, self._out = self._program.stdin, self._program.stdout
        self._loop.add_reader(self._out, self._readable)

    def order(self, words: str) -> None:
        """Give an order."""
        self._in.write(f"{words}\n".encode())

    async def tells(self, begin: str, since: int = 0) -> str:
        """Wait for a line that begins so; return it."""
        await until(f"{begin!r}", lambda: any(line.startswith(begin) for line in self.told[since:]))
        return next(line for line in self.told[since:] if line.startswith(begin))

    def end(self) -> None:
        """End the program."""
        self._loop.remove_reader(self._out)
        self._program.kill()
        self._program.wait()
        self._in.close()
        self._out.close()

    def _readable(self) -> None:
        piece = os.read(self._out.fileno(), READ)
        if not piece:
            self._loop.remove_reader(self._out)
        *lines, self._begun = (self._begun + piece).split(b"\n")
        self.told += [line.decode() for line in lines]
