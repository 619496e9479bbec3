"""What a daemon and the service manager tell each other: ready, alive, reloading, and sockets that it opened.

The protocol of sd_notify(3) and sd_listen_fds(3), both a few lines. Without systemd nothing of it happens.
"""

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

FIRST = 3  # the first descriptor that is handed over (SD_LISTEN_FDS_START)
MOST = 16  # sockets: a screen's and a page's, each for both versions of IP, several times over
MAX_STATUS = 200  # letters of a line that `systemctl status` shows

Environment = MutableMapping[str, str]


class Unit:
    """The way to the service manager, taken out of the environment so that no child of ours speaks to it."""

    def __init__(self, environment: Environment) -> None:
        self._path = environment.pop("NOTIFY_SOCKET", "")
        self._period = _period(environment)
        self._handed = _handed(environment)

    @property
    def watchdog(self) -> float:
        """Return after how many seconds without a word the manager starts us anew; 0 for never."""
        return self._period

    def sockets(self, name: str) -> list[socket.socket]:
        """Return the sockets that were opened for us under this name (`FileDescriptorName=`).

        Copies: who serves them closes them, and a second node of this daemon serves them again.
        """
        return [each.dup() for handed, each in self._handed if handed == name]

    def ready(self) -> None:
        """Say that everything serves now."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._tell("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that the configuration is read again; `ready` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that we end."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`."""
        line = "".join(letter if letter.isprintable() else " " for letter in text)
        self._tell(f"STATUS={line[:MAX_STATUS]}")

    def _tell(self, text: str) -> None:
        if not self._path:
            return
        # An abstract name begins with a zero byte, which an environment shows as @.
        address = "\0" + self._path[1:] if self._path.startswith("@") else self._path
        # A manager that does not listen is no reason to fail; it will find out by its watchdog.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            way.sendto(text.encode(), address)


def _period(environment: Environment) -> float:
    usec, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
    if not usec.isascii() or not usec.isdecimal() or pid not in ("", str(os.getpid())):
        return 0.0
    return int(usec[:15]) / 1e6


def _handed(environment: Environment) -> list[tuple[str, socket.socket]]:
    count, pid = environment.pop("LISTEN_FDS", ""), environment.pop("LISTEN_PID", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if not count.isascii() or not count.isdecimal() or pid != str(os.getpid()):
        return []
    handed = []
    for number in range(min(int(count[:3]), MOST)):
        os.set_inheritable(FIRST + number, False)
        opened = socket.socket(fileno=FIRST + number)
        opened.setblocking(False)
        handed.append((names[number] if number < len(names) else "", opened))
    return handed
