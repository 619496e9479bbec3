"""Makes a pack: the journal's part of it, the keys of names, and whatever files go along."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from shutil import disk_usage
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from edge.journal import Journal
from edge.packs.manifest import FORMAT, JOURNAL, KEYS, Manifest, PackRefused, Signed, signed_text
from edge.packs.stick import PIECE, Draft, Outside
from sync import packs, rosters, sealing

PURPOSE = "names of a pack"  # of what is sealed in it
SPARE = 8 << 20  # bytes: journal, keys, and what a file system needs for itself

T = TypeVar("T")
Goods = list[tuple[str, Path]]  # names in the pack, and the files on this disk


class Stick(Struct, frozen=True):
    """Where a pack is written to."""

    place: Path
    outside: Outside


class Made(Struct, frozen=True):
    """A pack that was made."""

    folder: Path
    facts_bytes: int
    files: int
    size: int


def make_down(journal: Journal, school: str, goods: Goods, stick: Stick) -> Made:
    """Write what a school below this node is to have; raise PackRefused, OSError."""
    ledger, me = journal.ledger, journal.identity.node
    nodes = ledger.read(lambda db: packs.recipients(db, school))
    if not nodes:
        raise PackRefused(
            f"no computer of school {school} has joined this node; `tirek nodes list` shows who has"
        )
    messages = _read(journal, lambda db: list(packs.down(db, me, [each.node for each in nodes])))
    pupils = ledger.read(lambda db: rosters.pupils(db, school))
    keys = journal.names.keys_of(id_ for id_, each in pupils.items() if not each.forgotten)
    plain = msgspec.json.encode(keys)
    sealed = {each.node: sealing.seal(each.certificate, plain, PURPOSE) for each in nodes}
    writing = _Writing(journal, stick, "down", school)
    return writing.run(packs.encode(messages), msgspec.json.encode(sealed), goods)


def make_up(journal: Journal, whole: bool, stick: Stick) -> Made:
    """Write what the node above is not known to have, or all; raise PackRefused, OSError."""
    parent = journal.parent
    if parent is None:
        raise PackRefused(
            "this computer has joined no hub yet; for a school below this node add --for SCHOOL"
        )
    me = journal.identity.node
    messages = _read(journal, lambda db: list(packs.up(db, me, whole)))
    return _Writing(journal, stick, "up", parent.school).run(packs.encode(messages), None, [])


class _Writing:
    """One pack on its way to the stick."""

    def __init__(self, journal: Journal, stick: Stick, direction: Literal["down", "up"], school: str) -> None:
        self._journal = journal
        self._stick = stick
        self._direction: Literal["down", "up"] = direction
        self._school = school

    def run(self, wire: Iterable[bytes], keys: bytes | None, goods: Goods) -> Made:
        """Write it whole, or leave nothing."""
        self._check_room(sum(path.stat().st_size for _, path in goods))
        made = self._journal.ledger.now()
        stamp = datetime.fromtimestamp(made / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
        way = "to" if self._direction == "down" else "from"
        draft = Draft(
            self._stick.place, f"tirek-{way}-{self._school}-{stamp}-{token_hex(4)}", self._stick.outside
        )
        try:
            files = [draft.put(JOURNAL, wire)]
            if keys is not None:
                files.append(draft.put(KEYS, [keys]))
            files += [draft.put(name, _pieces(path)) for name, path in goods]
            me = self._journal.identity
            manifest = Manifest(FORMAT, self._direction, me.node, self._school, made, tuple(files)).text()
            folder = draft.finish(Signed(manifest, me.sign(signed_text(manifest))))
        except BaseException:
            draft.discard()
            raise
        return Made(folder, files[0].size, len(goods), sum(each.size for each in files))

    def _check_room(self, needed: int) -> None:
        with self._stick.outside():
            free = disk_usage(self._stick.place).free
        if free < needed + SPARE:
            lacking = (needed + SPARE - free + 999_999) // 1_000_000
            raise PackRefused(f"there is no room on {self._stick.place}: {lacking} MB are missing")


def _read(journal: Journal, query: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
    """Read for long on a connection of its own, and one state of the journal."""
    db = journal.ledger.reader()
    try:
        db.execute("BEGIN")
        return query(db)
    finally:
        db.close()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
