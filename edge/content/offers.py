"""What is offered to this node and by those below it: the facts of the class `library`, as shelves."""

from sqlite3 import Connection
from threading import Lock

from msgspec import Struct

from edge.journal import Journal
from sync.catalogue import Catalogue, Offer, Said, Shelf
from sync.records import ContentHeld, Unreadable, decode

GROWN = "SELECT coalesce(sum(head), 0) FROM stream WHERE class = 'library'"
# Of what those below say nothing is for those below: it is looked at when somebody asks.
# By its streams, which are few: by `at` all facts of all years would be read at each start.
ABOVE = """SELECT event.at, stream.node, event.kind, event.body FROM stream
  CROSS JOIN event ON event.stream = stream.id WHERE stream.class = 'library' AND +event.at > ?1
  AND (stream.node = ?2 OR stream.node NOT IN (SELECT id FROM node)) ORDER BY event.at"""
BELOW = """SELECT stream.node, event.kind, event.body FROM stream
  JOIN event ON event.stream = stream.id WHERE stream.class = 'library' AND stream.node != ?1
  AND stream.node IN (SELECT id FROM node) ORDER BY event.at"""
# The second condition is that of the index.
HELD = """SELECT stream.node, event.hlc, event.kind, event.body FROM event
  JOIN stream ON stream.id = event.stream WHERE event.kind = 'content-held'
  AND event.kind NOT IN ('register-taken', 'audited', 'lesson-held') AND ?1 IN ('', stream.node)
  ORDER BY event.hlc"""

New = tuple[int, list[tuple[int, str, str, str]]]


class Holding(Struct, frozen=True):
    """What a node last said about an item."""

    node: str
    hlc: int
    fact: ContentHeld


class Offers:
    """Hears the library's facts of one journal; each call looks what is new, and blocks for that."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._me = journal.identity.node
        self._here = Catalogue()  # what this node and those above it say
        self._newest = 0  # arrival number of the last fact that was heard
        self._shelf = Shelf()
        self._turn = Lock()
        self.grown = -1  # how many facts there are

    def shelf(self) -> Shelf:
        """Return what is offered to this node."""
        with self._turn:
            self._hear()
            return self._shelf

    def own(self) -> dict[str, Offer]:
        """Return what this node offers itself, by id."""
        return {ident: each for ident, each in self.shelf().offers.items() if each.publisher == self._me}

    def below(self) -> dict[str, Shelf]:
        """Return what each publisher below this node offers to those below itself; takes a while."""
        rows = self._journal.ledger.read(lambda db: db.execute(BELOW, (self._me,)).fetchall())
        heard: dict[str, Catalogue] = {}
        for row in rows:
            said = Said(*row)
            heard.setdefault(said.writer, Catalogue()).hear(said)
        return {publisher: each.shelf() for publisher, each in heard.items()}

    def refused(self) -> dict[str, int]:
        """Return how many statements were not believed, by the reason."""
        with self._turn:
            self._hear()
            return dict(self._here.refused)

    def key_of(self, publisher: str) -> str:
        """Return the key by which a publisher is known here, "" if it has said nothing."""
        with self._turn:
            self._hear()
            return self._here.keys.get(publisher, "")

    def version_of(self, publisher: str) -> int:
        """Return the highest version of what a publisher has said, 0 for nothing."""
        with self._turn:
            self._hear()
            return self._here.version_of(publisher)

    def holdings(self, of: str = "") -> list[Holding]:
        """Return the newest word of each node, those below included, or of one, about each item."""
        newest: dict[tuple[str, str], Holding] = {}
        rows = self._journal.ledger.read(lambda db: db.execute(HELD, (of,)).fetchall())
        for node, hlc, kind, body in rows:
            try:
                fact = decode(kind, body)
            except Unreadable:
                continue
            if isinstance(fact, ContentHeld):
                newest[node, fact.item] = Holding(node, hlc, fact)
        return list(newest.values())

    def _hear(self) -> None:
        grown, rows = self._journal.ledger.read(self._new)
        if grown == self.grown:
            return
        for at, writer, kind, body in rows:
            self._here.hear(Said(writer, kind, body))
            self._newest = max(self._newest, at)
        self.grown = grown
        self._shelf = self._here.shelf()

    def _new(self, db: Connection) -> New:
        grown = growth(db)
        if grown == self.grown:
            return grown, []
        return grown, db.execute(ABOVE, (self._newest, self._me)).fetchall()


def growth(db: Connection) -> int:
    """Return how many facts of libraries a journal has."""
    return int(db.execute(GROWN).fetchone()[0])
