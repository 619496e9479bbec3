"""From what a camera sees again and again to what a pupil answers (core).

A card is *settled* on a letter when its last AGREED readings say that letter, and stays so until it settles
on another: who turns her card passes between two letters, and who lowers it has answered. It is unsettled,
and counts as not read, when it has contradicted itself for DOUBTED readings in a row, or when there are two
of it: in one picture, or here, there, and here again. Nobody knows whose answer it is then, until one has
been alone for ALONE seconds: the other may only have been hidden for a moment.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import hypot

from msgspec import Struct

AGREED = 3  # readings in a row that say the same: a single one may be a shadow
DOUBTED = 8  # readings in a row that do not: 2 s at four pictures a second
WINDOW = 3.0  # seconds after which a reading is none that the next could agree with
ALONE = 5.0  # seconds without its twin until a card counts again
ARM = 4.0  # sides of a card from one place to another: nobody waves it so far and back in WINDOW
MOST_STRANGERS = 999  # cards of others that are remembered at once: more are no class
HALF = 25.0  # degrees to either side of an answer; cards that lean look up to 7 degrees further turned

LETTERS = "ABCD"


class Seen(Struct, frozen=True):
    """One card in one picture."""

    marker: int
    letter: str  # "" between two
    x: float = 0.0  # points
    y: float = 0.0
    size: float = 1.0


def letter(angle: float) -> str:
    """Return the answer of a card that is turned by so many degrees, clockwise as the camera sees it."""
    quarter = round(angle / 90)
    off = abs(angle - quarter * 90)
    # With B up, a card that has A B C D clockwise around it is turned by a quarter against the clock.
    return LETTERS[-quarter % 4] if off <= HALF else ""


class Card:
    """What was seen of one card."""

    def __init__(self) -> None:
        self.settled = ""
        self.is_present = False  # it was seen often enough, whatever it says
        self._last: list[str] = []
        self._sights = 0
        self._doubts = 0
        self._at = float("-inf")
        self._places: list[tuple[Seen, float]] = []  # the newest last
        self._twin = float("-inf")

    def see(self, seen: Seen, now: float) -> None:
        """Take a reading."""
        if now - self._at > WINDOW:
            self._last, self._sights = [], 0
        self._at = now
        if self._is_back(seen, now):
            self.double(now)
        if now - self._twin < ALONE:
            return
        self._sights = min(self._sights + 1, AGREED)
        self.is_present = self.is_present or self._sights >= AGREED
        self._count(seen.letter)

    def double(self, now: float) -> None:
        """Take that there are two of it."""
        self.settled, self.is_present = "", False
        self._last, self._sights, self._doubts = [], 0, 0
        self._at = self._twin = now

    def is_in_sight(self, now: float) -> bool:
        """Tell whether it is there now, and not for the first time."""
        return self._sights >= AGREED and now - self._at <= WINDOW

    def is_old(self, now: float) -> bool:
        """Tell whether nothing that comes could agree with what was seen."""
        return now - self._at > WINDOW

    def _count(self, said: str) -> None:
        self._last = [*self._last, said][-AGREED:]
        if said and self._last == [said] * AGREED:
            self.settled, self._doubts = said, 0
        elif not said or said != self.settled:
            self._doubts += 1
            if self._doubts >= DOUBTED:
                self.settled = ""

    def _is_back(self, seen: Seen, now: float) -> bool:
        """Note where it is; tell whether it was there, and elsewhere since."""
        recent = [(place, at) for place, at in self._places if now - at <= WINDOW]
        near = [_are_near(place, seen) for place, _ in recent]
        away = [pair for pair, is_near in zip(recent, near, strict=True) if not is_near]
        self._places = [*away[-1:], (seen, now)]
        return any(near) and not near[-1]


def _are_near(one: Seen, other: Seen) -> bool:
    return hypot(one.x - other.x, one.y - other.y) <= ARM * max(one.size, other.size)


class Votes:
    """The cards of one question; `numbers` tells the roster number behind each marker."""

    def __init__(self, numbers: Mapping[int, int], letters: str = LETTERS) -> None:
        self._numbers = dict(numbers)
        self._letters = letters
        self._cards: dict[int, Card] = {}
        self._strangers: dict[int, Card] = {}

    def feed(self, picture: Iterable[Seen], now: float) -> None:
        """Take all cards of one picture."""
        found = list(picture)
        times = Counter(each.marker for each in found)
        for each in found:
            if each.marker not in self._numbers:
                self._strange(each, now)
            elif times[each.marker] > 1:
                self._cards.setdefault(each.marker, Card()).double(now)
            else:
                says = (
                    each if each.letter in self._letters else Seen(each.marker, "", each.x, each.y, each.size)
                )
                self._cards.setdefault(each.marker, Card()).see(says, now)

    def _strange(self, seen: Seen, now: float) -> None:
        if seen.marker in self._strangers or len(self._strangers) < MOST_STRANGERS:
            self._strangers.setdefault(seen.marker, Card()).see(seen, now)

    @property
    def read(self) -> dict[int, str]:
        """Return the letter of each roster number whose card is settled."""
        settled = {self._numbers[marker]: card.settled for marker, card in self._cards.items()}
        return {number: said for number, said in sorted(settled.items()) if said}

    @property
    def present(self) -> tuple[int, ...]:
        """Return the roster numbers whose cards were seen, whatever they say."""
        return tuple(sorted(self._numbers[marker] for marker, card in self._cards.items() if card.is_present))

    def strangers(self, now: float) -> int:
        """Return how many cards in sight belong to nobody who is expected."""
        for marker in [marker for marker, card in self._strangers.items() if card.is_old(now)]:
            del self._strangers[marker]
        return sum(card.is_in_sight(now) for card in self._strangers.values())
