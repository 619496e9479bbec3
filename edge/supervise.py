"""Keeps parts of the daemon alive: whatever ends is built anew after a pause, 1…60 s.

The pause doubles with each failure in a row, starts afresh after a good run or a wake; a wake cuts it short.
This is the only place that catches every exception: a fault of one part ends here, and the others go on.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from edge.errors import TirekError
from sync.errors import JournalError

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds; a hub that restarts is back in about 3
LONGEST_PAUSE = 60.0  # seconds; what a person waits at most after mending something that gives no wake
GOOD_RUN = 60.0  # seconds; a part that ran this long was well, so its next failure is a new story

Pause = Callable[[float, asyncio.Event | None], Awaitable[bool]]


async def rest(seconds: float, wake: asyncio.Event | None) -> bool:
    """Pause; true when woken before the time was over."""
    if wake is None:
        await asyncio.sleep(seconds)
        return False
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return False
    return True


async def keep(
    part: Callable[[], Awaitable[None]],
    name: str,
    wake: asyncio.Event | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Pause = rest,
) -> None:
    """Run a part for ever; returns only by cancellation."""
    story = _Story(name)
    while True:
        if wake is not None:
            wake.clear()  # a wake that comes while the part still runs counts for its next pause
        started = clock()
        failure: Exception | None = None
        try:
            await part()
        except Exception as exc:
            failure = exc
        seconds = story.ended(failure, clock() - started)
        if await pause(seconds, wake):
            story.woken()


async def once(part: Callable[[], Awaitable[None]], name: str) -> None:
    """Run a part that is not to be repeated; its fault ends here, in the log, and not in its neighbours."""
    try:
        await part()
    except Exception as exc:
        log.error("part failed name=%s reason=%r", name, f"{type(exc).__name__}: {exc}", exc_info=exc)


class _Story:
    """How a part has fared lately: the pauses it gets, and one line in the log for each change."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pause = FIRST_PAUSE
        self._told = ""

    def ended(self, failure: Exception | None, ran: float) -> float:
        """Note an end and return the pause that follows it."""
        if ran >= GOOD_RUN:
            self._pause, self._told = FIRST_PAUSE, ""
        self._tell(failure, ran)
        seconds, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return seconds

    def woken(self) -> None:
        """Somebody said that another try is worth it: short pauses again."""
        self._pause = FIRST_PAUSE

    def _tell(self, failure: Exception | None, ran: float) -> None:
        words = "ended" if failure is None else f"{type(failure).__name__}: {failure}"
        if words == self._told:
            return
        self._told = words
        expected = failure is None or isinstance(failure, TirekError | JournalError)
        log.log(
            logging.WARNING if expected else logging.ERROR,
            "part stopped name=%s ran=%.0fs pause=%.0fs reason=%r",
            self._name,
            ran,
            self._pause,
            words,
            exc_info=None if expected else failure,
        )
