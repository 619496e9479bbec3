"""The commands of paper cards: their flags, and nothing heavy until one of them runs."""

import argparse
from pathlib import Path

from edge.commands.flags import Commands, of_node

LANGUAGES = ("kk", "ru", "en")
MOST_NUMBERS = 100  # as in edge/cards/decks.py
LEAST_SIZE, MOST_SIZE, USUAL_SIZE = 4.0, 16.9, 12.0  # centimetres, as in edge/cards/sheet.py


def add_card_commands(commands: Commands) -> None:
    """Add `tirek cards …` to the program's parser."""
    parser = commands.add_parser("cards", help="paper cards, by which pupils answer and are called")
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="does")
    printing = of_node(below, "print", "write the sheets with the cards of a class", cards)
    printing.add_argument("--class", dest="class_", required=True, metavar="CLASS")
    printing.add_argument("--out", type=Path, metavar="FILE", help=".pdf, or .svg with a file for each page")
    printing.add_argument(
        "--size", type=_size, default=USUAL_SIZE, metavar="CM", help="side of the black square"
    )
    printing.add_argument(
        "--numbers",
        type=_numbers,
        default=(),
        metavar="LIST",
        help="only these: 1-30,34; or without a roster",
    )
    printing.add_argument("--school", default="", metavar="ID", help="whose; this node's own if not given")
    printing.add_argument(
        "--names", action="store_true", help="with the names of pupils; they stay at this PC"
    )
    printing.add_argument("--lang", choices=LANGUAGES, help="that comes first on the first sheet")


def cards(parsed: argparse.Namespace) -> int:
    """Do one of them."""
    from edge.commands import cards as printing

    return printing.print_cards(parsed)


def _size(text: str) -> float:
    try:
        size = float(text.replace(",", "."))
    except ValueError:
        size = 0.0
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise argparse.ArgumentTypeError(f"{text!r} is no size from {LEAST_SIZE:g} to {MOST_SIZE:g} cm")
    return size


def _numbers(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers such as 1-30,34")
        span = range(int(first[:4]), int((last or first)[:4]) + 1)
        if not span or not 1 <= span[0] <= span[-1] <= MOST_NUMBERS:
            raise argparse.ArgumentTypeError(f"{part!r}: cards have numbers from 1 to {MOST_NUMBERS}")
        found |= set(span)
    return tuple(sorted(found))
