"""What is told of a class's check: to its screens, to its projector, and best effort to who asked it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from edge.board import Board
from edge.cards.reading import CardReading
from edge.checks.progress import BUSY, Progress, Stage
from edge.checks.seat import Place, answer_of
from edge.checks.shown import quiz_of, texts_of
from edge.checks.telling import Telling
from edge.contract.talkback import CheckStage, QuickCheck
from sync.checks import Answer, Check

SAY = 5.0  # seconds after which the hub is told again how far we are

Mode = Literal["", "reading", "counting"]
SAID: dict[CheckStage, Stage] = {
    "asked": "asked",
    "reading": "reading",
    "counting": "counting",
    "sent": "answered",
    "ended": "answered",
}


class State(Struct):
    """How a class is with its check."""

    place: Place
    check: Check | None = None
    mode: Mode = ""
    pupils: tuple[int, ...] = ()  # roster numbers of the class
    picture: str = ""  # the address of its question's
    behind: tuple[Check, ...] = ()  # of hub teachers, until the class's own one is ended
    refused: tuple[str, ...] = ()  # checks of hub teachers who do not teach this class

    @property
    def stage(self) -> CheckStage:
        """Return how far it is."""
        if self.check is None:
            return "none"
        if self.check.ended:
            return "ended"
        return self.mode or ("sent" if answer_of(self.check, self.place) else "asked")

    @property
    def is_bare(self) -> bool:
        """Tell whether its question has a picture that is not here."""
        return self.check is not None and self.check.asked.pictured and not self.picture


class Saying:
    """Tells what has changed."""

    def __init__(
        self,
        board: Board,
        show: Callable[[Mapping[str, object] | None], None],
        telling: Telling,
        reading: CardReading,
        clock: Callable[[], float],
    ) -> None:
        self._board = board
        self._show = show
        self._telling = telling
        self._reading = reading
        self._clock = clock
        self._said: dict[str, tuple[float, Progress]] = {}  # by check, and when

    def tell(self, state: State) -> None:
        """Tell everybody."""
        notice = self._notice(state)
        self._board.tell(notice)
        self._show(None if state.check is None else quiz_of(state.check, notice, state.picture))
        self._tell_hub(list(self._words(state, notice)))

    def _notice(self, state: State) -> QuickCheck:
        check, stage = state.check, state.stage
        if check is None:
            return QuickCheck()
        answer, reads = answer_of(check, state.place), stage == "reading"
        text, choices = texts_of(check.asked)
        read = self._read(answer, reads)
        counts = tuple(answer.counts.get(letter, 0) for letter in check.letters) if answer else ()
        return QuickCheck(
            stage,
            check.id,
            text,
            choices,
            not check.by_hub,
            read,
            tuple(number for number in state.pupils if number not in read) if reads else (),
            self._reading.strangers if reads else 0,
            counts if stage in ("sent", "ended") else (),
            check.asked.right if stage == "ended" else "",
            self._reading.trouble if reads else "",
            state.is_bare,
            any(answer_of(each, state.place) is None for each in state.behind),
        )

    def _read(self, answer: Answer | None, reads: bool) -> tuple[int, ...]:
        """Return whose cards were read, those that were sent before among them."""
        before = answer.choices if answer else {}
        return tuple(sorted({*before, *(self._reading.read if reads else ())}))

    def _words(self, state: State, notice: QuickCheck) -> Iterable[Progress]:
        node, check = state.place.node, state.check
        if check is not None and check.by_hub and (notice.stage != "ended" or notice.counts):
            read = len(notice.read) if notice.stage == "reading" else 0
            yield Progress(node, check.id, SAID[notice.stage], read, len(state.pupils), bare=state.is_bare)
        for each in state.behind:
            stage: Stage = "answered" if answer_of(each, state.place) else "asked"
            yield Progress(node, each.id, stage, 0, len(state.pupils), why=BUSY)
        yield from (Progress(node, each, "refused") for each in state.refused)

    def _tell_hub(self, words: list[Progress]) -> None:
        now = self._clock()
        said: dict[str, tuple[float, Progress]] = {}
        for word in words:
            before = self._said.get(word.check)
            if before is None or before[1] != word or now - before[0] >= SAY:
                before = (now, word)
                self._telling.say(word)
            said[word.check] = before
        self._said = said
