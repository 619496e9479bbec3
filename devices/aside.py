"""What may hang, done beside the loop: one thing after the other, in a thread of its own (shell).

A dead adapter makes calls of the kernel last seconds, some for ever. Nobody waits for them longer than he
wants to, and no end of the program does.
"""

import termios
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

from devices.errors import LineLost

# Whatever a port's calls fail of: were one left out, the thread would end, and with it the closing to come.
FAULTS = (LineLost, OSError, ValueError, termios.error)

T = TypeVar("T")
Job = Callable[[], None]


class Aside:
    """A thread that begins with its first work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._is_begun = False

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Do this after what was given before; what it returns, or what it failed of, is in the answer."""
        done: Future[T] = Future()

        def job() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(work())
            except FAULTS as exc:
                done.set_exception(exc)

        self._jobs.put(job)
        if not self._is_begun:
            self._is_begun = True
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return done

    def end(self) -> None:
        """Let the thread end when all that was given is done."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
