"""`tirek checks`: prepared quick checks, from a file of hub staff into the library, and what there is."""

import argparse
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from edge.checks.sets import Kept, Sets
from edge.commands.place import CommandRefused
from edge.commands.publishing import SHOWN, Chosen, check_hub, check_room, offer, opened_shop
from edge.commands.screen import print_table, printable
from sync import catalogue
from sync.catalogue import Item, NotAnItem
from sync.importers import questions
from sync.importers.complaints import MAX_FILE, ImportRefused
from sync.importers.questions import ABOUT, Questions
from sync.prepared import ENDING, MAX_PICTURE, MEDIA_TYPE, CheckSet

MOST_SHOWN = 60  # letters of a question in a list


def bring(parsed: argparse.Namespace) -> int:
    """Publish a set, or tell what is in it; of a file with anything wrong in it nothing is taken."""
    found = _read(parsed)
    print("\n".join([*found.notes, *_lines(found.checks)]))
    if parsed.dry_run:
        print("dry run: nothing was imported")
        return 0
    with opened_shop(parsed) as shop:
        check_hub(shop)
        chosen = Chosen(parsed.file, BytesIO(found.content), _item(parsed.file, found))
        check_room(shop, [chosen])
        offer(shop, chosen)
    return 0


def show(parsed: argparse.Namespace) -> int:
    """List the sets on this computer."""
    with opened_shop(parsed) as shop:
        kept = [each for each in Sets(shop.store).all() if _is_wanted(each, parsed)]
    kept.sort(key=lambda each: (each.checks.lang, each.checks.subject, each.checks.title, each.item))
    print_table(("lang", "subject", "grade", "title", "questions", "pictures", "item"), list(map(_row, kept)))
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {"import": bring, "list": show}


def _read(parsed: argparse.Namespace) -> Questions:
    # As who types: what is hers the owner of the state folder may not be able to read.
    path: Path = parsed.file
    about = {key: " ".join(str(getattr(parsed, key)).split()) for key in ABOUT}
    try:
        content = _content(path, MAX_FILE)
        return questions.read(
            path.name, content, about, lambda name: _content(path.parent / name, MAX_PICTURE)
        )
    except OSError as exc:
        raise CommandRefused(f"{path}: {exc.strerror}") from exc
    except ImportRefused as exc:
        raise CommandRefused(f"{exc}\nnothing was imported") from exc


def _content(path: Path, most: int) -> bytes:
    """Return a file, and no more than one byte above what is allowed: that is told apart where it is read."""
    if not path.is_file():  # a pipe would let us wait, a device never end
        raise FileNotFoundError(2, "No such file")
    with path.open("rb") as file:
        return file.read(most + 1)


def _item(path: Path, found: Questions) -> Item:
    checks = found.checks
    words = {key: getattr(checks, key) for key in ABOUT}
    item = Item("0" * 64, len(found.content), path.stem + ENDING, MEDIA_TYPE, **words)
    try:
        catalogue.check(item)
    except NotAnItem as exc:
        raise CommandRefused(f"{exc}; nothing was imported") from exc
    return item


def _lines(checks: CheckSet) -> list[str]:
    about = ", ".join(filter(None, (checks.title, checks.subject, checks.grade, checks.topic, checks.lang)))
    lines = [f"{printable(about)}: {len(checks.questions)} questions"]
    for number, each in enumerate(checks.questions, 1):
        picture = ", with a picture" if each.picture else ""
        right = f", right is {each.right}" if each.right else ", nothing is right or wrong"
        text = printable(each.text[:MOST_SHOWN])
        lines.append(f"{number:3}  {text}  ({len(each.choices)} answers{right}{picture})")
    return lines


def _is_wanted(kept: Kept, parsed: argparse.Namespace) -> bool:
    checks = kept.checks
    return parsed.subject.casefold() in ("", checks.subject.casefold()) and parsed.lang in ("", checks.lang)


def _row(kept: Kept) -> tuple[str, ...]:
    checks = kept.checks
    pictures = sum(each.picture is not None for each in checks.questions)
    counts = (str(len(checks.questions)), str(pictures))
    return (checks.lang, checks.subject, checks.grade, checks.title, *counts, kept.item[:SHOWN])
