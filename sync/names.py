"""Names of children: each sealed with a key of its own, and the keys in a file that can forget.

A journal keeps everything for ever, so it holds a name only sealed; to forget a child is to destroy the key,
here and wherever it was handed down to. The file is made for that:

- a key lies in a row of fixed size that is overwritten in place, never deleted: nothing depends on where
  SQLite moves rows when pages merge (`secure_delete` clears what does move);
- a rollback journal, not WAL: the old page stands in a second file for one transaction, not for weeks;
- `synchronous=EXTRA`: with less, a power cut can bring a deleted rollback journal back, and with it the key;
  and a key is on disk before the name that it seals.

Beside it may lie a backup (the same kind of file, filled at night) and damaged files that were set aside. To
forget reaches them first: the backup forgets too, and a file in which nobody can forget is destroyed.

What a disk keeps of blocks that a file gave back is beyond a file: disks with names are to be encrypted.
"""

import json
import os
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync import durable
from sync.errors import BadRequest, DiskFull, JournalBroken, JournalClosed, JournalError
from sync.soundness import is_damage

KEY_BYTES = 16
NONCE_BYTES = 12  # random: a key seals a handful of texts, collisions begin at 2**32
BLOCK = 64  # bytes a name is filled up to: the length of one says who it is in a class of seven
PATIENCE = 10  # seconds that one process waits for another: an import of a school takes less than one
VERSION = 1
ASIDE = "broken-"  # folders beside the file, for damaged ones

SCHEMA = """
CREATE TABLE keys(n INTEGER PRIMARY KEY, pupil TEXT NOT NULL UNIQUE, key BLOB NOT NULL) STRICT;
CREATE TABLE forgotten(pupil TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


class Forgotten(JournalError):
    """A name was to be sealed for a pupil who has been forgotten."""

    def __init__(self, pupil: str) -> None:
        super().__init__(f"pupil {pupil} has been forgotten; the same child needs a new pseudonym")
        self.pupil = pupil


class Names:
    """The keys of one node, safe to use from several threads and processes."""

    def __init__(self, path: Path, backup: Path | None = None) -> None:
        self._path = path
        self._backup = backup
        self._lock = Lock()
        self._is_closed = False
        with self._in_our_words():
            durable.create(path, b"", 0o600)  # first, so that nobody else may read it for an instant
            self._base = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            for pragma in ("journal_mode = DELETE", "secure_delete = ON", "synchronous = EXTRA"):
                self._base.execute(f"PRAGMA {pragma}").fetchall()
        with self._transaction():
            self._be_current()

    def close(self) -> None:
        """Let go of the file, once nobody is in the middle of using it."""
        with self._lock:
            self._is_closed = True
            self._base.close()

    def seal(self, pupil: str, name: str) -> str:
        """Return a pupil's name as only who has the key can read it; raise Forgotten."""
        return self.seal_all({pupil: name})[pupil]

    def seal_all(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return the names of pupils, each sealed, with one wait for the disk; raise Forgotten."""
        with self._transaction():
            gone = self._pupils("SELECT pupil FROM forgotten WHERE pupil IN", names)
            if gone:
                raise Forgotten(gone[0])
            lacking = set(names) - set(self._keys(names))
            self._keep({pupil: os.urandom(KEY_BYTES) for pupil in sorted(lacking)})
            keys = self._keys(names)
        return {pupil: _sealed(pupil, name, keys[pupil]) for pupil, name in names.items()}

    def open(self, pupil: str, sealed: str) -> str | None:
        """Return a pupil's name; None if she is forgotten, her key is not here, or the text is not hers."""
        return self.open_all({pupil: sealed}).get(pupil)

    def open_all(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """Return the names of the pupils that can be read."""
        with self._lock, self._in_our_words():
            keys = self._keys(sealed)
        names = {pupil: _opened(pupil, text, keys.get(pupil)) for pupil, text in sealed.items()}
        return {pupil: name for pupil, name in names.items() if name is not None}

    def keys_of(self, pupils: Iterable[str]) -> dict[str, str]:
        """Return the keys of pupils as they are handed down, base64url; nothing for those without."""
        with self._lock, self._in_our_words():
            return {pupil: _as_text(key) for pupil, key in self._keys(pupils).items()}

    def learn(self, keys: Mapping[str, str]) -> None:
        """Keep what the parent handed down, except for whom was forgotten here; raise BadRequest."""
        raw = {pupil: _as_key(pupil, text) for pupil, text in keys.items()}
        with self._transaction():
            gone = self._pupils("SELECT pupil FROM forgotten WHERE pupil IN", raw)
            self._keep({pupil: key for pupil, key in raw.items() if pupil not in gone})

    def missing(self, pupils: Iterable[str]) -> list[str]:
        """Return those who have no key here and were not forgotten: to be asked of the parent."""
        asked = list(dict.fromkeys(pupils))
        with self._lock, self._in_our_words():
            gone = self._pupils("SELECT pupil FROM forgotten WHERE pupil IN", asked)
            known = {*self._keys(asked), *gone}
        return [pupil for pupil in asked if pupil not in known]

    def forget(self, pupil: str, since: str) -> None:
        """Destroy a pupil's key for good, in the backup too, and never learn it again."""
        with self._in_our_words():
            self._forget_beside(pupil, since)
        with self._transaction():
            self._base.execute("UPDATE keys SET key = zeroblob(?) WHERE pupil = ?", (KEY_BYTES, pupil))
            self._base.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (pupil, since))

    def forgotten(self) -> dict[str, str]:
        """Return who was forgotten, and since when."""
        with self._lock, self._in_our_words():
            return dict(self._base.execute("SELECT pupil, since FROM forgotten ORDER BY since, pupil"))

    def back_up(self) -> None:
        """Bring the backup up to date: it knows and has forgotten whom this file does."""
        if self._backup is None:
            return
        with self._lock, self._in_our_words():
            keys = dict(
                self._base.execute("SELECT pupil, key FROM keys WHERE key != zeroblob(?)", (KEY_BYTES,))
            )
            self._backup.parent.mkdir(mode=0o700, exist_ok=True)
        gone = self.forgotten()
        with closing(Names(self._backup)) as backup:
            backup.learn({pupil: _as_text(key) for pupil, key in keys.items() if pupil not in gone})
            for pupil in gone.keys() - backup.forgotten().keys():
                backup.forget(pupil, gone[pupil])

    def _forget_beside(self, pupil: str, since: str) -> None:
        for damaged in self._path.parent.glob(f"{ASIDE}*/{self._path.name}*"):
            durable.destroy(damaged)
        if self._backup is None or not self._backup.exists():
            return
        try:
            with closing(Names(self._backup)) as backup:
                backup.forget(pupil, since)
        except JournalBroken as exc:
            if not is_damage(exc.__cause__):
                raise  # a disk that cannot be written now: who asks for it asks again
            durable.destroy(self._backup)

    def _be_current(self) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise JournalBroken(f"{self._path} was written by a newer version ({version} > {VERSION})")
        if version == 0:
            for statement in SCHEMA.split(";"):  # executescript would commit
                self._base.execute(statement)

    def _keys(self, pupils: Iterable[str]) -> dict[str, bytes]:
        rows = self._base.execute(
            "SELECT pupil, key FROM keys WHERE pupil IN (SELECT value FROM json_each(?)) "
            "AND pupil NOT IN (SELECT pupil FROM forgotten)",
            (json.dumps(list(pupils)),),
        )
        return dict(rows)

    def _pupils(self, select: str, pupils: Iterable[str]) -> list[str]:
        rows = self._base.execute(
            f"{select} (SELECT value FROM json_each(?)) ORDER BY 1", (json.dumps(list(pupils)),)
        )
        return [pupil for (pupil,) in rows]

    def _keep(self, keys: Mapping[str, bytes]) -> None:
        self._base.executemany(
            "INSERT INTO keys(pupil, key) VALUES (?, ?) ON CONFLICT(pupil) DO UPDATE SET key = excluded.key",
            keys.items(),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._in_our_words():
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            finally:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        if self._is_closed:  # a thread that was begun before the node's end may come this late
            raise JournalClosed(f"{self._path} is closed")
        try:
            yield
        except sqlite3.Error as exc:
            if exc.sqlite_errorname == "SQLITE_FULL":
                raise DiskFull(f"no room for the keys of names in {self._path}") from exc
            raise JournalBroken(f"keys of names in {self._path}: {exc}") from exc
        except OSError as exc:
            raise JournalBroken(f"keys of names in {self._path}: {exc.strerror}") from exc


def _sealed(pupil: str, name: str, key: bytes) -> str:
    text = name.encode()
    filled = text + bytes(-len(text) % BLOCK)
    nonce = os.urandom(NONCE_BYTES)
    return _as_text(nonce + AESGCM(key).encrypt(nonce, filled, pupil.encode()))


def _opened(pupil: str, sealed: str, key: bytes | None) -> str | None:
    try:
        raw = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        if key is None or len(raw) < NONCE_BYTES:
            return None
        filled = AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], pupil.encode())
        return filled.rstrip(b"\0").decode()
    except (ValueError, InvalidTag):
        return None


def _as_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _as_key(pupil: str, text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as exc:
        raise BadRequest(f"the key of pupil {pupil[:40]} is not base64") from exc
    if len(key) != KEY_BYTES:
        raise BadRequest(f"the key of pupil {pupil[:40]} has {len(key)} bytes, not {KEY_BYTES}")
    return key
