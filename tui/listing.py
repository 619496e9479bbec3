"""A register in words: the row of a pupil, and how another screen marked one."""

from collections.abc import Callable

from edge.contract.answers import Pupil
from tui.marks import HERE, Sheet
from tui.widgets.rows import Column, Row
from tui.words import Words

COLUMNS = (Column(4, right=True), Column(20, grows=1), Column(30))
INK = {"present": "ok", "late": "accent", "ill": "bad", "excused": "info", "unexcused": "bad"}


class Listing:
    """What is told of pupils, in the language and with the signs of a screen."""

    def __init__(self, words: Words, sign: Callable[[str], str]) -> None:
        self._words = words
        self._sign = sign

    def row(self, sheet: Sheet, pupil: Pupil) -> Row:
        """Return a pupil's row: number, name, mark, and what another screen or a card says."""
        code = sheet.code(pupil.number)
        mark, other = f"{self._sign(code)} {self._words.say('mark-' + code)}", sheet.other(pupil.number)
        if other:  # the row below the list has the word
            mark = f"{mark} {self._sign('between')} {self._sign(other)}"
        elif sheet.seen:
            mark += self._card(pupil.number in sheet.seen, code)
        number = (str(pupil.number), "muted")
        return Row(number[0], (number, (self._called(pupil), "text"), (mark, INK[code])))

    def conflict(self, sheet: Sheet, at: int) -> str:
        """Return how the other screen marked the pupil at `at`, or that there is another register at all."""
        pupils = sheet.register.pupils
        other = sheet.other(pupils[at].number) if at < len(pupils) else ""
        if not other:
            return self._words.say("roll-conflict")
        name, mark = self._called(pupils[at]), self._words.say("mark-" + other)
        return self._words.say("roll-conflict-pupil", name=name, mark=mark)

    def _card(self, seen: bool, code: str) -> str:
        """Return what a card says beside a mark; who is not here needs none."""
        if seen or code not in HERE:
            return f" {self._sign('tick')}" if seen else ""
        return f" {self._sign('between')} {self._words.say('roll-no-card')}"

    def _called(self, pupil: Pupil) -> str:
        return pupil.name or self._words.say("pupil-number", number=pupil.number)
