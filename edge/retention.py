"""Names of pupils who have left are forgotten when their time is over; registers are never deleted.

Only the node that wrote a roster does so, its hub; the school follows when it hears of it (sync/client.py).
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from sqlite3 import Connection

from edge.journal import Journal
from sync import rosters
from sync.clock import utc
from sync.export.files import DRAFT
from sync.forgetting import settle
from sync.ledger import computer
from sync.records import Audited, PupilForgotten
from sync.tables import Entry

PAUSE = 86_400.0  # seconds: names are kept for a number of days
DOUBT = 7 * 86_400_000  # milliseconds: clocks that differ by more are not let decide what is destroyed
STALE = 86_400.0  # seconds after which an export that is still being made was killed

log = logging.getLogger(__name__)


class Retention:
    """One part of the node: run it under `keep`."""

    def __init__(self, journal: Journal, days: int) -> None:
        self._journal = journal
        self._days = days

    async def run(self) -> None:
        """Forget who is to be forgotten, once a day."""
        while True:
            await asyncio.to_thread(self._look)
            await asyncio.sleep(PAUSE)

    def _look(self) -> None:
        settle(self._journal.ledger, self._journal.names)  # what a crash left half done
        remove_drafts(self._journal, time.time() - STALE)
        for school, pupil in list(self._due()):
            destroy(self._journal, school, pupil, "retention")
            log.info("name forgotten school=%s pupil=%s", school, pupil)

    def _due(self) -> Iterator[tuple[str, str]]:
        ledger, wall = self._journal.ledger, computer().wall
        now = ledger.now()
        if abs(now - wall) > DOUBT:
            log.warning("retention waits clock=%s date=%s", utc(now), utc(wall))
            return
        latest = (date.fromisoformat(utc(min(now, wall))[:10]) - timedelta(self._days)).isoformat()
        for school in ledger.read(self._own):
            for pupil in ledger.read(partial(rosters.pupils, school=school)).values():
                if pupil.left and pupil.left <= latest and not pupil.forgotten:
                    yield school, pupil.pupil

    def _own(self, db: Connection) -> list[str]:
        query = "SELECT DISTINCT school FROM stream WHERE class = 'roster' AND node = ?"
        return [school for (school,) in db.execute(query, (self._journal.identity.node,))]


def remove_drafts(journal: Journal, before: float) -> None:
    """Remove what exports that were killed left: it may hold names."""
    for draft in journal.folder.glob(f"{DRAFT}*"):
        with suppress(OSError):  # finished, and gone, meanwhile
            if draft.stat().st_mtime < before:
                shutil.rmtree(draft)


def destroy(journal: Journal, school: str, pupil: str, by: str) -> None:
    """Note that a pupil is to be forgotten, and destroy the key of the name."""
    audit = Audited(by, "forgot", pupil)
    entries = [Entry("roster", school, PupilForgotten(pupil, by)), Entry("log", "", audit)]
    journal.ledger.append(entries).result()
    journal.names.forget(pupil, utc(journal.ledger.now()))
