"""Feeds the service manager's watchdog, as long as everything that must not hang goes on."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import NoReturn

from edge.pulse import DISK, SHARE, Pulse
from edge.unit import Unit
from sync.errors import JournalError
from sync.ledger import Ledger

NEVER = 3600.0  # seconds between looks where nobody watches

log = logging.getLogger(__name__)

Takes = Callable[[], Mapping[str, int]]


class Heartbeat:
    """One part of the node. `takes` tells how often the writer of each recording came for more."""

    def __init__(self, manager: Unit, ledger: Ledger, takes: Takes, disk: float = DISK) -> None:
        self._manager = manager
        self._disk = disk  # seconds that a disk may hang
        self._ledger = ledger
        self._takes = takes
        self._seen: Mapping[str, int] = {}
        self._asked: Future[None] | None = None
        self._told: list[str] = []

    async def run(self) -> NoReturn:
        """Feed it until cancelled."""
        loop, period = asyncio.get_running_loop(), self._manager.watchdog * SHARE
        pulse = Pulse({"journal": self._disk, "recorder": self._disk}, loop.time())
        while True:
            if period:
                self._look(pulse, loop.time())
            await asyncio.sleep(period or NEVER)

    def _look(self, pulse: Pulse, now: float) -> None:
        takes = self._takes()
        if not any(self._seen.get(name) == count for name, count in takes.items()):
            pulse.beat("recorder", now)
        self._seen = takes
        if self._has_written():
            pulse.beat("journal", now)
        silent = pulse.silent(now)
        if silent != self._told:
            self._told = silent
            log.error("hangs, and is to be started anew parts=%s", ",".join(silent) or "none any more")
        if not silent:
            self._manager.alive()

    def _has_written(self) -> bool:
        """Tell whether the journal's thread got round to a job since the last look, and give it the next."""
        if self._asked is not None and not self._asked.done():
            return False
        try:
            self._asked = self._ledger.write(lambda db: None, vital=True)
        except JournalError:  # closed: the node ends
            self._asked = None
        return True
