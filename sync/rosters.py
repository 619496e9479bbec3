"""The roster of a school as its facts tell it: who is in which class, under which number."""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct, structs

from sync.records import PupilForgotten, RosterChanged, Unreadable, decode

QUERY = """SELECT event.hlc, event.kind, event.body FROM event JOIN stream ON stream.id = event.stream
  WHERE event.kind IN ('roster-changed', 'pupil-forgotten') AND stream.class = 'roster' AND stream.school = ?
  ORDER BY event.hlc, stream.node"""


class Pupil(Struct, frozen=True):
    """One pupil of a class."""

    pupil: str
    class_: str
    number: int
    sealed: str  # the name; sync/names.py opens it
    left: str = ""
    forgotten: bool = False


class Called(NamedTuple):
    """What is sealed of a pupil: both go when she is forgotten."""

    name: str
    external: str = ""  # what another system calls her

    def text(self) -> str:
        """Return it as one text to seal."""
        return f"{self.name}\t{self.external}" if self.external else self.name


def called(text: str) -> Called:
    """Return what a sealed text says."""
    name, _, external = text.partition("\t")
    return Called(name, external)


def pupils(db: sqlite3.Connection, school: str) -> dict[str, Pupil]:
    """Return every pupil of a school, also those who left: the newest fact about each."""
    found: dict[str, Pupil] = {}
    gone: set[str] = set()
    for fact in _facts(db, school):
        if isinstance(fact, RosterChanged):
            found[fact.pupil] = Pupil(fact.pupil, fact.class_, fact.number, fact.name, fact.left)
        else:
            gone.add(fact.pupil)
    return {id_: _forgotten(pupil) if id_ in gone else pupil for id_, pupil in found.items()}


def numbers(db: sqlite3.Connection, school: str) -> dict[str, set[int]]:
    """Return the numbers that any pupil ever had, by class."""
    ever: dict[str, set[int]] = {}
    for fact in _facts(db, school):
        if isinstance(fact, RosterChanged):
            ever.setdefault(fact.class_, set()).add(fact.number)
    return ever


def schools(db: sqlite3.Connection) -> list[str]:
    """Return the schools whose rosters are here."""
    return [school for (school,) in db.execute("SELECT DISTINCT school FROM stream WHERE class = 'roster'")]


def _forgotten(pupil: Pupil) -> Pupil:
    return structs.replace(pupil, sealed="", forgotten=True)


def _facts(db: sqlite3.Connection, school: str) -> Iterator[RosterChanged | PupilForgotten]:
    for _, kind, body in db.execute(QUERY, (school,)):
        try:
            fact = decode(kind, body)
        except Unreadable:
            continue
        if isinstance(fact, RosterChanged | PupilForgotten):
            yield fact
