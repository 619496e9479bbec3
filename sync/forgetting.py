"""What a roster means for the keys of names: whose to destroy, and whose are still missing here."""

from sync import rosters
from sync.clock import utc
from sync.ledger import Ledger
from sync.names import Names


def settle(ledger: Ledger, names: Names) -> list[str]:
    """Destroy the names that are to be forgotten; return the pupils whose names cannot be opened yet.

    For a thread: a hub's rosters are thousands of facts, so they are read on a connection of their own.
    """
    db = ledger.reader()
    try:
        everybody = [each for school in rosters.schools(db) for each in rosters.pupils(db, school).values()]
    finally:
        db.close()
    gone = {each.pupil for each in everybody if each.forgotten}
    for pupil in sorted(gone - names.forgotten().keys()):
        names.forget(pupil, utc(ledger.now()))
    return names.missing(each.pupil for each in everybody if each.sealed)
