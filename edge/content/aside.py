"""Long work in a thread of its own, behind everything else, that stops when it may not go on."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from edge.media.record.trouble import Hurried

LOOK = 0.5  # seconds between looks whether it still may
STRIDE = 64  # frames between two breaths: half a millisecond of work
BREATH = 0.0005  # seconds in which the event loop gets its turn
NICE = 10  # below lessons and pages

GoOn = Callable[[], None]
T = TypeVar("T")


class Stopped(Exception):
    """The node is needed for something else."""


class Aside:
    """One thread. `may` is asked on the event loop."""

    def __init__(self, may: Callable[[], bool]) -> None:
        self._may = may
        self._threads = ThreadPoolExecutor(1, "aside", _be_nice)

    async def do(self, act: Callable[[GoOn], T]) -> T:
        """Return what `act` returns; it calls what it is given again and again. Raises Stopped."""
        halt = threading.Event()
        work = self._threads.submit(act, _Breathing(halt))
        work.add_done_callback(_look_at)
        try:
            while not work.done():
                waited = asyncio.wrap_future(work)
                waited.add_done_callback(_look_at)
                await asyncio.wait({waited}, timeout=LOOK)
                if not self._may():
                    halt.set()
            return work.result()
        except Hurried as exc:
            raise Stopped from exc
        finally:
            halt.set()


class _Breathing:
    """What the thread calls for every frame: it lets others run, and ends the work when told to."""

    def __init__(self, halt: threading.Event) -> None:
        self._halt = halt
        self._count = 0

    def __call__(self) -> None:
        self._count += 1
        if self._count % STRIDE == 0:
            if self._halt.is_set():
                raise Hurried("stopped")
            time.sleep(BREATH)


def _look_at(work: "Future[T] | asyncio.Future[T]") -> None:
    """A fault of work that nobody waits for any more is no news."""
    if not work.cancelled():
        work.exception()


def _be_nice() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
