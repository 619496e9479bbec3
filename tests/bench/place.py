"""Where the processes of a measurement run."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.child import Place
from tests.net.namespaces import alone, why_not

ANYWHERE = ("192.0.2.1", 9)  # RFC 5737: nothing is sent to it, the kernel only looks up the way


class Here:
    """This computer as it is."""

    def __init__(self) -> None:
        self.address = _own_address()

    def command(self, *words: str) -> list[str]:
        """Return the words."""
        return list(words)


class Undisturbed:
    """A place whose processes run before all others, so that what else this computer does is not measured."""

    def __init__(self, place: Place) -> None:
        self.address = place.address
        self._place = place

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` there with real-time priority."""
        return self._place.command("chrt", "--fifo", "10", *words)


def undisturbed(place: Place) -> Place:
    """The same place with real-time priority; without root or chrt (util-linux) as it is."""
    return Undisturbed(place) if os.geteuid() == 0 and shutil.which("chrt") else place


@contextmanager
def quiet_place() -> Iterator[Place]:
    """A namespace with one IPv4 address: one path, the same for all; without root, this computer."""
    if why_not():
        yield Here()
    else:
        with alone(nowhere=True) as namespace:
            yield namespace


def free_port(place: Place) -> int:
    """A port nobody has; in a namespace all are free."""
    with socket.socket() as door:
        door.bind((place.address if isinstance(place, Here) else "127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        try:
            door.connect(ANYWHERE)
        except OSError:
            return "127.0.0.1"
        address: str = door.getsockname()[0]
        return address
