"""Instruments that answer questions by lines: SCPI meters, balances (core).

What is asked and what the answers look like is a profile: devices/profiles/meters/*.toml. One question is on
the way at a time. What comes without a question (a balance's print key) is taken where its form tells what it
is. A question without an answer is asked again after a pause in which no bare number is believed: it may be
the answer to the question before.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from devices.driver import Channel, Driver, Heard, Sample, sampled
from devices.drivers.lines_forms import NUMBER
from devices.drivers.lines_whole import WholeLines
from devices.drivers.tables import ProfileWrong, expression, parsed
from devices.words import plain

MAX_LINE = 256  # bytes; the longest answer to *IDN? that the standard allows is 72
PATIENCE = 2.0  # seconds for an answer: a meter that integrates over 100 mains periods
PAUSE = 1.0  # seconds after an answer that did not come
MAX_IDENTITY = 80  # letters
DECORATION = str.maketrans("", "", " []")  # brackets are around digits that no office has verified

Expression = Annotated[str, Meta(max_length=200)]


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked again and again."""

    says: str
    answer: Expression  # with the groups `value` and, if it says one, `unit`
    channel: str
    every: Annotated[float, Meta(ge=0.05, le=3600)] = 1.0  # seconds
    tells: bool = True  # its form tells what it is: it is taken without a question too


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """An instrument's table."""

    title: str
    identifies: Expression  # with the group `identity`, or a proof without a name
    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=8)] = field(name="question")
    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=8)] = field(name="channel")
    greet: str = ""
    begin: str = ""
    bauds: tuple[int, ...] = (9600,)
    units: Mapping[
        str, float
    ] = {}  # as they are spelt, times what they are of the channel's; others are refused
    troubles: Mapping[Expression, str] = {}  # answers that are no value, and the word key of what they mean


class Kind:
    """A kind of instrument: its profile, with the expressions made once."""

    def __init__(self, text: str, name: str) -> None:
        """Read a profile; raise ProfileWrong."""
        self.name = name
        self.profile = parsed(text, name, Profile)
        self.channels = {each.name: each for each in self.profile.channels}
        self.identifies = expression(self.profile.identifies, name)
        self.answers = [(each, expression(each.answer, name)) for each in self.profile.questions]
        self.troubles = [(expression(each, name), word) for each, word in self.profile.troubles.items()]
        for question, answer in self.answers:
            if question.channel not in self.channels or "value" not in answer.groupindex:
                raise ProfileWrong(
                    f"profile {name}: {question.says!r} has no channel, or its answer no value"
                )


class Meter(Driver):
    """A connection to one."""

    bauds = (9600, 19_200, 4800, 2400, 115_200)

    def __init__(self, kind: Kind) -> None:
        self.channels = kind.profile.channels
        self.refused = 0
        self.troubles: dict[str, str] = {}  # by channel: a word key, while it cannot be measured
        self._of = kind
        self._lines = WholeLines(MAX_LINE, b"\n\r")
        self._broken = 0
        self._due = [0.0] * len(kind.profile.questions)
        self._asked: Question | None = None
        self._until = 0.0  # an answer is waited for, or silence is
        self._is_late = False

    def greet(self) -> bytes:
        """Return the question who it is."""
        return self._of.profile.greet.encode()

    def begin(self) -> bytes:
        """Return what makes it ready, and the question who it is."""
        return (self._of.profile.begin + self._of.profile.greet).encode()

    def ask(self, now: float) -> bytes:
        """Return the next question."""
        if self._asked is not None and now < self._until:
            return b""
        if self._asked is not None:
            self.troubles[self._asked.channel] = "no-answer"
            self._asked, self._is_late, self._until = None, True, now + PAUSE
        if now < self._until:
            return b""
        self._is_late = False
        due = [number for number, moment in enumerate(self._due) if moment <= now]
        if not due:
            return b""
        first = min(due, key=self._due.__getitem__)
        question = self._of.profile.questions[first]
        self._due[first] = now + question.every
        self._asked, self._until = question, now + PATIENCE
        return question.says.encode()

    def feed(self, piece: bytes, at: float) -> Heard:
        """Return what these bytes complete."""
        heard = [sample for line in self._lines.cut(piece) for sample in self._read(line, at)]
        self.refused = self._broken + self._lines.overlong
        return [*heard]

    def missed(self) -> None:
        """Bytes were lost here: leave out the line that they were in."""
        self._lines.missed()

    def stop(self) -> bytes:
        """Return nothing: it moves nothing."""
        return b""

    def _read(self, line: bytes, at: float) -> list[Sample]:
        text = line.decode("ascii", "replace")
        if not text.strip() or self._names_itself(text):
            return []
        word = next((word for each, word in self._of.troubles if each.search(text)), "")
        if word and self._is_in_trouble(word):
            return []
        sample = self._measured(text, at)
        self._broken += sample is None
        return [] if sample is None else [sample]

    def _names_itself(self, text: str) -> bool:
        found = self._of.identifies.fullmatch(text)
        if found is None:
            return False
        said = found.groupdict().get("identity")
        if not self.identity:
            self.identity = plain(said or "", MAX_IDENTITY) or self._of.profile.title
        return said is not None

    def _is_in_trouble(self, word: str) -> bool:
        """Note what an answer says instead of a value, if it can be known whose it is."""
        asked = self._asked or next((each for each in self._of.profile.questions if each.tells), None)
        if asked is None:
            return False
        self.troubles[asked.channel] = word
        self._asked, self._until = None, 0.0
        return True

    def _measured(self, text: str, at: float) -> Sample | None:
        for question, answer in self._of.answers:
            if question is not self._asked and not question.tells:
                continue
            found = answer.fullmatch(text)
            if found is not None:
                return self._sample(question, found, at)
        return None

    def _sample(self, question: Question, found: re.Match[str], at: float) -> Sample | None:
        if question is self._asked:
            self._asked, self._until = None, 0.0
        groups: dict[str, Any] = found.groupdict()
        value = groups["value"].translate(DECORATION)
        factor = self._of.profile.units.get(groups["unit"].strip()) if groups.get("unit") else 1.0
        if factor is None or not NUMBER.fullmatch(value):
            self.troubles[question.channel] = "wrong-unit" if factor is None else "no-number"
            return None
        self.troubles.pop(question.channel, None)
        return sampled(self._of.channels[question.channel], at, float(value) * factor)
