"""Who belongs to the tree below this node: a table kept in step with the facts that say so."""

import sqlite3
from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from sync.clock import Moment
from sync.membership import Census, Member, Members
from sync.records import Audited, Fact, NodeEnrolled, NodeRevoked
from sync.tables import Entry, append

KINDS = ("node-enrolled", "node-revoked")
SAID = """SELECT event.at, event.hlc, event.kind, event.body FROM event
  JOIN stream ON stream.id = event.stream
  WHERE event.kind IN ('node-enrolled', 'node-revoked') AND stream.class = 'control' AND stream.node = ?
  ORDER BY event.hlc, event.seq"""

# Whose registers this node takes, and whose children it has entered, is its own until it lets somebody of
# that school in itself: the names go to whom a person invited here, not to who claims the school first.
OWN = """SELECT stream.school, min(CASE class WHEN 'register' THEN 0 ELSE event.at END)
  FROM stream JOIN event ON event.stream = stream.id AND event.seq = 1
  WHERE stream.node = ?1 AND class IN ('register', 'roster') AND stream.school != ''
  AND (class = 'register' OR stream.school NOT IN (SELECT school FROM node WHERE via = ?1))
  GROUP BY stream.school"""


def is_enrolled(db: sqlite3.Connection, fingerprint: str) -> bool:
    """Tell whether the owner of a certificate may dial this node."""
    query = "SELECT 1 FROM node WHERE fingerprint = ? AND certificate != '' AND revoked = 0"
    return db.execute(query, (fingerprint,)).fetchone() is not None


def name_of(db: sqlite3.Connection, node: str) -> str:
    """Return what a node is called, "" if it is not known or has no name."""
    found = db.execute("SELECT name FROM node WHERE id = ?", (node,)).fetchone()
    return str(found[0]) if found else ""


def admit(db: sqlite3.Connection, me: str, node: NodeEnrolled, certificate: str, moment: Moment) -> None:
    """Let a node in below this one."""
    append(db, me, [Entry("control", "", node)], moment)
    query = """INSERT INTO node (id, school, name, fingerprint, certificate, via, enrols)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET school = ?2, name = ?3,
      certificate = ?5, via = ?6, enrols = ?7, revoked = 0"""
    row = (node.node, node.school, node.name, node.fingerprint, certificate, me, node.enrols)
    db.execute(query, row)
    recount(db, me)


def revoke(db: sqlite3.Connection, me: str, fact: NodeRevoked, audit: Audited, moment: Moment) -> bool:
    """Let a node in no more; false if it is none of those that dial this one."""
    query = "UPDATE node SET revoked = 1 WHERE id = ? AND via = ? AND revoked = 0"
    if not db.execute(query, (fact.node, me)).rowcount:
        return False
    append(db, me, [Entry("control", "", fact), Entry("log", "", audit)], moment)
    recount(db, me)
    return True


def certificates(db: sqlite3.Connection) -> list[str]:
    """Return the certificates (PEM) of all nodes that may dial this one."""
    return [
        pem for (pem,) in db.execute("SELECT certificate FROM node WHERE certificate != '' AND NOT revoked")
    ]


class Standing(Struct, frozen=True, array_like=True):
    """How one node of the tree stands; times are milliseconds of this node's clock."""

    node: str
    school: str
    name: str
    dials_us: bool
    revoked: bool
    heard: int  # 0: never
    even: int  # when it last had nothing left to bring; 0: never
    waiting: int  # facts that it had not brought when last heard
    ahead: int  # by how much its clock was
    newest: int  # the hybrid time of its newest fact here; 0: none
    trouble: str = ""  # why it kept nothing when last heard


def standings(db: sqlite3.Connection) -> list[Standing]:
    """Return every node of the tree below this one, by school."""
    newest = """(SELECT max(event.hlc) FROM stream JOIN event ON event.stream = stream.id
      AND event.seq = stream.head WHERE stream.node = node.id)"""
    query = f"""SELECT node.id, school, name, certificate != '', revoked, coalesce(heard, 0),
      coalesce(even, 0), coalesce(waiting, 0), coalesce(ahead, 0), coalesce({newest}, 0),
      coalesce(trouble, '') FROM node LEFT JOIN contact ON contact.node = node.id
      ORDER BY school, name, node.id"""
    return [msgspec.convert(row, Standing, strict=False) for row in db.execute(query)]


def members(db: sqlite3.Connection, me: str) -> Members:
    """Return the tree below this node."""
    query = "SELECT id, school, name, fingerprint, via, enrols, revoked FROM node WHERE id != ?"
    names = ("id", "school", "name", "fingerprint", "via", "enrols", "revoked")
    rows = (dict(zip(names, row, strict=True)) for row in db.execute(query, (me,)))
    return Members(me, {row["id"]: msgspec.convert(row, Member, strict=False) for row in rows})


def below(db: sqlite3.Connection, me: str) -> set[str]:
    """Return this node and all that belong to the tree below it."""
    return members(db, me).below(me)


def own(db: sqlite3.Connection, me: str) -> dict[str, int]:
    """Return the schools of this very node, and since which arrival they are."""
    return dict(db.execute(OWN, (me,)))


def tells_of_nodes(new: Iterable[Fact]) -> bool:
    """Tell whether the table is to be counted anew after these facts."""
    return any(kind in KINDS for _, kind, _ in new)


def recount(db: sqlite3.Connection, me: str) -> bool:
    """Make the table what the facts say, in whatever order they came; true if it has changed."""
    before = members(db, me).of
    direct = [each for each in before.values() if each.via == me]
    known = Census(me, direct, own(db, me)).count(lambda writer: db.execute(SAID, (writer,)))
    if known == before:
        return False
    db.execute("DELETE FROM node WHERE via != ?", (me,))
    query = """INSERT OR REPLACE INTO node (id, school, name, fingerprint, via, enrols, revoked)
      VALUES (?, ?, ?, ?, ?, ?, ?)"""
    further = (each for each in known.values() if each.via != me)
    db.executemany(query, [structs.astuple(each) for each in further])
    return True
