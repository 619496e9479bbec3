"""Notes in the journal which experiments were made: a fact for each run that has ended, once (shell)."""

import logging
from sqlite3 import Connection

from edge.journal import Journal
from edge.lab.store import Kept, Store
from sync.clock import utc
from sync.errors import JournalError
from sync.records import ExperimentMade

STANDS = """SELECT 1 FROM event WHERE kind = 'experiment-made' AND json_valid(body)
  AND json_extract(body, '$.run') = ?"""

log = logging.getLogger(__name__)


class Notes:
    """Compares runs with the journal: what a crash left is noted at the next start."""

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store

    def settle(self) -> None:
        """Note what is not noted yet, in a thread; raise StoreFailed."""
        for run in self._store.unnoted():
            try:
                self._note(run)
            except JournalError as exc:  # its disk is full; at the end of the next run then
                log.warning("experiment not noted run=%s reason=%r", run.id, str(exc))
                return
            self._store.noted(run.id)

    def _note(self, run: Kept) -> None:
        ledger = self._journal.ledger

        def stands(db: Connection) -> bool:
            return db.execute(STANDS, (run.id,)).fetchone() is not None

        if not ledger.read(stands):
            ledger.note("log", self._journal.school, _fact(run)).result()


def _fact(run: Kept) -> ExperimentMade:
    return ExperimentMade(
        run.experiment, utc(run.began), round(run.seconds, 1), run.samples, run.marks, run.group,
        run.scene.lesson, run.id, run.simulated,
    )  # fmt: skip
