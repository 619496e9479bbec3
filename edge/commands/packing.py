"""`tirek pack`: what goes between a hub and a school on a stick."""

import argparse
from pathlib import Path
from typing import Literal

from edge.commands.place import CommandRefused, as_who_types, checked_school, opened, settings, who
from edge.commands.screen import printable
from edge.config import Config
from edge.content.chunks import FOLDER, ChunkStore
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from edge.media.record.store import Store
from edge.packs import goods, taking
from edge.packs.making import Goods, Made, Stick, make_down, make_up
from edge.packs.manifest import NotForUs, PackRefused
from edge.packs.stick import Pack, halves_in, packs_in
from sync.errors import JournalError
from sync.records import Audited

MEGABYTE = 1_000_000

Outcome = Literal["taken", "left", "refused"]


def make(parsed: argparse.Namespace) -> int:
    """Write a pack into a folder."""
    config, place = settings(parsed), parsed.folder.absolute()
    school = checked_school(parsed.school) if parsed.school else ""
    with opened(parsed) as journal:
        try:
            made = _made(journal, config, parsed, Stick(place, as_who_types))
        except (PackRefused, JournalError) as exc:
            raise CommandRefused(f"no pack was made: {exc}") from exc
        except OSError as exc:
            raise CommandRefused(f"no pack was made: {exc.filename or place}: {exc.strerror}") from exc
        what = f"for {school}" if school else f"for the hub of {journal.school}"
        journal.ledger.note("log", "", Audited(who(), "packed", f"{what}: {made.folder.name}")).result()
    print(f"{made.folder}: {what}, {made.files} files of lessons and materials, {_megabytes(made.size)} MB")
    print("wait until the stick may be taken out: umount it, or let the desktop do so")
    return 0


def take(parsed: argparse.Namespace) -> int:
    """Take every pack of a folder that is for this node; 1 if one was refused, or none is for this node."""
    config, place = settings(parsed), parsed.folder.absolute()
    with opened(parsed) as journal:
        try:
            folders, halves = packs_in(place, as_who_types), halves_in(place, as_who_types)
        except OSError as exc:
            raise CommandRefused(f"{place}: {exc.strerror}") from exc
        for half in halves:
            print(f"{printable(half)}: was never finished, and is left")
        if not folders:
            raise CommandRefused(f"{place}: there is no pack in it")
        taken = [_take_one(journal, config, folder) for folder in folders]
    return 0 if "taken" in taken and "refused" not in taken else 1


def _made(journal: Journal, config: Config, parsed: argparse.Namespace, stick: Stick) -> Made:
    if not parsed.school:
        return make_up(journal, parsed.whole, stick)
    along: Goods = goods.recordings_of(_store(config), parsed.days)
    if not parsed.no_materials:
        along += goods.materials_of(journal, _materials(config))
    return make_down(journal, parsed.school, along, stick)


def _take_one(journal: Journal, config: Config, folder: Path) -> Outcome:
    name, state = printable(folder.name), Path(config.state)
    try:
        pack = Pack(folder, as_who_types)
        staged = taking.stage(pack, journal, state, config.limits.disk_reserve << 20)
        try:
            taken = taking.apply(staged, journal)
            lessons, wrong = goods.take_recordings(_store(config), staged.folder)
            materials, bad = goods.take_materials(pack, staged, journal, _materials(config))
        finally:
            taking.clear(state)
    except NotForUs as exc:
        print(f"{name}: left: {exc}")
        return "left"
    except (PackRefused, JournalError) as exc:
        taking.clear(state)
        print(f"{name}: nothing was taken: {exc}")
        return "refused"
    except OSError as exc:
        taking.clear(state)
        print(f"{name}: cannot be taken: {exc.filename or state}: {exc.strerror}; take it again")
        return "refused"
    did = f"{taken.brought.facts} facts, {len(lessons)} lessons, {len(materials)} materials"
    journal.ledger.note("log", "", Audited(who(), "took a pack", f"{name}: {did}")).result()
    print(f"{name}: {did}" + ("" if did[0] != "0" or lessons or materials else " (it was taken before)"))
    for line in (*wrong, *bad, *_not_taken(taken)):
        print(f"  {printable(line)}")
    return "taken"


def _not_taken(taken: taking.Taken) -> list[str]:
    lines = [f"its maker may not write {stream}" for stream in taken.brought.refused]
    if taken.brought.lacking:
        lines.append("facts before those of this pack are missing here: make one with --whole")
    return lines


def _store(config: Config) -> Store:
    return Store(Path(config.state), reserve=config.limits.disk_reserve << 20)


def _materials(config: Config) -> ChunkStore:
    return ChunkStore(Place(Path(config.state) / FOLDER, Disk(), config.limits.disk_reserve << 20))


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f}"
