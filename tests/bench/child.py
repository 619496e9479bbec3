"""Starting the processes of a measurement and talking to them: one order, one answer."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import msgspec
from msgspec import Struct

from tests.bench.contract import Order, Ready

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds for an answer beyond what was asked to take time
GOODBYE = 8.0  # seconds to end by itself
Message = TypeVar("Message", bound=Struct)


class Place(Protocol):
    """Where processes run: this computer, or a network namespace."""

    address: str

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` there, as one process."""


class Silent(RuntimeError):
    """A process of a measurement ended or did not answer."""


class Process:
    """One process, ended at the end of the `with`."""

    def __init__(self, place: Place, words: Sequence[str], log: Path | None = None) -> None:
        self._log = (log or Path(os.devnull)).open("ab")
        self._process = subprocess.Popen(
            place.command(*words),
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if log is None else self._log,
            stderr=None if log is None else self._log,
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Close its input, ask it to end, and wait."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(GOODBYE if self._process.stdout else 0.0)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(GOODBYE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()


class Peer(Process):
    """A process of tests/bench/peers; `ready` is its first line."""

    def __init__(self, place: Place, module: str, plan: Struct) -> None:
        words = (sys.executable, "-m", f"tests.bench.peers.{module}", msgspec.json.encode(plan).decode())
        super().__init__(place, words)
        self._name = module
        self._unread = b""

    def ready(self) -> Ready:
        """Wait until it serves or is connected."""
        return self._answer(Ready, PATIENCE)

    def ask(self, order: Order, kind: type[Message]) -> Message:
        """Give one order and return the answer."""
        self.tell(order)
        return self._answer(kind, PATIENCE + order.seconds)

    def tell(self, order: Order) -> None:
        """Give one order; answer() has to be called for it."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()

    def answer(self, order: Order, kind: type[Message]) -> Message:
        """Return the answer to an order told before."""
        return self._answer(kind, PATIENCE + order.seconds)

    def _answer(self, kind: type[Message], patience: float) -> Message:
        assert self._process.stdout
        deadline = time.monotonic() + patience
        while b"\n" not in self._unread:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self._process.stdout], [], [], wait)[0]:
                raise Silent(f"{self._name} did not answer within {patience:.0f} s")
            piece = os.read(self._process.stdout.fileno(), 1 << 20)
            if not piece:
                raise Silent(f"{self._name} has ended")
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return msgspec.json.decode(line, type=kind)
