"""A serial port as a line: opened and set up once, read on the event loop, written in order (shell).

The kernel raises DTR when a port is opened, which resets an Arduino: so a port is opened once for as long as
it is plugged in, and HUPCL is cleared so that closing does not lower DTR. Nobody else may open it meanwhile:
flock for programs that ask (as pyserial does), TIOCEXCL for those that do not.
"""

import asyncio
import errno
import fcntl
import os
import struct
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from devices.errors import LineLost, PortBusy, PortForbidden

READ = 65_536  # bytes at once: half a second of the fastest line
MAX_HEARD = 1 << 20  # bytes that wait to be read; beyond it the oldest go, and are counted
MAX_UNSENT = 16_384  # bytes; a port that takes so little is dead
TIOCEXCL, TIOCM_DTR = 0x540C, 0x002  # asm-generic/ioctls.h, termios.h
TIOCMBIS, TIOCMBIC = 0x5416, 0x5417
TCGETS2, TCSETS2, BOTHER = 0x802C542A, 0x402C542B, 0x1000  # of a speed that termios has no name for
ODD_SPEEDS = {250_000}  # 3D printers
TERMIOS2 = struct.Struct("=4IB19B2I")
IFLAG, OFLAG, CFLAG, LFLAG, ISPEED, OSPEED, CC = range(7)

Clock = Callable[[], float]


class Port:
    """An open port; a Line. To be made inside a running loop; raises LineLost, PortBusy, PortForbidden."""

    def __init__(
        self, path: str, baud: int = 115_200, clock: Clock = time.monotonic, file: int | None = None
    ) -> None:
        self.path = path
        self.at = clock()  # when the newest bytes came
        self.lost_bytes = 0  # that nobody read in time
        self._clock = clock
        self._heard = bytearray()
        self._unsent: deque[bytes] = deque()
        self._some = asyncio.Event()
        self._fault: OSError | None = None
        self._loop = asyncio.get_running_loop()
        self._file = opened(path, baud) if file is None else file
        self._loop.add_reader(self._file, self._readable)

    @classmethod
    async def open(cls, path: str, baud: int = 115_200, clock: Clock = time.monotonic) -> Self:
        """Open a port that may take its time, without holding up the loop; raises what the class raises."""
        return cls(path, baud, clock, await _opened_aside(path, baud))

    @property
    def is_sent(self) -> bool:
        """Whether the port has taken all that was written."""
        return not self._unsent

    def set_speed(self, baud: int) -> None:
        """Read and write at another speed from now on; raise LineLost."""
        try:
            _set_up(self._file, baud)
        except (OSError, termios.error) as exc:
            raise LineLost(f"{self.path}: {exc}") from exc

    async def read(self) -> bytes:
        """Return all that came, once something did; raise LineLost."""
        await self._some.wait()
        if not self._heard:
            raise LineLost(f"{self.path}: {self._fault}") from self._fault
        heard = bytes(self._heard)
        self._heard.clear()
        if self._fault is None:
            self._some.clear()
        return heard

    def write(self, piece: bytes) -> None:
        """Send bytes, in the order of the calls; raise LineLost."""
        if self._fault is not None or self._file < 0:
            raise LineLost(f"{self.path}: {self._fault or 'closed'}") from self._fault
        if sum(map(len, self._unsent)) + len(piece) > MAX_UNSENT:
            raise LineLost(f"{self.path}: takes nothing more")
        if piece:
            self._unsent.append(piece)
            self._send()

    def urge(self, piece: bytes) -> None:
        """Send bytes before all that waits, which is thrown away: a stop must not queue; raise LineLost."""
        self._unsent.clear()
        self.write(piece)

    def reset(self) -> None:
        """Lower and raise DTR, which starts most boards anew; a port without modem lines stays as it is."""
        for request in (TIOCMBIC, TIOCMBIS):
            with suppress(OSError):
                fcntl.ioctl(self._file, request, TIOCM_DTR.to_bytes(4, "little"))

    def close(self) -> None:
        """Let go of the port; what was not sent is not sent any more."""
        if self._file < 0:
            return
        self._loop.remove_reader(self._file)
        self._loop.remove_writer(self._file)
        os.close(self._file)
        self._file = -1
        self._lose(OSError(errno.EBADF, "closed"))

    def _readable(self) -> None:
        self.at = self._clock()
        try:
            piece = os.read(self._file, READ)
        except BlockingIOError:
            return
        except OSError as exc:
            self._lose(exc)
            return
        if not piece:
            self._lose(OSError(errno.ENODEV, "unplugged"))
            return
        self._heard += piece
        over = len(self._heard) - MAX_HEARD
        if over > 0:
            del self._heard[:over]
            self.lost_bytes += over
        self._some.set()

    def _send(self) -> None:
        while self._unsent:
            piece = self._unsent[0]
            try:
                sent = os.write(self._file, piece)
            except BlockingIOError:
                sent = 0
            except OSError as exc:
                self._lose(exc)
                raise LineLost(f"{self.path}: {exc.strerror}") from exc
            if sent < len(piece):
                self._unsent[0] = piece[sent:]
                self._loop.add_writer(self._file, self._writable)
                return
            self._unsent.popleft()
        self._loop.remove_writer(self._file)

    def _writable(self) -> None:
        with suppress(LineLost):  # whoever reads finds out
            self._send()

    def _lose(self, fault: OSError) -> None:
        if self._fault is None:
            self._fault = fault
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            self._loop.remove_writer(self._file)
        self._unsent.clear()
        self._some.set()


async def _opened_aside(path: str, baud: int) -> int:
    """Open in a thread of its own that nobody waits for at the end: some adapters never let it return."""
    loop = asyncio.get_running_loop()
    opening: asyncio.Future[int] = loop.create_future()

    def tell(file: int, fault: LineLost | None) -> None:
        if opening.cancelled():
            _let_go(file)
        elif fault is None:
            opening.set_result(file)
        else:
            opening.set_exception(fault)

    def work() -> None:
        file, fault = -1, None
        try:
            file = opened(path, baud)
        except LineLost as exc:
            fault = exc
        try:
            loop.call_soon_threadsafe(tell, file, fault)
        except RuntimeError:  # the loop is closed: nobody is there any more
            _let_go(file)

    threading.Thread(target=work, name=f"open {path}", daemon=True).start()
    return await opening


def _let_go(file: int) -> None:
    if file >= 0:
        os.close(file)


def opened(path: str, baud: int) -> int:
    """Return an open port's descriptor, raw and nobody else's; raise LineLost, PortBusy, PortForbidden."""
    try:
        file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        raise _explained(path, exc) from exc
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.ioctl(file, TIOCEXCL)
        _set_up(file, baud)
    except (OSError, termios.error) as exc:
        os.close(file)
        raise _explained(path, OSError(*exc.args)) from exc
    return file


def _set_up(file: int, baud: int) -> None:
    """Raw bytes, eight bits, no parity, no handshake, and no hanging up."""
    speed = getattr(termios, "B115200" if baud in ODD_SPEEDS else f"B{baud}", None)
    if speed is None:
        raise OSError(errno.EINVAL, f"no line has {baud} baud")
    mode = termios.tcgetattr(file)
    mode[IFLAG] = mode[OFLAG] = mode[LFLAG] = 0
    mode[CFLAG] = termios.CS8 | termios.CREAD | termios.CLOCAL
    mode[ISPEED] = mode[OSPEED] = speed
    mode[CC][termios.VMIN], mode[CC][termios.VTIME] = 1, 0
    termios.tcsetattr(file, termios.TCSANOW, mode)
    if baud in ODD_SPEEDS:
        _set_odd_speed(file, baud)
    termios.tcflush(file, termios.TCIFLUSH)


def _set_odd_speed(file: int, baud: int) -> None:
    words = list(TERMIOS2.unpack(fcntl.ioctl(file, TCGETS2, bytes(TERMIOS2.size))))
    words[CFLAG] = words[CFLAG] & ~termios.CBAUD | BOTHER
    words[-2:] = [baud, baud]
    fcntl.ioctl(file, TCSETS2, TERMIOS2.pack(*words))


def _explained(path: str, fault: OSError) -> LineLost:
    if fault.errno in (errno.EBUSY, errno.EAGAIN):
        return PortBusy(path, _holder_of(path))
    if fault.errno in (errno.EACCES, errno.EPERM):
        return PortForbidden(path, _group_of(path))
    return LineLost(f"{path}: {fault.strerror or fault}")


def _holder_of(path: str) -> str:
    """Return name and number of a program that has a port open, as far as one may look."""
    real = os.path.realpath(path)
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(os.readlink(each) == real for each in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (PID {process.name})"
    return ""


def _group_of(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "dialout"
