"""Signs what this node offers. The key is made once and stays: a node with another one is not believed.

It lies in the journal's folder, so that it is backed up together with what it signed. When it is replaced the
new one is kept beside it until the journal says that it is the one, whatever fails in between.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from sqlite3 import Connection

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.content.offers import Offers, growth
from edge.errors import TirekError
from edge.journal import Journal
from sync import catalogue, durable, tables
from sync.catalogue import Item
from sync.ledger import computer
from sync.records import Record
from sync.tables import Entry, Here

KEY_FILE = "publisher.pem"
NEXT_FILE = "publisher.next.pem"
SECRET = 0o600
BACKUP = "put the newest backup of it back; what another key signs nobody believes"
TRIES = 8  # others may publish at the same computer, or the exchange brings something, at the same moment

Signing = Callable[[str, int], Record]  # publisher and version → a signed fact


class KeyLost(TirekError):
    """This node cannot sign as the publisher that others know."""


class Publisher:
    """Writes signed facts into a journal; all calls block."""

    def __init__(self, journal: Journal, offers: Offers) -> None:
        self._journal = journal
        self._offers = offers
        self._me = journal.identity.node
        self._path = journal.folder / KEY_FILE
        self._next = journal.folder / NEXT_FILE

    def offer(self, items: Iterable[Item], *more: Entry) -> None:
        """Offer items, and note more, all or nothing; raise NotAnItem, KeyLost, JournalError."""
        key = self.key()
        self._publish([partial(_offer, key, item) for item in items], more)

    def withdraw(self, idents: Iterable[str], *more: Entry) -> None:
        """Offer these no more; raise KeyLost, JournalError."""
        key = self.key()
        self._publish([partial(_withdraw, key, ident) for ident in idents], more)

    def replace_key(self, *more: Entry) -> str:
        """Sign with another key from now on, what is offered too; return it; raise KeyLost, JournalError."""
        old = self.key()
        durable.save(self._next, _pem(Ed25519PrivateKey.generate()), SECRET)
        new = _load(self._next)
        successor = catalogue.public(new)
        again = [partial(_offer, new, each.item) for each in self._offers.own().values()]
        self._publish([partial(_replace, old, successor), *again], more)
        self._settle()
        return successor

    def key(self) -> Ed25519PrivateKey:
        """Return the key of this publisher, made when it publishes for the first time; raise KeyLost."""
        self._settle()
        known = self._offers.key_of(self._me)
        if not self._path.exists() and not known:
            durable.create(self._path, _pem(Ed25519PrivateKey.generate()), SECRET)
        key = _load(self._path)
        if known and known != catalogue.public(key):
            raise KeyLost(f"{self._path} is not the key that others know this node by: {BACKUP}")
        return key

    def _settle(self) -> None:
        """Take the new key for the key once the journal says so."""
        if self._next.exists():
            coming = _load(self._next)
            if self._offers.key_of(self._me) == catalogue.public(coming):
                durable.save(self._path, _pem(coming), SECRET)
                self._next.unlink()

    def _publish(self, facts: list[Signing], more: tuple[Entry, ...]) -> None:
        """Write signed facts, each with a version above all that this node ever gave."""
        for _ in range(TRIES):
            version = self._offers.version_of(self._me)
            write = partial(self._write, facts, more, version)
            if self._journal.ledger.write(write, facts=len(facts) + len(more)).result():
                return
        raise KeyLost("others publish here all the time: try again")

    def _write(self, facts: list[Signing], more: tuple[Entry, ...], last: int, db: Connection) -> bool:
        if growth(db) != self._offers.grown:
            return False
        moment = computer()
        # The clock too: a journal that was put back from a backup does not know its last versions.
        version = max(last, Here(db).clock.now(moment))
        signed = [sign(self._me, version + number) for number, sign in enumerate(facts, 1)]
        tables.append(db, self._me, [*(Entry("library", "", each) for each in signed), *more], moment)
        return True


def _offer(key: Ed25519PrivateKey, item: Item, me: str, version: int) -> Record:
    return catalogue.offered(key, me, version, item)


def _withdraw(key: Ed25519PrivateKey, ident: str, me: str, version: int) -> Record:
    return catalogue.withdrawn(key, me, version, ident)


def _replace(key: Ed25519PrivateKey, successor: str, me: str, version: int) -> Record:
    return catalogue.replaced(key, me, version, successor)


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as exc:
        raise KeyLost(f"{path} cannot be read: {exc.strerror}; {BACKUP}") from exc
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise KeyLost(f"{path} is no key: {exc}; {BACKUP}") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyLost(f"{path} is no Ed25519 key; {BACKUP}")
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
