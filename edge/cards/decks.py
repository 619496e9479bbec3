"""Which marker is on whose card: each class of a school has a deck of its own (core).

The family of markers has 2320, which are 46 decks of 50. Where a deck lies follows from the name of the class
and nothing else, so that cards that were printed anywhere, in any year, are right everywhere. Four classes of
a grade have decks of their own; who has more than 50 numbers takes those from the deck of 23 further on.
"""

from collections.abc import Iterable
from zlib import crc32

MARKERS = 2320  # of the family AprilTag 36h10
CARDS = 50  # numbers of a deck: the largest class, and those who left during the year
DECKS = MARKERS // CARDS
PARALLEL = 4  # classes of one grade that have different decks
GRADES = 11
SPARE = GRADES * PARALLEL  # the first of the two decks that belong to no grade
FURTHER = DECKS // 2  # decks from one of a class to its second
MOST = 2 * CARDS  # the highest number that has a card

# Which of the parallel classes: schools write А Ә Б or А Б В. Latin letters are read as those they look like.
LETTERS = {"": 0, "А": 0, "Ә": 1, "Б": 2, "В": 3, "Г": 1, "Ғ": 0, "Д": 0, "Е": 3}


def deck_of(class_: str) -> int:
    """Return the first deck of a class, as it is written everywhere (sync/importers/cells.py)."""
    digits = class_[: len(class_) - len(class_.lstrip("0123456789"))]
    grade, letter = int(digits or 0), class_[len(digits) :]
    if not 1 <= grade <= GRADES or len(digits) > 2:
        return crc32(class_.encode()) % SPARE if grade else SPARE + crc32(class_.encode()) % (DECKS - SPARE)
    which = LETTERS[letter] if letter in LETTERS else crc32(letter.encode()) % PARALLEL
    return (grade - 1) * PARALLEL + which


def marker_of(class_: str, number: int) -> int | None:
    """Return the marker on the card of a roster number; None where there is no card for it."""
    if not 1 <= number <= MOST:
        return None
    second, place = divmod(number - 1, CARDS)
    return (deck_of(class_) + second * FURTHER) % DECKS * CARDS + place


def numbers_of(class_: str, numbers: Iterable[int]) -> dict[int, int]:
    """Return the roster number behind each marker of those that are expected."""
    markers = ((marker_of(class_, number), number) for number in numbers)
    return {marker: number for marker, number in markers if marker is not None}


def shared(classes: Iterable[str], class_: str) -> list[str]:
    """Return the other classes of a school whose cards are taken for those of this class."""
    return sorted(each for each in set(classes) if each != class_ and deck_of(each) == deck_of(class_))
