"""Says of a recording here that it cannot be healed, and why: the file stays as it is, and plays. Blocks."""

import logging
from collections.abc import Iterable

from edge.content.cases import Cases
from edge.content.catalogue import OVER
from edge.media.record import recording as notes
from edge.media.record.recording import Recording
from edge.media.record.store import Store

log = logging.getLogger(__name__)


class Verdicts:
    """Writes what became of cases into the recordings that they are about."""

    def __init__(self, store: Store, cases: Cases) -> None:
        self._store = store
        self._cases = cases

    def note_gone(self, listed: Iterable[Recording]) -> None:
        """Give up what the parent had and does not list any more; raises OSError."""
        there = {each.id for each in listed}
        for case in self._cases.all():
            if case.state == "open" and case.id not in there:
                log.warning("recording not healed id=%s reason=gone", case.id)
                self._cases.failed(case.id, "gone")
                self.note_failed(case.id)

    def note_failed(self, ident: str) -> None:
        """Say it, if the case has failed for good; raises OSError."""
        case = self._cases.get(ident)
        if case is None or case.state != "failed":
            return
        for ours in map(self._store.get, case.ours):
            if ours is not None and ours.state in OVER and not ours.whole and ours.unhealed != case.why:
                ours.unhealed = case.why
                notes.save(self._store.place.disk, self._store.place.folder, ours)
