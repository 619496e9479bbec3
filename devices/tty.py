"""What the kernel is asked to do with a serial port: open, set up, reset, close (shell).

Each of these calls may take seconds where the adapter is dead: who has a loop makes them beside it.
"""

import errno
import fcntl
import os
import struct
import termios
import time
from contextlib import suppress
from pathlib import Path

from devices.driver import Resort
from devices.errors import LineLost, PortBusy, PortForbidden

HANGS = 3.0  # seconds that an adapter may take for what it is asked; the kernel gives it five
BREAK = 0.25  # seconds, as tcsendbreak has it; a micro:bit's interface starts its board anew after some
TIOCEXCL, TIOCM_DTR = 0x540C, 0x002  # asm-generic/ioctls.h, termios.h
TIOCMBIS, TIOCMBIC, TIOCSBRK, TIOCCBRK = 0x5416, 0x5417, 0x5427, 0x5428
TCGETS2, TCSETS2, BOTHER = 0x802C542A, 0x402C542B, 0x1000  # of a speed that termios has no name for
ODD_SPEEDS = {250_000}  # 3D printers
TERMIOS2 = struct.Struct("=4IB19B2I")
IFLAG, OFLAG, CFLAG, LFLAG, ISPEED, OSPEED, CC = range(7)


class Tty:
    """An open serial port, raw and nobody else's; raise LineLost, PortBusy, PortForbidden."""

    hangs = HANGS  # seconds after which it is taken for dead

    def __init__(self, path: str, baud: int) -> None:
        self.path = path
        self.file = opened(path, baud)

    def set_speed(self, baud: int) -> None:
        """Read and write at another speed from now on; raise LineLost."""
        try:
            _set_up(self.file, baud)
        except (OSError, termios.error) as exc:
            raise LineLost(f"{self.path}: {exc}") from exc

    def reset(self, how: Resort) -> None:
        """Lower and raise DTR, or hold the line low; a port that cannot do that stays as it is."""
        with suppress(OSError):
            if how == "dtr":
                fcntl.ioctl(self.file, TIOCMBIC, TIOCM_DTR.to_bytes(4, "little"))
                fcntl.ioctl(self.file, TIOCMBIS, TIOCM_DTR.to_bytes(4, "little"))
            elif how == "break":
                fcntl.ioctl(self.file, TIOCSBRK)
                time.sleep(BREAK)
                fcntl.ioctl(self.file, TIOCCBRK)

    def close(self) -> None:
        """Let go of the port; what was written may still be on its way."""
        with suppress(OSError):
            os.close(self.file)


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
        with suppress(OSError):  # it has just ended, or is somebody else's
            if any(_leads_to(each, real) for each in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (PID {process.name})"
    return ""


def _leads_to(link: Path, real: str) -> bool:
    """Tell whether an open file is that; it may be closed by now, as those of a busy program are.

    A program in a container may have another one of this name.
    """
    with suppress(OSError):
        return os.readlink(link) == real and os.path.samefile(link, real)
    return False


def _group_of(path: str) -> str:
    try:
        return Path(path).group()
    except (OSError, KeyError):
        return "dialout"
