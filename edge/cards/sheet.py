"""The sheets of cards of a class: what is where on which page of A4 (core)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from edge.cards.decks import marker_of
from edge.cards.drawing import Box, Pen, Shape, Spot, boxes
from edge.cards.votes import LETTERS
from edge.vision.family import INNER, cells

WIDE, HIGH = 21.0, 29.7  # centimetres of A4
CELLS = INNER + 2  # of a marker in a row
RIM = 0.95 / CELLS  # of a marker's side that is white around it: with 12 cm two cards fill a page
LEAST, MOST = 4.0, 16.9  # centimetres of a marker: smaller ones are read from 2 m, larger ones fit on no page
USUAL = 12.0
LINE = 0.02  # centimetres: where to cut
CUT, NOTE = 0.6, 0.35  # how grey: to be cut away, and to be found by who looks for it
CORNER = 0.42  # of the rim: how high letters and numbers are
MARGIN = 1.8  # centimetres around what is to be read
TITLE, TEXT = 0.62, 0.34  # centimetres of an em: three languages fill a page
LEADING = 1.4

Page = list[Shape]


class Deck(Struct, frozen=True):
    """What is to be printed."""

    class_: str
    numbers: tuple[int, ...]
    size: float = USUAL  # centimetres of a marker's side
    names: Mapping[int, str] = {}


def pages(deck: Deck, pen: Pen) -> Iterator[Page]:
    """Yield the pages with cards."""
    spots = list(_spots(deck.size))
    numbers = [number for number in deck.numbers if marker_of(deck.class_, number) is not None]
    for first in range(0, len(numbers), len(spots)):
        here = numbers[first : first + len(spots)]
        yield [
            shape
            for number, spot in zip(here, spots, strict=False)
            for shape in card(deck, number, spot, pen)
        ]


def card(deck: Deck, number: int, spot: Spot, pen: Pen) -> Iterator[Shape]:
    """Yield the shapes of one card around a spot."""
    marker = marker_of(deck.class_, number)
    assert marker is not None, "there is no card for this number"
    side, rim = deck.size, deck.size * RIM
    yield _around(spot, side / 2 + rim)
    yield boxes(spot, [(-side / 2, -side / 2, side, side)])
    yield boxes(spot, list(_white(marker, side)), 1.0)
    em = rim * CORNER / 0.73
    out = side / 2 + rim / 2
    for quarter, letter in enumerate(LETTERS):
        turned = spot.degrees + 90 * quarter
        here = Spot(spot.x, spot.y, turned)
        yield pen.centred(letter, Spot(*here.place(0, -out), turned), em)
        corner = str(number) if quarter % 2 else deck.class_
        fits = min(em, em * 0.9 * rim / max(pen.wide(corner, em), 0.01))
        yield pen.centred(corner, Spot(*here.place(-out, -out), turned), fits, NOTE)
    if name := deck.names.get(number, ""):
        small = min(em * 0.6, em * 0.6 * side * 0.4 / max(pen.wide(name, em * 0.6), 0.01))
        yield pen.write(name, Spot(*spot.place(-side / 2, -out + small / 3), spot.degrees), small, NOTE)


def cover(deck: Deck, said: Sequence[Mapping[str, str]], pen: Pen) -> Page:
    """Return a first page that says how to print, cut, hand out and hold cards, in some languages."""
    page, y = [], MARGIN
    for words in said:
        y += TITLE
        page.append(pen.write(words["title"], Spot(MARGIN, y), TITLE))
        y += 0.4
        for number, sentence in enumerate((text for key, text in words.items() if key != "title"), 1):
            for place, line in enumerate(pen.lines(sentence, TEXT, WIDE - 2 * MARGIN - 0.8)):
                y += TEXT * LEADING
                if place == 0:
                    page.append(pen.write(f"{number}.", Spot(MARGIN, y), TEXT))
                page.append(pen.write(line, Spot(MARGIN + 0.8, y), TEXT))
        y += 0.5
    return page


def _spots(size: float) -> Iterator[Spot]:
    """Yield the middles of the cards of a page."""
    whole = size * (1 + 2 * RIM)
    across, down = max(1, int(WIDE / whole + 1e-6)), max(1, int(HIGH / whole + 1e-6))
    left, top = (WIDE - across * whole) / 2, (HIGH - down * whole) / 2
    for row in range(down):
        for column in range(across):
            yield Spot(left + (column + 0.5) * whole, top + (row + 0.5) * whole)


def _around(spot: Spot, half: float) -> Shape:
    """Return the lines along which a card is cut out."""
    edges: Iterable[Box] = (
        (-half, -half - LINE / 2, 2 * half, LINE),
        (-half, half - LINE / 2, 2 * half, LINE),
        (-half - LINE / 2, -half + LINE / 2, LINE, 2 * half - LINE),
        (half - LINE / 2, -half + LINE / 2, LINE, 2 * half - LINE),
    )
    return boxes(spot, edges, CUT)


def _white(marker: int, side: float) -> Iterator[Box]:
    """Yield the white areas of a marker: neighbours of a row are one."""
    cell = side / CELLS
    for row, whites in enumerate(cells(marker)):
        begin = None
        for column, white in enumerate((*whites, False)):
            if white and begin is None:
                begin = column
            elif not white and begin is not None:
                left, top = -side / 2 + (begin + 1) * cell, -side / 2 + (row + 1) * cell
                yield left, top, (column - begin) * cell, cell
                begin = None
