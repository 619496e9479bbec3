"""`tirek cards print`: the sheets of a class, as PDF or SVG."""

import argparse
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from edge import words
from edge.cards.decks import MOST, shared
from edge.cards.drawing import Pen, outlines
from edge.cards.paper import pdf, svg
from edge.cards.sheet import Deck, Page, cover, pages
from edge.commands.exporting import Output
from edge.commands.place import CommandRefused, checked_school, opened, settings, who
from edge.journal import Journal
from edge.roll import Roll
from sync import rosters
from sync.importers.cells import class_name
from sync.records import Audited

HERE = Path(__file__).parent.parent / "cards"
LETTERS = HERE / "letters" / "dejavu-sans.txt"
WORDS = HERE / "words"
FIRST = ("title", "print", "cut", "hold", "fingers", "far", "roll", "foreign")  # of the first sheet
FAR = 0.5  # metres for a centimetre of the black square: docs/measured has what is read from how far


def print_cards(parsed: argparse.Namespace) -> int:
    """Write the cards of a class."""
    class_ = class_name(parsed.class_)
    if not class_ or not class_.isprintable():
        raise CommandRefused(f"{parsed.class_!r} is no class such as 7Б")
    language = parsed.lang or settings(parsed).lang
    said = {key: str(text) for key, text in words.load(language, WORDS).items()}
    with opened(parsed) as journal:
        school = checked_school(parsed.school) if parsed.school else journal.school
        deck = _deck(journal, parsed, school, said)
        _warn(journal, school, deck, said)
    out = parsed.out or Path(f"cards-{class_}.pdf")
    pen = Pen(outlines(LETTERS.read_text(encoding="utf-8")))
    drawn = [cover(deck, list(_first(deck, language)), pen), *pages(deck, pen)]
    title = said["title"].format(**{"class": class_})
    for path, body in _files(out, drawn, title):
        with Output(path) as file:
            file.file.write(body)
            file.keep()
    print(said["written"].format(file=out, count=len(deck.numbers), **{"class": class_}))
    return 0


def _deck(journal: Journal, parsed: argparse.Namespace, school: str, said: Mapping[str, str]) -> Deck:
    """Return what is to be printed; that names left the journal is noted there."""
    roll, class_ = Roll(journal, school), class_name(parsed.class_)
    numbers = list(parsed.numbers) or [number for number in roll.numbers(class_) if number <= MOST]
    if not numbers:
        raise CommandRefused(said["class-unknown"].format(**{"class": class_}))
    names: dict[int, str] = {}
    if parsed.names:
        names = {number: name for number, name in roll.names(class_).items() if name}
        if not names:
            raise CommandRefused(f"no names of {class_} can be read here: print without --names")
        journal.ledger.note("log", "", Audited(who(), "exported", f"cards of {class_}")).result()
    return Deck(class_, tuple(numbers), parsed.size, names)


def _warn(journal: Journal, school: str, deck: Deck, said: Mapping[str, str]) -> None:
    """Say which classes have the same cards, and whose numbers have none."""
    known = journal.ledger.read(partial(rosters.pupils, school=school)).values()
    classes = [each.class_ for each in known if not each.left]
    if others := shared(classes, deck.class_):
        print(said["shared"].format(others=", ".join(others), **{"class": deck.class_}))
    beyond = [each.number for each in known if each.class_ == deck.class_ and not each.left]
    if without := sorted(number for number in beyond if number > MOST):
        print(said["no-card"].format(numbers=", ".join(map(str, without)), most=MOST))


def _first(deck: Deck, language: str) -> Iterable[Mapping[str, str]]:
    """Yield the words of the first sheet, in the language that was asked for and then in the others."""
    blanks = {"class": deck.class_, "size": f"{deck.size:g}", "far": f"{deck.size * FAR:g}"}
    for each in sorted(words.LANGUAGES, key=lambda one: one != language):
        found = words.load(each, WORDS)
        yield {key: str(found[key]).format(**blanks) for key in FIRST}


def _files(out: Path, drawn: list[Page], title: str) -> Iterable[tuple[Path, bytes]]:
    kind = out.suffix.lower()
    if kind == ".pdf":
        yield out, pdf(drawn, title)
    elif kind == ".svg":
        digits = len(str(len(drawn)))
        for number, page in enumerate(drawn, 1):
            yield out.with_name(f"{out.stem}-{number:0{digits}}{out.suffix}"), svg(page, title)
    else:
        raise CommandRefused(f"{out}: a file ends in .pdf or .svg")
