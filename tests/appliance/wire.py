"""An instrument at the other end of a serial line that QEMU carries: bytes on a socket, as on a wire."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from devices.registry import Far

STEP = 0.02  # seconds between two looks at what is to be said
READ = 65_536


@contextmanager
def wired(path: Path, far: Far) -> Iterator[None]:
    """Let an instrument hear and speak on a line while this lasts."""
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.settimeout(STEP)
        playing = threading.Thread(target=_play, args=(line, far, ended))
        playing.start()
        try:
            yield
        finally:
            ended.set()
            playing.join()


def _play(line: socket.socket, far: Far, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            far.take(line.recv(READ), time.monotonic())
        except TimeoutError:
            pass
        except ConnectionError:  # the machine was switched off
            return
        if said := far.speak(time.monotonic()):
            with suppress(TimeoutError):  # nobody listens: it is lost, as on a wire
                line.sendall(said)
