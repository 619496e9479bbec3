"""`tirek forget`: a child's name is destroyed here, and at every node of the school once it is reached."""

import argparse
from functools import partial

from edge.commands.place import CommandRefused, opened, who
from edge.journal import Journal
from edge.retention import destroy
from sync import rosters
from sync.rosters import Pupil


def forget(parsed: argparse.Namespace) -> int:
    """Destroy a pupil's name; her marks stay, under her number."""
    with opened(parsed) as journal:
        school, pupil = _found(journal, parsed.pupil)
        destroy(journal, school, pupil.pupil, who())
        print(
            f"The name of pupil {pupil.pupil} ({pupil.class_} № {pupil.number}, {school}) is destroyed here."
        )
        print("It is destroyed at the school when its computers are next in contact.")
    return 0


def _found(journal: Journal, asked: str) -> tuple[str, Pupil]:
    for school in journal.ledger.read(rosters.schools):
        pupils = journal.ledger.read(partial(rosters.pupils, school=school))
        if asked in pupils:
            return school, pupils[asked]
    raise CommandRefused(f"no pupil {asked[:40]!r}: `tirek roster show` prints the pseudonyms")
