"""A register while it is taken (core): what stands in it, and what was changed and is on no disk yet.

Only signing makes marks: whoever was not touched counts as present on the screen, and is written so when the
register is signed. A draft has only what was touched.
"""

from collections.abc import Iterable
from typing import NamedTuple

from edge.contract.answers import Register

CODES = ("present", "late", "ill", "excused", "unexcused")
HERE = ("present", "late")


class Counts(NamedTuple):
    """How many are there, of whom so many came late, and how many are not."""

    total: int
    present: int
    absent: int
    late: int


class Sheet:
    """One register in the hands of a teacher."""

    def __init__(self, register: Register, touched: dict[int, str] | None = None) -> None:
        self.register = register
        self.touched = dict(touched or {})
        self.seen: frozenset[int] = frozenset()  # whose cards were read: only on the screen

    @property
    def changed(self) -> bool:
        """Tell whether there are marks that are on no disk."""
        return any(self.register.marks.get(number) != code for number, code in self.touched.items())

    @property
    def settled(self) -> bool:
        """Tell whether it is signed as it stands, and nobody wrote another one beside it."""
        return self.register.signed and not self.changed and not self.register.conflict

    @property
    def correcting(self) -> bool:
        """Tell whether what was changed stands in a signed register."""
        return self.register.signed and self.changed

    def code(self, number: int) -> str:
        """Return a pupil's mark as it is shown."""
        return self.touched.get(number) or self.register.marks.get(number) or CODES[0]

    def other(self, number: int) -> str:
        """Return the mark that a pupil has in a register beside this one; "" where they agree."""
        marks = (each.get(number, CODES[0]) for each in self.register.others)
        here = self.register.marks.get(number, CODES[0])
        return next((code for code in marks if code != here), "")

    def turn(self, number: int, by: int = 1) -> None:
        """Give a pupil the next code, or (-1) the one before."""
        code = self.code(number)
        at = CODES.index(code) if code in CODES else 0
        self.touched[number] = CODES[(at + by) % len(CODES)]

    def propose(self, seen: Iterable[int]) -> None:
        """Take whose cards were read: they are here, where the teacher has not said otherwise."""
        fresh, self.seen = frozenset(seen) - self.seen, frozenset(seen) | self.seen
        for number in fresh - set(self.touched):
            if self.code(number) not in HERE:
                self.touched[number] = CODES[0]

    @property
    def unseen(self) -> list[int]:
        """Return the numbers of whom no card was read, in the order of the list."""
        return [pupil.number for pupil in self.register.pupils if pupil.number not in self.seen]

    def all_present(self) -> None:
        """Mark everybody present."""
        self.touched = dict.fromkeys((pupil.number for pupil in self.register.pupils), CODES[0])

    def signed_marks(self) -> dict[int, str]:
        """Return a mark for everybody, and those of pupils who have left the class."""
        shown = {pupil.number: self.code(pupil.number) for pupil in self.register.pupils}
        return {**self.register.marks, **shown}

    def draft_marks(self) -> dict[int, str]:
        """Return only what somebody has marked."""
        return {**self.register.marks, **self.touched}

    def saved(self, marks: dict[int, str], signed: bool, head: str) -> None:
        """Take down that these marks are on the disk; what was touched since then is still to be written."""
        old = self.register
        self.register = Register(old.lesson, old.class_, old.pupils, marks, signed, (head,))
        self.touched = {n: code for n, code in self.touched.items() if marks.get(n) != code}

    def counts(self) -> Counts:
        """Count who is there."""
        codes = [self.code(pupil.number) for pupil in self.register.pupils]
        here = sum(code in HERE for code in codes)
        return Counts(len(codes), here, len(codes) - here, codes.count("late"))
