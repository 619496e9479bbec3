"""A far end behind a pseudo terminal: what a plugged-in instrument looks like to a program (shell)."""

import asyncio
import os
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from devices.registry import Far

STEP = 0.01  # seconds between two looks at what is to be heard and said
READ = 65_536

Clock = Callable[[], float]


class FarPort:
    """A far end that is plugged in until it is unplugged; `link` is a path that always leads to it."""

    def __init__(self, far: Far, link: Path | None = None, clock: Clock = time.monotonic) -> None:
        self.far = far
        self.opened = 0  # how often somebody has opened it: each time DTR would have risen
        self._is_open = False
        self._clock = clock
        self._link = link
        self._end, near = os.openpty()
        tty.setraw(near)
        self.path = os.ttyname(near)
        os.close(near)  # or its exclusive use by who opens it would outlive him
        os.set_blocking(self._end, False)
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.path)

    async def run(self) -> None:
        """Play the instrument until it is unplugged."""
        while self._end >= 0:
            self._step()
            await asyncio.sleep(STEP)

    def unplug(self) -> None:
        """Be gone; once more does nothing."""
        if self._end < 0:
            return
        os.close(self._end)
        self._end = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def _step(self) -> None:
        heard, is_open = b"", True
        try:
            heard = os.read(self._end, READ)
        except BlockingIOError:
            pass
        except OSError:  # EIO: nobody has the other side open
            is_open = False
        self.opened += is_open and not self._is_open
        self._is_open = is_open
        if heard:
            self.far.take(heard, self._clock())
        said = self.far.speak(self._clock())
        if said and is_open:
            with suppress(OSError):  # nobody reads: it is lost, as on a wire
                os.write(self._end, said)
