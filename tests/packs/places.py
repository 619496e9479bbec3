"""A hub, two schools and a stick: state folders with real journals that never meet on a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.__main__ import main
from edge.journal import Journal
from sync import tree
from sync.joining.identity import Parent, save_parent
from sync.ledger import computer
from sync.records import LessonPlanned, NodeEnrolled, Record, RegisterTaken, RosterChanged
from sync.tables import Entry

LESSON = "7Б 2026-11-26 08:30"


class Places:
    """The computers, by name; `hub` is the parent of the others, each a school of its own."""

    def __init__(self, folder: Path, schools: tuple[str, ...] = ("alga", "besqala")) -> None:
        self.folder = folder
        self.stick = folder / "stick"
        self.stick.mkdir()
        for name in ("hub", *schools):
            (folder / name).mkdir()
        with self.journal("hub") as hub:
            for school in schools:
                with self.journal(school) as below:
                    _join(hub, below, school)

    def state(self, name: str) -> Path:
        """Where a computer keeps what it keeps."""
        return self.folder / name

    @contextmanager
    def journal(self, name: str) -> Iterator[Journal]:
        """A computer's journal, for a moment."""
        journal = Journal(self.state(name))
        try:
            yield journal
        finally:
            journal.close()

    def note(self, name: str, class_: str, school: str, record: Record) -> None:
        """Write a fact at a computer."""
        with self.journal(name) as journal:
            journal.ledger.append([Entry(class_, school, record)]).result()

    def plan(self, school: str) -> None:
        """Give a school a pupil and a lesson at the hub."""
        with self.journal("hub") as hub:
            sealed = hub.names.seal("p1", "Әлия Қ.")
            hub.ledger.append(
                [
                    Entry("roster", school, RosterChanged("p1", "7Б", 1, sealed)),
                    Entry("timetable", school, LessonPlanned("7Б", "08:30", ("2026-11-26",), "physics")),
                ]
            ).result()

    def mark(self, school: str, **marks: str) -> None:
        """Take a register at a school."""
        taken = RegisterTaken(LESSON, {int(number[1:]): code for number, code in marks.items()})
        self.note(school, "register", school, taken)

    def make(self, name: str, *words: str) -> Path:
        """Make a pack at a computer, and return it."""
        before = set(self.stick.iterdir())
        assert self.type(name, "make", *words) == 0
        (made,) = set(self.stick.iterdir()) - before
        return made

    def type(self, name: str, does: str, *words: str) -> int:
        """Type `tirek pack …` at a computer."""
        return main(["pack", does, str(self.stick), *words, "--state", str(self.state(name))])


def _join(above: Journal, below: Journal, school: str) -> None:
    mine, theirs = below.identity, above.identity
    fact = NodeEnrolled(mine.node, school, mine.fingerprint, school)
    moment = computer()
    above.ledger.write(lambda db: tree.admit(db, theirs.node, fact, mine.certificate, moment)).result()
    save_parent(below.folder, Parent("127.0.0.1:1", theirs.certificate, theirs.node, school))
