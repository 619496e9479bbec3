"""The clock of a node that has no hub to ask: the date of its computer, followed forward once it is right.

A computer with a dead battery starts in some year; a minute later the network or a person has set it.
"""

import asyncio
import logging

from edge.journal import Journal
from sync.clock import is_believable
from sync.ledger import computer

PAUSE = 60.0  # seconds between looks at the date
STEP = 1000  # milliseconds: less is the slow walk of two clocks, not somebody who set one

log = logging.getLogger(__name__)


class Timekeeper:
    """One part of the node: run it under `keep`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def run(self) -> None:
        """Follow the date until cancelled; where there is a hub its clock is better (sync/client.py)."""
        while True:
            if self._journal.parent is None:
                await self._look()
            await asyncio.sleep(PAUSE)

    async def _look(self) -> None:
        ledger, wall = self._journal.ledger, computer().wall
        if is_believable(wall) and wall - ledger.now() >= STEP:
            steered = await asyncio.wrap_future(ledger.steer(wall, "wall"))
            log.warning("clock set forward ms=%d", steered.offset)
