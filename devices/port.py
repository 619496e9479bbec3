"""A serial port as a line: opened and set up once, read on the event loop, written in order (shell).

The kernel raises DTR when a port is opened, which resets an Arduino: so a port is opened once for as long as
it is plugged in, and HUPCL is cleared so that closing does not lower DTR. Nobody else may open it meanwhile:
flock for programs that ask (as pyserial does), TIOCEXCL for those that do not.

Only reading and writing are done on the loop: they never wait. What asks the adapter itself (speed, DTR,
break, close) waits for ever where that is dead, and is done beside the loop: devices/aside.py.
"""

import asyncio
import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Self

from devices.aside import Aside
from devices.driver import Resort
from devices.errors import LineLost
from devices.tty import Tty

READ = 65_536  # bytes at once: half a second of the fastest line
MAX_HEARD = 1 << 20  # bytes that wait to be read; beyond it all of them go, and are counted
MAX_UNSENT = 16_384  # bytes; a port that takes so little is dead

Clock = Callable[[], float]

log = logging.getLogger(__name__)


class Port:
    """An open port; a Line. To be made inside a running loop; raises LineLost, PortBusy, PortForbidden."""

    def __init__(
        self, path: str, baud: int = 115_200, clock: Clock = time.monotonic, tty: Tty | None = None
    ) -> None:
        if tty is None:
            _closings.wait(path)
            tty = Tty(path, baud)
        self.path = path
        self.at = clock()  # when the newest bytes came
        self.lost_bytes = 0  # that nobody read in time: all of them before what is read next
        self._tty = tty
        self._baud = baud
        self._clock = clock
        self._heard = bytearray()
        self._unsent: deque[bytes] = deque()
        self._some = asyncio.Event()
        self._fault: OSError | None = None
        self._is_held = False  # its speed is being changed: a read or write would wait for the end of that
        self._is_closed = False
        self._aside = Aside(f"port {path}")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(tty.file, self._readable)

    @classmethod
    async def open(cls, path: str, baud: int = 115_200, clock: Clock = time.monotonic) -> Self:
        """Open a port that may take its time, without holding up the loop; raises what the class raises."""
        return cls(path, baud, clock, await _opened_aside(path, baud))

    @property
    def is_sent(self) -> bool:
        """Whether the port has taken all that was written."""
        return not self._unsent

    async def set_speed(self, baud: int) -> None:
        """Read and write at another speed from now on, unless it is that already; raise LineLost."""
        if self._fault is not None:
            raise self._lost()
        if baud == self._baud:
            return
        self._hold()
        try:
            async with asyncio.timeout(self._tty.hangs):
                await asyncio.wrap_future(self._aside.do(partial(self._tty.set_speed, baud)))
            self._baud = baud
            self._heard.clear()  # at the other speed it was nothing
        except TimeoutError as exc:
            self._lose(OSError(errno.ETIMEDOUT, "the adapter does not answer"))
            raise self._lost() from exc
        finally:
            self._go_on()

    async def read(self) -> bytes:
        """Return all that came, once something did; raise LineLost."""
        await self._some.wait()
        if not self._heard:
            raise self._lost()
        heard = bytes(self._heard)
        self._heard.clear()
        if self._fault is None:
            self._some.clear()
        return heard

    def write(self, piece: bytes) -> None:
        """Send bytes, in the order of the calls; raise LineLost."""
        if self._fault is not None:
            raise self._lost()
        if sum(map(len, self._unsent)) + len(piece) > MAX_UNSENT:
            raise LineLost(f"{self.path}: takes nothing more")
        if piece:
            self._unsent.append(piece)
            self._send()

    def urge(self, piece: bytes) -> None:
        """Send bytes before all that waits, which is thrown away: a stop must not queue; raise LineLost."""
        self._unsent.clear()
        self.write(piece)

    def reset(self, how: Resort = "dtr") -> None:
        """Start the other end anew, soon: by its DTR line, or by a break; a port without them stays."""
        if not self._is_closed and how != "none":
            self._aside.do(partial(self._tty.reset, how))

    def close(self) -> None:
        """Let go of the port; what was not sent is not sent any more. One that hangs is left behind."""
        if self._is_closed:
            return
        self._is_closed = True
        self._lose(OSError(errno.EBADF, "closed"))
        closing = self._aside.do(self._tty.close)
        self._aside.end()
        _closings.add(self.path, closing, self._tty.hangs)
        self._loop.call_later(self._tty.hangs, _closings.look, self.path, closing)

    async def gone(self) -> bool:
        """Wait until all that was asked of a closed port is done, if it does not hang; tell whether it is."""
        return await asyncio.to_thread(_closings.wait, self.path)

    def _lost(self) -> LineLost:
        lost = LineLost(f"{self.path}: {self._fault.strerror if self._fault else ''}")
        lost.__cause__ = self._fault
        return lost

    def _hold(self) -> None:
        self._is_held = True
        self._loop.remove_reader(self._tty.file)
        self._loop.remove_writer(self._tty.file)

    def _go_on(self) -> None:
        self._is_held = False
        if self._fault is None:
            self._loop.add_reader(self._tty.file, self._readable)
            self._writable()

    def _readable(self) -> None:
        self.at = self._clock()
        try:
            piece = os.read(self._tty.file, READ)
        except BlockingIOError:
            return
        except OSError as exc:
            self._lose(exc)
            return
        if not piece:
            self._lose(OSError(errno.ENODEV, "unplugged"))
            return
        if len(self._heard) + len(piece) > MAX_HEARD:  # with one hole, before all that is left
            self.lost_bytes += len(self._heard)
            self._heard.clear()
        self._heard += piece
        self._some.set()

    def _send(self) -> None:
        while self._unsent and not self._is_held:
            piece = self._unsent[0]
            try:
                sent = os.write(self._tty.file, piece)
            except BlockingIOError:
                sent = 0
            except OSError as exc:
                self._lose(exc)
                raise self._lost() from exc
            if sent < len(piece):
                self._unsent[0] = piece[sent:]
                self._loop.add_writer(self._tty.file, self._writable)
                return
            self._unsent.popleft()
        self._loop.remove_writer(self._tty.file)

    def _writable(self) -> None:
        with suppress(LineLost):  # whoever reads finds out
            self._send()

    def _lose(self, fault: OSError) -> None:
        if self._fault is None:
            self._fault = fault
            self._loop.remove_reader(self._tty.file)
            self._loop.remove_writer(self._tty.file)
        self._unsent.clear()
        self._some.set()


class Closings:
    """The ports that are being closed: who opens one again waits for that; those that hang are counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Future[None], float]] = {}  # by path, the newest one, and its patience
        self._hanging: list[Future[None]] = []

    @property
    def hanging(self) -> int:
        """How many ports were left behind and do not close."""
        return sum(not each.done() for each in self._hanging)

    def add(self, path: str, closing: Future[None], patience: float) -> None:
        """A port begins to close."""
        with self._lock:
            self._open = {other: each for other, each in self._open.items() if not each[0].done()}
            self._open[path] = closing, patience

    def look(self, path: str, closing: Future[None]) -> None:
        """Count a port that did not close in time."""
        if not closing.done():
            self._hanging = [*(each for each in self._hanging if not each.done()), closing]
            log.warning("port does not close: left behind path=%s hanging=%d", path, self.hanging)

    def wait(self, path: str) -> bool:
        """Wait for a port to be closed, but not for one that hangs; tell whether it is."""
        with self._lock:
            found = self._open.get(path)
        if found is None:
            return True
        closing, patience = found
        with suppress(TimeoutError):
            closing.result(patience)
        return closing.done()


_closings = Closings()  # of this program: ports are the kernel's, and outlive who had them


def hanging() -> int:
    """Return how many ports of this program were left behind because they do not close."""
    return _closings.hanging


async def _opened_aside(path: str, baud: int) -> Tty:
    """Open beside the loop; who waits no longer leaves nothing open: some adapters never let it return."""
    aside = Aside(f"open {path}")

    def work() -> Tty:
        _closings.wait(path)
        return Tty(path, baud)

    opening = aside.do(work)
    aside.end()
    try:
        return await asyncio.wrap_future(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_let_go)
        raise


def _let_go(opening: Future[Tty]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        aside = Aside("close")
        aside.do(opening.result().close)
        aside.end()
