"""Reading cards: for a quick check, and for a roll call, each with what it expects, from one camera.

Whoever wants cards read has a `CardReading` and starts it; while any is started the page is asked for stills.
"""

import time
from collections.abc import Callable, Iterable

from edge.cards.decks import numbers_of
from edge.cards.votes import LETTERS, Seen, Votes

FPS = 4.0  # stills a second while cards are read: eight readings in 2 s
AWAY = 5.0  # seconds without a still until something must be wrong: twenty stills
REFUSED = ("camera-missing", "page-missing")  # with these nothing can be seen, whatever the teacher does next

Changed = Callable[[], None]


class CardCamera:
    """What the class's camera sees of cards, for all who read; `eye` is the word key of why it sees none."""

    def __init__(self, eye: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._eye = eye
        self.now = clock
        self._readings: list[CardReading] = []
        self._heard = float("-inf")
        self._trouble = ""
        self._watching: list[Changed] = []

    @property
    def fps(self) -> float:
        """How many stills a second are wanted; 0 when nobody reads."""
        return FPS if self._readings else 0.0

    @property
    def trouble(self) -> str:
        """Why no card can be read now, a word key; "" while all is well."""
        return self.blind or self._trouble or ("no-picture" if self.now() - self._heard > AWAY else "")

    @property
    def blind(self) -> str:
        """Why there is no camera, a word key, also while nobody reads."""
        return self._eye()

    def watch(self, changed: Changed) -> None:
        """Be told when stills are wanted, and when they are no more."""
        self._watching.append(changed)

    def add(self, reading: "CardReading") -> None:
        """Let somebody see."""
        if reading in self._readings:
            return
        self._readings.append(reading)
        if len(self._readings) == 1:
            self._heard, self._trouble = self.now(), ""
            self._tell()

    def remove(self, reading: "CardReading") -> None:
        """Let somebody see no more."""
        self._readings.remove(reading)
        if not self._readings:
            self._tell()

    def _tell(self) -> None:
        for changed in self._watching:
            changed()

    def see(self, found: list[Seen], trouble: str = "") -> None:
        """Give everybody what one picture shows, and what is wrong with it, a word key."""
        self._heard, self._trouble = self.now(), trouble
        for each in tuple(self._readings):
            each.see(found)

    def fail(self, trouble: str) -> None:
        """Tell everybody why a picture was not read."""
        self._trouble = trouble
        self.look()

    def look(self) -> None:
        """Notice what changes by itself: strangers that left, a page that is gone."""
        for each in tuple(self._readings):
            each.look()


class CardReading:
    """Cards as one question wants them, from `start` to `stop`; what was read stays until the next start."""

    def __init__(self, camera: CardCamera) -> None:
        self._camera = camera
        self._votes = Votes({})
        self._watching: list[Changed] = []
        self._told: tuple[object, ...] = ()
        self.class_ = ""
        self.expected: tuple[int, ...] = ()
        self.is_on = False

    def start(self, class_: str, expected: Iterable[int], letters: str = LETTERS) -> None:
        """Read from nothing: who is expected, by roster number, and which letters are answers."""
        self.class_, self.expected = class_, tuple(sorted(set(expected)))
        self._votes = Votes(numbers_of(class_, self.expected), letters)
        self.is_on = True
        self._camera.add(self)
        self.look()

    def stop(self) -> None:
        """Read no more."""
        if self.is_on:
            self.is_on = False
            self._camera.remove(self)
            self.look()

    @property
    def read(self) -> dict[int, str]:
        """The letter of each roster number that is certain."""
        return self._votes.read

    @property
    def present(self) -> tuple[int, ...]:
        """The roster numbers whose cards were seen, whichever way they are turned."""
        return self._votes.present

    @property
    def missing(self) -> tuple[int, ...]:
        """The roster numbers that are expected and not certain."""
        read = self.read
        return tuple(number for number in self.expected if number not in read)

    @property
    def strangers(self) -> int:
        """How many cards in sight belong to nobody who is expected."""
        return self._votes.strangers(self._camera.now()) if self.is_on else 0

    @property
    def trouble(self) -> str:
        """Why no card can be read now, a word key."""
        return self._camera.trouble if self.is_on else ""

    @property
    def fps(self) -> float:
        """How many stills a second the page is to send; 0 for none."""
        return self._camera.fps

    def watch(self, changed: Changed) -> None:
        """Be told whenever anything of this changes."""
        self._watching.append(changed)

    def see(self, found: list[Seen]) -> None:
        """Take what one picture shows."""
        self._votes.feed(found, self._camera.now())
        self.look()

    def look(self) -> None:
        """Tell whoever watches, if anything is new."""
        now = (self.is_on, self.read, self.present, self.strangers, self.trouble, self.expected)
        if now != self._told:
            self._told = now
            for changed in self._watching:
                changed()
