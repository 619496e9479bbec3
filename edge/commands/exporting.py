"""`tirek export` and `tirek snapshot`: what hub staff pull from the journal."""

import argparse
import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

from edge.commands.outside import Draft
from edge.commands.place import CommandRefused, opened, who
from edge.commands.screen import progress
from edge.exports import selection, source
from edge.journal import Journal
from sync import rosters
from sync.export.files import Order, export
from sync.export.rows import Named
from sync.export.snapshot import snapshot as write_snapshot
from sync.records import Audited


def export_table(parsed: argparse.Namespace) -> int:
    """Write one table; the cursor for the next time goes to standard error."""
    if parsed.names and parsed.what != "attendance":
        raise CommandRefused(f"{parsed.what} has no names: --names is for attendance")
    if parsed.pupils and parsed.what != "checks":
        raise CommandRefused(f"{parsed.what} has no answers of pupils: --pupils is for checks")
    with Output(parsed.out) as out:
        with opened(parsed) as journal, ExitStack() as stack:
            newest = journal.ledger.newest()
            chosen = selection(parsed.after, parsed.school, parsed.first, parsed.last, newest)
            named = _named(journal) if parsed.names else {}
            order = Order(parsed.what, parsed.format, chosen, parsed.lang or "", named, parsed.pupils)
            order.check()
            facts = stack.enter_context(source(journal))
            facts.check(chosen.after)
            # First: who stops reading in the middle has seen the rest.
            audit = Audited(who(), "exported", _what(parsed, chosen.after))
            journal.ledger.note("log", "", audit).result()
            cursor = export(facts, order, out.file, journal.folder, progress(f"exporting {parsed.what}"))
        out.keep()
    print(f"cursor {cursor}", file=sys.stderr)
    return 0


def snapshot(parsed: argparse.Namespace) -> int:
    """Write all tables into a new SQLite file, to look around in."""
    if parsed.file.exists():
        raise CommandRefused(f"{parsed.file} exists already")
    with Output(parsed.file) as out:
        with opened(parsed) as journal, source(journal) as facts:
            journal.ledger.note("log", "", Audited(who(), "exported", "snapshot")).result()
            write_snapshot(facts, out.file, journal.folder, progress("writing"))
        out.keep()
    print(f"{parsed.file}: written")
    return 0


def _what(parsed: argparse.Namespace, after: int) -> str:
    with_pupils = " with answers of pupils" if parsed.pupils else ""
    return f"{parsed.what}{with_pupils} after {after}"


def _named(journal: Journal) -> Named:
    named: dict[tuple[str, str, int], str] = {}
    for school in journal.ledger.read(rosters.schools):
        pupils = journal.ledger.read(partial(rosters.pupils, school=school)).values()
        names = journal.names.open_all({each.pupil: each.sealed for each in pupils if each.sealed})
        known = sorted((each for each in pupils if each.pupil in names), key=lambda each: not each.left)
        named |= {
            (school, each.class_, each.number): rosters.called(names[each.pupil]).name for each in known
        }
    return named


class Output:
    """Standard output, or a file that appears only when it is whole and on the disk."""

    def __init__(self, path: Path | None, terminal: bool = False) -> None:
        """`terminal`: what comes is to be read on one, too."""
        self._path = path
        self._terminal = terminal
        self._draft: Draft | None = None
        self.file: BinaryIO = sys.stdout.buffer

    def __enter__(self) -> "Output":
        if self._path is not None:
            try:
                self._draft = Draft(self._path)
            except OSError as exc:
                raise CommandRefused(f"{self._path} cannot be written: {exc.strerror}") from exc
            self.file = self._draft.file
        elif self.file.isatty() and not self._terminal:
            raise CommandRefused("this would fill the terminal: add --out FILE, or send it on with > or |")
        return self

    def keep(self) -> None:
        """The export is whole."""
        if self._draft is None:
            self.file.flush()
        else:
            self._draft.keep()

    def __exit__(self, _: object, failure: BaseException | None, *__: object) -> None:
        if self._draft is not None:
            self._draft.drop()
        if isinstance(failure, OSError):
            if self._path is None:  # or the interpreter tries again, at its end, to write what it still has
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
            where = self._path or "standard output"
            raise CommandRefused(f"{where} cannot be written: {failure.strerror}") from failure
