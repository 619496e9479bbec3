"""Whether a release can read the journal of this computer: asked before one that was made earlier may run.

A change of the journal only adds, so the release before can read it (sync/migrations.py). Two steps back may
be too many: the file says which form its reader must know, and each bundle which one it knows.

`python -m edge.commands.readable FORM`: what install.sh asks the release that runs.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from edge import config
from edge.commands.place import USUAL, as_owner
from edge.errors import ConfigWrong
from sync.errors import JournalBroken, JournalNewer
from sync.ledger import FILE
from sync.soundness import check_form

CANNOT_READ = 3  # another status than that of a release that does not know the question


def main(form: str) -> int:
    """Say whether who reads this form can read the journal of this computer."""
    try:
        check(int(form))
    except JournalNewer as exc:
        print(exc, file=sys.stderr)
        return CANNOT_READ
    return 0


def check(reads: int, path: Path = USUAL) -> None:
    """Raise JournalNewer if who reads up to this form cannot read the journal of this computer.

    What cannot be looked at is no reason: a damaged journal is put right by whatever release starts.
    """
    try:
        state = Path(config.load(path).state)
        journal = state / "journal" / FILE
        if not journal.exists():
            return
        with as_owner(state), closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
            check_form(db, journal, reads)
    except (ConfigWrong, JournalBroken, OSError, sqlite3.Error):
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
