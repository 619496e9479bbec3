"""`tirek roster` and `tirek timetable`: what hub staff bring from other systems, for one school at a time."""

import argparse
import secrets
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.commands.place import CommandRefused, checked_school, here, opened, who
from edge.commands.screen import print_table, progress
from edge.exports import source
from edge.journal import Journal
from sync import rosters
from sync.importers import formats, roster_plan, timetable_plan
from sync.importers.cells import class_name
from sync.importers.complaints import MAX_FILE, ImportRefused
from sync.importers.identity import KnownPupil
from sync.importers.lessons import Lesson, Term, Usual
from sync.records import Audited, Record, lesson_parts
from sync.rosters import Called, Pupil
from sync.tables import Entry

PSEUDONYM_BYTES = 6  # 48 bits: among a million pupils two of one name once in 500 regions


def import_roster(parsed: argparse.Namespace) -> int:
    """Make the roster of a school what a file says, or tell line by line what that would change."""
    name, content = _read(parsed.file)
    with opened(parsed) as journal:
        school = _school(journal, parsed)
        known = _known(journal, school)
        try:
            wanted = formats.read_roster(name, content, here(), parsed.org, progress("reading"))
            plan = roster_plan.plan(wanted, known, here(), _pseudonym, progress("comparing"))
        except ImportRefused as exc:
            raise CommandRefused(f"{exc}\nnothing was imported") from exc
        facts = _sealed(journal, plan.changes) if not parsed.dry_run else []
        return _done(journal, parsed, ("roster", school, plan.lines), facts)


def import_timetable(parsed: argparse.Namespace) -> int:
    """Make the timetable of a school what a file says, or tell line by line what that would change."""
    name, content = _read(parsed.file)
    first = parsed.first or here()
    with opened(parsed) as journal:
        school = _school(journal, parsed)
        usual = Usual(hub=parsed.hub or journal.school, model=parsed.model)
        try:
            term, shown = Term(first, parsed.last), progress("reading")
            wanted = formats.read_timetable(name, content, _zone(parsed.zone), term, usual, shown)
        except ImportRefused as exc:
            raise CommandRefused(f"{exc}\nnothing was imported") from exc
        plan = timetable_plan.plan(wanted, _planned(journal, school), first, progress("comparing"))
        return _done(journal, parsed, ("timetable", school, plan.lines), plan.facts)


def show_roster(parsed: argparse.Namespace) -> int:
    """Print the pupils of a school, for the eyes of its hub's staff."""
    with opened(parsed) as journal:
        school = _school(journal, parsed)
        known = [each for each in _known(journal, school) if class_name(parsed.class_) in ("", each.class_)]
        journal.ledger.note("log", "", Audited(who(), "showed", f"roster of {school}")).result()
    rows = [
        (each.class_, str(each.number), each.name or "(forgotten)", each.pupil, each.left)
        for each in sorted(known, key=lambda one: (one.class_, one.number, one.pupil))
    ]
    print_table(("class", "number", "name", "pupil", "left"), rows)
    return 0


def _done(
    journal: Journal,
    parsed: argparse.Namespace,
    what: tuple[str, str, Iterable[str]],
    facts: Iterable[Record],
) -> int:
    class_, school, lines = what
    print("\n".join(lines))
    if parsed.dry_run:
        print("dry run: nothing was imported")
        return 0
    entries = [Entry(class_, school, fact) for fact in facts]
    audit = Audited(who(), "imported", f"{class_} of {school}: {len(entries)} changes")
    journal.ledger.append([*entries, Entry("log", "", audit)]).result()
    print(f"imported: {len(entries)} changes")
    return 0


def _read(path: Path) -> tuple[str, bytes]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise CommandRefused(f"{path}: more than {MAX_FILE >> 20} MiB")
        return path.name, path.read_bytes()
    except OSError as exc:
        raise CommandRefused(f"{path}: {exc.strerror}") from exc


def _school(journal: Journal, parsed: argparse.Namespace) -> str:
    school = str(parsed.school or journal.school)
    if not school:
        raise CommandRefused("of which school? add --school ID")
    return checked_school(school)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise CommandRefused(f"{name!r} is no time zone such as Asia/Aqtobe") from exc


def _pseudonym() -> str:
    return secrets.token_hex(PSEUDONYM_BYTES)


def _known(journal: Journal, school: str) -> list[KnownPupil]:
    pupils = journal.ledger.read(lambda db: rosters.pupils(db, school)).values()
    texts = journal.names.open_all({each.pupil: each.sealed for each in pupils if each.sealed})
    return [_as_known(each, texts.get(each.pupil)) for each in pupils]


def _as_known(pupil: Pupil, text: str | None) -> KnownPupil:
    known = (pupil.pupil, pupil.class_, pupil.number)
    if text is None:
        return KnownPupil(*known, None, left=pupil.left)
    name, external = rosters.called(text)
    return KnownPupil(*known, name, external, pupil.left)


def _sealed(journal: Journal, changes: Iterable[roster_plan.Change]) -> list[Record]:
    texts = {each.record.pupil: Called(each.name, each.external).text() for each in changes if each.name}
    sealed = journal.names.seal_all(texts)
    return [change.sealed(sealed.get(change.record.pupil, "")) for change in changes]


def _planned(journal: Journal, school: str) -> list[Lesson]:
    with source(journal) as facts:
        timetable = facts.timetable(school)
    lessons = []
    for lesson, planned in timetable.items():
        if not planned.cancelled:
            plan, day = planned.plan, lesson_parts(lesson)[1]
            about = (plan.subject, plan.minutes, plan.teacher, plan.hub, plan.model, plan.topic, plan.room)
            lessons.append(Lesson(plan.class_, day, plan.starts, *about))
    return lessons
