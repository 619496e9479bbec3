"""Registers of a school: taken, corrected, looked at. An answer means that it is on the disk."""

from concurrent.futures import Future
from sqlite3 import Connection

from msgspec import Struct

from edge.journal import Journal
from sync import rosters
from sync.errors import JournalError
from sync.export.source import register_of
from sync.fold import Standing, Taken, fold, history
from sync.ledger import computer
from sync.records import CODES, RegisterTaken
from sync.rosters import Pupil
from sync.tables import Entry, Noted, append


class CodeUnknown(JournalError):
    """A mark that is none of the five."""


class ReasonNeeded(JournalError):
    """A signed register is changed only with a reason."""


class Saved(Struct, frozen=True):
    """What became of a register."""

    noted: Noted
    strangers: tuple[int, ...]  # numbers that nobody in the class has now; kept


class Roll:
    """Takes registers for one school: its own, or, at a hub, corrections for one below it."""

    def __init__(self, journal: Journal, school: str = "") -> None:
        self._journal = journal
        self._school = school or journal.school
        self._class = "register" if self._school == journal.school else "correction"

    def numbers(self, class_: str) -> list[int]:
        """Return the roster numbers of a class; who marks them needs no name, and no file of names."""
        return [each.number for each in self._pupils(class_)]

    def names(self, class_: str) -> dict[int, str]:
        """Return the roster numbers of a class and the names that can be read here."""
        here = self._pupils(class_)
        opened = self._journal.names.open_all({each.pupil: each.sealed for each in here if each.sealed})
        return {each.number: rosters.called(opened.get(each.pupil, "")).name for each in here}

    def take(self, class_: str, register: RegisterTaken) -> Future[Saved]:
        """Write a register that replaces those in its `prev`; raises CodeUnknown, ReasonNeeded.

        `prev` is what whoever took it has seen. What another screen saved meanwhile is not replaced: both
        stand, and are listed for review.
        """
        wrong = {code for code in register.marks.values() if code not in CODES}
        if wrong:
            raise CodeUnknown(f"{', '.join(sorted(wrong))}: not one of {', '.join(CODES)}")
        me, school = self._journal.identity.node, self._school
        moment, known = computer(), self.numbers(class_)
        strangers = tuple(sorted(register.marks.keys() - set(known))) if known else ()

        def write(db: Connection) -> Saved:
            taken = register_of(db, school, register.lesson).taken
            was_signed = any(each.register.signed for each in taken if each.id in register.prev)
            if was_signed and not register.reason:
                raise ReasonNeeded(f"the register of {register.lesson} is signed")
            noted = append(db, me, [Entry(self._class, school, register)], moment)[-1]
            return Saved(noted, strangers)

        return self._journal.ledger.write(write, vital=True)

    def standing(self, lesson: str) -> Standing | None:
        """Return what counts for a lesson now."""
        school = self._school
        return fold(self._journal.ledger.read(lambda db: register_of(db, school, lesson)).taken)

    def history(self, lesson: str) -> list[Taken]:
        """Return every register of a lesson, each after those that it replaces."""
        school = self._school
        return history(self._journal.ledger.read(lambda db: register_of(db, school, lesson)).taken)

    def _pupils(self, class_: str) -> list[Pupil]:
        school = self._school
        pupils = self._journal.ledger.read(lambda db: rosters.pupils(db, school)).values()
        here = [each for each in pupils if each.class_ == class_ and not each.left]
        return sorted(here, key=lambda one: one.number)
