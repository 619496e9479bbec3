"""`tirek register` and `tirek today`: a classroom's registers by the command line, in the teacher's words."""

import argparse
from collections import Counter
from pathlib import Path

from edge import words
from edge.commands.place import CommandRefused, checked_school, here, opened, settings
from edge.commands.screen import print_table, printable
from edge.exports import source
from edge.journal import Journal
from edge.roll import ReasonNeeded, Roll
from edge.words import Said
from sync.clock import ms_of, utc
from sync.export import headings
from sync.export.headings import Headings
from sync.importers.cells import class_name
from sync.records import RegisterTaken, lesson_id, lesson_parts
from sync.tables import held

WORDS = Path(__file__).parent / "words"


def take(parsed: argparse.Namespace) -> int:
    """Write a register: what stands for the lesson, or all present, but for the marks that are named."""
    said, codes = _words(parsed)
    class_, lesson = _lesson(parsed)
    with opened(parsed) as journal:
        roll = _roll(journal, parsed)
        standing = roll.standing(lesson)
        numbers = roll.numbers(class_)
        before = standing.marks if standing else dict.fromkeys(numbers, "present")
        marks = before | dict(parsed.marks)
        if not marks:
            raise CommandRefused(str(said["nobody"]).format(**{"class": class_}))
        seen = tuple(each.id for each in standing.heads) if standing else ()
        register = RegisterTaken(lesson, marks, parsed.by, not parsed.draft, seen, parsed.reason)
        try:
            taken = roll.take(class_, register).result()
        except ReasonNeeded as exc:
            raise CommandRefused(str(said["reason-needed"])) from exc
        done = "draft" if parsed.draft else ("corrected" if seen else "saved")
        print(f"{said[done]}: {lesson} — {_counted(marks, codes)}")
        if not numbers:
            print(str(said["no-roster"]).format(**{"class": class_}))
        if taken.strangers:
            blanks = {"class": class_, "numbers": ", ".join(map(str, taken.strangers))}
            print(str(said["unknown-number"]).format(**blanks))
        print(_waiting(journal, said, parsed.lang or settings(parsed).lang))
    return 0


def show(parsed: argparse.Namespace) -> int:
    """Print every register of a lesson, the one that counts marked with a star."""
    _, codes = _words(parsed)
    _, lesson = _lesson(parsed)
    with opened(parsed) as journal:
        roll = _roll(journal, parsed)
        standing, history = roll.standing(lesson), roll.history(lesson)
    if standing is None:
        raise CommandRefused(f"{lesson}: –")
    for each in history:
        taken, star = each.register, "*" if each.id == standing.winner.id else " "
        signed = codes.words["signed" if taken.signed else "draft"]
        by, reason = printable(taken.by) or "–", printable(taken.reason)
        print(f"{star} {utc(ms_of(each.hlc))}  {by}  {signed}  {reason}".rstrip())
        marks = (
            f"{number} {codes.words.get(code, printable(code))}"
            for number, code in sorted(taken.marks.items())
        )
        print("   ", ", ".join(marks))
    return 0


def today(parsed: argparse.Namespace) -> int:
    """Print the lessons of a day and which of them have a register."""
    said, codes = _words(parsed)
    with opened(parsed) as journal:
        with source(journal) as facts:
            timetable = facts.timetable(journal.school)
        roll = Roll(journal)
        rows = []
        for lesson, planned in sorted(timetable.items(), key=lambda item: lesson_parts(item[0])[1:]):
            class_, day, starts = lesson_parts(lesson)
            if day == (parsed.day or here()).isoformat() and not planned.cancelled:
                standing = roll.standing(lesson)
                state = "none" if standing is None else ("signed" if standing.signed else "draft")
                rows.append((starts, class_, planned.plan.subject, planned.plan.teacher, codes.words[state]))
    if not rows:
        print(said["no-lessons"])
        return 0
    columns = ("starts", "class", "subject", "teacher", "register")
    print_table(tuple(codes.columns[column] for column in columns), rows)
    return 0


def _roll(journal: Journal, parsed: argparse.Namespace) -> Roll:
    return Roll(journal, checked_school(parsed.school) if parsed.school else "")


def _lesson(parsed: argparse.Namespace) -> tuple[str, str]:
    class_ = class_name(parsed.class_)
    return class_, lesson_id(class_, (parsed.day or here()).isoformat(), parsed.at)


def _words(parsed: argparse.Namespace) -> tuple[dict[str, Said], Headings]:
    language = parsed.lang or settings(parsed).lang
    return words.load(language, WORDS), headings.load(language)


def _counted(marks: dict[int, str], codes: Headings) -> str:
    counts = Counter(marks.values()).most_common()
    return ", ".join(f"{codes.words.get(code, code)} {count}" for code, count in counts)


def _waiting(journal: Journal, said: dict[str, Said], language: str) -> str:
    if journal.parent is None:
        return str(said["alone"])
    me = journal.identity.node
    streams = journal.ledger.read(held)
    count = sum(each.seq - each.acked for name, each in streams.items() if name.node == me and name.flow.up)
    return words.counted(said["waiting"], count, language) if count else str(said["sent"])
