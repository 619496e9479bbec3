"""What is wrong with a file, line by line: everything is looked at, then all of it is refused at once.

A complaint shows the value it is about, which may be the name of a child: it is for the screen of the person
who brought the file, not for a log.
"""

from collections.abc import Callable

Progress = Callable[[int, int], None]  # done, of how many

MAX_FILE = 20 << 20  # bytes: a region's timetable of a year is 5 MiB
# Of a table below its header: all pupils of a region's small schools; a school has hundreds.
MAX_ROWS = 20_000
MOST_SHOWN = 50  # who made more mistakes than fit on two screens made one of them in every line
MOST_OF_A_VALUE = 60  # letters: enough to find it again
STEP = 256  # lines between two words on progress: seen as steady, too seldom to cost anything


class ImportRefused(Exception):
    """Nothing of this file is imported; `complaints` says why, one line each."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class Complaints:
    """The complaints about one file so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._shown: list[tuple[int, str]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, line: int, wrong: str, value: str | None = None) -> None:
        """Note what is wrong in a line, or with the file as a whole (line 0)."""
        where = f"{self._file} line {line}" if line else self._file
        complaint = (line, f"{where}: {wrong}" + ("" if value is None else f": {shown(value)}"))
        if complaint in self._shown:  # a lesson is wrong once, not every week
            return
        self._count += 1
        if self._count <= MOST_SHOWN:
            self._shown.append(complaint)

    def settle(self) -> None:
        """Raise ImportRefused if there was anything to complain about."""
        if self._count:
            raise self._refusal()

    def refused(self, line: int, wrong: str, value: str | None = None) -> ImportRefused:
        """Return the refusal for something that makes it pointless to read on."""
        self.add(line, wrong, value)
        return self._refusal()

    def check_size(self, content: bytes) -> None:
        """Raise ImportRefused for a file that is empty or too large."""
        if not content.strip():
            raise self.refused(0, "an empty file")
        if len(content) > MAX_FILE:
            raise self.refused(0, f"{len(content) >> 20} MiB, more than {MAX_FILE >> 20} MiB")

    def _refusal(self) -> ImportRefused:
        rest = self._count - len(self._shown)
        in_order = [complaint for _, complaint in sorted(self._shown, key=lambda one: one[0])]
        return ImportRefused(in_order + ([f"and {rest} more"] if rest else []))


def shown(value: str) -> str:
    """Return a value as a complaint shows it: quoted, short, and without letters that move a cursor."""
    return repr(value if len(value) <= MOST_OF_A_VALUE else f"{value[:MOST_OF_A_VALUE]}…")


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def told(progress: Progress, done: int, total: int) -> None:
    """Pass on progress now and then, and at the end."""
    if done % STEP == 0 or done == total:
        progress(done, total)
