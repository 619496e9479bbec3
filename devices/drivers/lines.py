"""Lines as a school's own sketch prints them (core).

`temperature:21.5;light:300`, `{"temperature": 21.5}`, or rows `21.5,300` under a header `temperature,light`;
what spellings are taken: devices/drivers/lines_forms.py. Channels are given, or learnt: from a header, from
names that came a few times, or, for rows that nobody named, from their number. A name that came once may be
half of one, so it is no channel yet.

`running`, `battery` and `said` are a robot's words about itself. A robot takes the lines `run NAME`, `stop`.
`# name Weather station` says who it is.
"""

import re
from collections.abc import Sequence

from devices.driver import Channel, Driver, Heard, Sample, Status
from devices.drivers.lines_forms import Pair, Pairs, Remark, Row, formed
from devices.drivers.lines_learning import MAX_CHANNELS, PROOF, Learnt, Seen
from devices.drivers.lines_whole import MAX_LINE, WholeLines
from devices.errors import ProgramUnknown
from devices.words import plain

__all__ = ["MAX_LINE", "Lines"]

MAX_MESSAGE = 80  # letters of what a robot says: one line of the screen
NAME = "name "  # what a remark begins with that says who it is
MAX_NAME = 40  # letters
PLAIN = re.compile(rb" *[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})[ \r]*")  # the usual spelling of a number


class Lines(Driver):
    """A connection to something that prints lines."""

    bauds = (115_200, 9600, 57_600)

    def __init__(self, channels: Sequence[Channel] = (), programs: Sequence[str] = ()) -> None:
        self.channels = channels
        self.programs = programs
        self.refused = 0
        self._learnt = Learnt(channels)
        self._lines = WholeLines()
        self._broken = 0  # lines that were no reading
        self._name = "sketch"
        self._good = 0  # how many more lines were readings than were none
        self._is_first = True
        self._plain: dict[bytes, Seen] = {}  # names that came alone in a line: half of the work is spared

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard = [each for line in self._lines.cut(piece) for each in self._read(line, at)]
        self.refused = self._broken + self._learnt.refused + self._lines.overlong
        self.channels = self._learnt.channels
        return heard

    def missed(self) -> None:
        """Bytes were lost here: leave out the line that they were in."""
        self._lines.missed()

    def run(self, program: str) -> bytes:
        """Return what starts a program; raise ProgramUnknown."""
        if program not in self.programs:
            raise ProgramUnknown(f"{program[:40]!r} is none of {', '.join(self.programs)}")
        return f"run {program}\n".encode()

    def stop(self) -> bytes:
        """Return what stops it, behind the end of a line left half said; nothing where nothing moves."""
        return b"\nstop\n" if self.programs else b""

    def _read(self, line: bytes, at: float) -> Heard:
        name, _, rest = line.partition(b":")
        seen = self._plain.get(name)
        if seen is not None and PLAIN.fullmatch(rest):
            return [self._learnt.sample(seen, float(rest), at)]
        heard = self._understood(line, at)
        if self.identity and len(heard) == 1 and len(self._plain) < MAX_CHANNELS and PLAIN.fullmatch(rest):
            seen = self._learnt.known(name.decode("utf-8", "replace").strip())
            self._plain.update({name: seen} if seen is not None else {})
        return heard

    def _understood(self, line: bytes, at: float) -> Heard:
        found = formed(line)
        if isinstance(found, Remark):
            if found.text.startswith(NAME):
                self._name = plain(found.text.removeprefix(NAME), MAX_NAME) or self._name
            return []
        broken = self._broken + self._learnt.refused
        heard = self._heard(found, at)
        self._is_first = False
        if not self.identity:
            is_good = broken == self._broken + self._learnt.refused
            self._good = self._good + 1 if is_good else max(0, self._good - 1)
            self.identity = self._name if self._good >= PROOF else ""
            self.is_hinted = self._good > 0
        return heard

    def _heard(self, found: Pairs | Row | None, at: float) -> Heard:
        if isinstance(found, Pairs):
            return [each for pair in found.pairs if (each := self._pair(pair, at)) is not None]
        if found is None:
            self._broken += 1
            return []
        if self._is_first and any(number is not None for number in found.numbers):
            return []  # the line was opened amid a row: 21.5 may be half of 121.5
        return [*self._learnt.row(found, at)]

    def _pair(self, pair: Pair, at: float) -> Sample | Status | None:
        if self.programs:
            if pair.name == "battery" and pair.number is not None:
                return Status(battery=min(1.0, max(0.0, pair.number)))
            if pair.name == "running":
                return Status(running=plain(pair.text, MAX_MESSAGE))
            if pair.name == "said":
                return Status(message=plain(pair.text, MAX_MESSAGE))
        return self._learnt.pair(pair, at)
