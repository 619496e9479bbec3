"""That everything is stopped and stays so: on the disk, and a daemon that is started anew keeps it (shell).

Only `release` ends it. A file that cannot be read counts as a stop of which nobody knows who said it.
"""

import asyncio
import logging
import threading
from pathlib import Path

import msgspec
from msgspec import Struct

from sync import durable

FILE = "stopped.json"
MAX_FILE = 4096  # bytes
MAX_NAME = 80  # letters of whoever stopped everything

log = logging.getLogger(__name__)


class Latched(Struct, frozen=True, omit_defaults=True):
    """Who stopped everything, and when: in milliseconds since 1970, 0 where nobody did."""

    at: int = 0
    by: str = ""


class Latch:
    """Whether everything is stopped, and the file that keeps it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._turn = threading.Lock()  # of those who write
        self._kept = self.newest = _read(self.path)

    @property
    def is_closed(self) -> bool:
        """Whether everything is stopped."""
        return self.newest.at != 0

    def close(self, by: str, at: int) -> None:
        """Everything is stopped from now on; who said it first stays known. `keep` brings it to the disk."""
        if not self.is_closed:
            self.newest = Latched(max(1, at), by[:MAX_NAME])

    def release(self) -> None:
        """Motion is allowed again; `keep` brings it to the disk."""
        self.newest = Latched()

    async def keep(self) -> None:
        """Bring to the disk what is true now; where that cannot be done it stands until this daemon ends."""
        await asyncio.to_thread(self.write)

    def write(self) -> None:
        """Do the same here and now."""
        with self._turn:
            newest = self.newest  # by now: of two that write, the later one writes what is true
            if newest == self._kept:
                return
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                durable.save(self.path, msgspec.json.encode(newest) + b"\n")
            except OSError as exc:
                log.error("stop cannot be kept path=%s reason=%r", self.path, str(exc))
                return
            self._kept = newest


def _read(path: Path) -> Latched:
    try:
        return msgspec.json.decode(path.read_bytes()[:MAX_FILE], type=Latched)
    except FileNotFoundError:
        return Latched()
    except (OSError, ValueError) as exc:
        log.error("stop cannot be read: everything stays stopped path=%s reason=%r", path, str(exc))
        return Latched(at=1)
