"""What publishers offer to every node below them, and whom of them a node believes (core).

An offer is a fact of its publisher's stream, and signed besides: it goes through other hands, on the link and
on a stick. The key of a publisher is pinned when it is first heard of; another one counts only if the old one
signed that, and then nothing counts any more that the old one signed. Of what a publisher says of one item
the newest version counts, so neither order nor repetition changes what is on the shelf.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct, field, structs

from sync.prepared import MEDIA_TYPE
from sync.records import (
    KIND_OF,
    ContentOffered,
    ContentWithdrawn,
    KeyReplaced,
    Record,
    Signed,
    Unreadable,
    decode,
)

CHUNK = 1 << 20  # bytes that are checked together; 4 s of a link of 2 Mbit/s
SUM = 32  # bytes of SHA-256
LARGEST = 1 << 38  # bytes of an item: twice the largest ZIM file there is; its sums take 8 MiB
MAX_NAME = 120  # letters: a line of the library
MAX_NAME_BYTES = 240  # of 255 that a file system takes: an item is copied to sticks under its name
MAX_WORD = 60  # letters of a subject, a grade
MAX_LINE = 200  # letters of a title, a topic
MAX_LANG = 12  # letters: kk, ru, en, kk-Cyrl
MAX_TEXT = 4096  # letters of what is signed
MOST_OFFERED = 50_000  # items of one publisher: a country's library five times over
VERSIONS = 1 << 62  # one above the highest
ID = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[0-9a-f]{64}")
DOMAIN = "tirek library 1"  # opens what is signed: a signature made for anything else is none here

FILE = "application/octet-stream"
PAGES = "application/zip+html"  # a ZIP file with an index.html in it
ZIM = "application/x-zim"
CHECKS = MEDIA_TYPE  # a set of prepared quick checks
MEDIA_TYPES = (
    *("video/mp4", "video/webm", "audio/mp4", "audio/mpeg", "audio/ogg", "image/jpeg", "image/png"),
    *("application/pdf", "application/epub+zip", PAGES, "application/zip", ZIM, CHECKS),
    *("text/plain", FILE),
)


class NotAnItem(ValueError):
    """What is said of a thing cannot be so; the sentence says why."""


class Distrusted(ValueError):
    """A statement that changes nothing here; `args` has the reason in one word, then the sentence."""


class Item(Struct, frozen=True, omit_defaults=True):
    """What a publisher says of one thing. Only fields with a default are added."""

    id: str  # see `item_id`
    size: int
    name: str
    media_type: str = FILE  # one of MEDIA_TYPES; of a newer one nothing is known but the bytes
    title: str = ""
    subject: str = ""
    grade: str = ""
    topic: str = ""
    lang: str = ""


class Said(Struct, frozen=True):
    """A fact of the class `library`, and which node wrote the stream that it is in."""

    writer: str
    kind: str
    body: str


class Statement(Struct, frozen=True):
    """What a publisher said and signed."""

    version: int
    text: str
    publisher: str
    key: str
    id: str = ""
    item: Item | None = None  # None: withdrawn, or about a key
    successor: str = ""  # the key that is good from now on

    @property
    def rank(self) -> tuple[int, bool, str, str]:
        """Of two statements about the same thing the higher one counts, whoever heard which first."""
        return self.version, self.item is None, self.text, self.publisher


class Offer(Struct, frozen=True):
    """An item on the shelf, and who offers it."""

    item: Item
    publisher: str
    version: int


class Shelf(Struct, frozen=True):
    """What is offered to this node."""

    offers: dict[str, Offer] = field(default_factory=dict)  # by the item's id
    withdrawn: frozenset[str] = frozenset()  # ids that were offered, and that nobody offers any more

    def items(self) -> list[Item]:
        """Return what is offered, by name."""
        return sorted((each.item for each in self.offers.values()), key=lambda item: (item.name, item.id))

    def named(self, name: str) -> list[Item]:
        """Return all items of this name: there may be several."""
        return [item for item in self.items() if item.name == name]


class _Id(Struct):
    id: str


class _Key(Struct):
    key: str


class Catalogue:
    """Hears what publishers said, in any order; `keys` are the pinned ones of earlier."""

    def __init__(self, keys: Mapping[str, str] | None = None, most: int = MOST_OFFERED) -> None:
        self._most = most
        self._pins = dict(keys or {})
        self._successors: dict[tuple[str, str], str] = {}
        self._newest: dict[tuple[str, str, str], Statement] = {}
        self._counts: Counter[str] = Counter()  # statements of each publisher that are kept
        self.refused: Counter[str] = Counter()  # by the reason

    @property
    def keys(self) -> dict[str, str]:
        """Return the key of each publisher that counts now."""
        return {publisher: self._key_of(publisher) for publisher in self._pins}

    def hear(self, said: Said) -> None:
        """Take one more statement into account."""
        try:
            self._take(read(said))
        except Distrusted as exc:
            self.refused[exc.args[0]] += 1

    def version_of(self, publisher: str) -> int:
        """Return the highest version that a publisher's statements have, 0 for none."""
        return max((each.version for each in self._newest.values() if each.publisher == publisher), default=0)

    def shelf(self) -> Shelf:
        """Return what is offered by whom this node believes."""
        keys = self.keys
        counted = [each for each in self._newest.values() if each.id and each.key == keys[each.publisher]]
        offers: dict[str, Offer] = {}
        for each in sorted(
            counted, key=lambda one: one.rank
        ):  # of two publishers of one thing the newest words stay
            if each.item is not None:
                offers[each.id] = Offer(each.item, each.publisher, each.version)
        return Shelf(offers, frozenset(each.id for each in counted) - offers.keys())

    def _take(self, statement: Statement) -> None:
        publisher, key = statement.publisher, statement.key
        if self._counts[publisher] >= self._most:
            raise Distrusted("many", f"more than {self._most} statements of {publisher}")
        self._pins.setdefault(publisher, key)
        if statement.successor:
            self._successors.setdefault((publisher, key), statement.successor)
        about = (publisher, key, statement.id)
        before = self._newest.get(about)
        if before is None:
            self._counts[publisher] += 1
        elif statement.rank <= before.rank:
            if statement.rank < before.rank:
                raise Distrusted("older", f"version {statement.version} of {statement.id or 'a key'}")
            return
        self._newest[about] = statement
        if not statement.successor and key != self._key_of(publisher):
            raise Distrusted("key", f"{publisher} is known by another key than {key}")

    def _key_of(self, publisher: str) -> str:
        key, passed = self._pins[publisher], set[str]()
        while (successor := self._successors.get((publisher, key))) and key not in passed:
            passed.add(key)
            key = successor
        return key


def fold(facts: Iterable[Said], known_keys: Mapping[str, str]) -> Shelf:
    """Return what is on the shelf after these facts, in whatever order they come."""
    catalogue = Catalogue(known_keys)
    for each in facts:
        catalogue.hear(each)
    return catalogue.shelf()


def read(said: Said) -> Statement:
    """Return what a fact states, its signature checked; raise Distrusted."""
    try:
        fact = decode(said.kind, said.body)
    except Unreadable as exc:
        raise Distrusted("unreadable", str(exc)) from exc
    if not isinstance(fact, ContentOffered | ContentWithdrawn | KeyReplaced):
        raise Distrusted("kind", f"{said.kind} is nothing of a library")
    if fact.publisher != said.writer:
        raise Distrusted("foreign", f"{said.writer} speaks for {fact.publisher}")
    if not 0 < fact.version < VERSIONS or len(fact.text) > MAX_TEXT:
        raise Distrusted("unreadable", f"version {fact.version}, {len(fact.text)} letters")
    if not has_signed(said.kind, fact):
        raise Distrusted("signature", f"{fact.publisher} has not signed version {fact.version}")
    try:
        return _statement(fact)
    except (NotAnItem, msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise Distrusted("item", f"version {fact.version} of {fact.publisher}: {exc}") from exc


def has_signed(kind: str, fact: Signed) -> bool:
    """Tell whether the key that a fact names has signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(fact.key))
        key.verify(bytes.fromhex(fact.signature), signed_text(kind, fact))
    except (ValueError, InvalidSignature):
        return False
    return KEY.fullmatch(fact.key) is not None


def signed_text(kind: str, fact: Signed) -> bytes:
    """Return the bytes that a publisher signs: one line for each field, the text last."""
    lines = (DOMAIN, kind, fact.publisher, fact.key, str(fact.version), fact.text)
    return "\n".join(lines).encode(errors="surrogatepass")


def offered(secret: Ed25519PrivateKey, publisher: str, version: int, item: Item) -> Record:
    """Return a signed offer; raise NotAnItem."""
    check(item)
    return _signed(secret, ContentOffered, (publisher, version), msgspec.json.encode(item).decode())


def withdrawn(secret: Ed25519PrivateKey, publisher: str, version: int, ident: str) -> Record:
    """Return what says that an item is not offered any more."""
    return _signed(secret, ContentWithdrawn, (publisher, version), msgspec.json.encode(_Id(ident)).decode())


def replaced(secret: Ed25519PrivateKey, publisher: str, version: int, successor: str) -> Record:
    """Return what says that another key is good from now on, and nothing that this one signed."""
    return _signed(secret, KeyReplaced, (publisher, version), msgspec.json.encode(_Key(successor)).decode())


def public(secret: Ed25519PrivateKey) -> str:
    """Return the key that everybody may know, 64 hexadecimal digits."""
    return secret.public_key().public_bytes_raw().hex()


def item_id(size: int, sums: bytes) -> str:
    """Return the name of content by its size and the SHA-256 of each of its chunks."""
    return sha256(size.to_bytes(8, "big") + sums).hexdigest()


def chunks_of(size: int) -> int:
    """Return how many chunks so many bytes have."""
    return -(-size // CHUNK)


def chunk_size(size: int, number: int) -> int:
    """Return how many bytes a chunk has: the last one what is left."""
    return min(CHUNK, size - number * CHUNK)


def check(item: Item) -> None:
    """Raise NotAnItem for what no publisher of ours would offer."""
    if ID.fullmatch(item.id) is None:
        raise NotAnItem(f"{item.id[:80]!r} is no id")
    if not 0 < item.size <= LARGEST:
        raise NotAnItem(f"{item.size} bytes: an item has 1 to {LARGEST}")
    check_name(item.name)
    for text, most in ((item.title, MAX_LINE), (item.topic, MAX_LINE), (item.subject, MAX_WORD)):
        _check_line(text, most)
    _check_line(item.grade, MAX_WORD)
    _check_line(item.lang, MAX_LANG)
    if len(item.media_type) > MAX_WORD or not item.media_type.isascii():
        raise NotAnItem(f"{item.media_type[:80]!r} is no media type")


def check_name(name: str) -> None:
    """Raise NotAnItem for a name that leads elsewhere, or that no disk takes."""
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise NotAnItem(f"{name[:80]!r} is no name but a path")
    _check_line(name, MAX_NAME)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise NotAnItem(f"{name[:80]!r}: a name of more than {MAX_NAME_BYTES} bytes")


def _check_line(text: str, most: int) -> None:
    if not text.isprintable() or len(text) > most:
        raise NotAnItem(f"{text[:80]!r}: not a line of at most {most} letters without control characters")


def _statement(fact: ContentOffered | ContentWithdrawn | KeyReplaced) -> Statement:
    made = (fact.version, fact.text, fact.publisher, fact.key)
    if isinstance(fact, ContentOffered):
        item = msgspec.json.decode(fact.text, type=Item)
        check(item)
        known = item if item.media_type in MEDIA_TYPES else structs.replace(item, media_type=FILE)
        return Statement(*made, item.id, known)
    if isinstance(fact, KeyReplaced):
        successor = msgspec.json.decode(fact.text, type=_Key).key
        if KEY.fullmatch(successor) is None:
            raise NotAnItem(f"{successor[:80]!r} is no key")
        return Statement(*made, successor=successor)
    ident = msgspec.json.decode(fact.text, type=_Id).id
    if ID.fullmatch(ident) is None:
        raise NotAnItem(f"{ident[:80]!r} is no id")
    return Statement(*made, ident)


def _signed(
    secret: Ed25519PrivateKey,
    kind: type[ContentOffered] | type[ContentWithdrawn] | type[KeyReplaced],
    who: tuple[str, int],
    text: str,
) -> Record:
    unsigned = kind(who[0], public(secret), who[1], text, "")
    signature = secret.sign(signed_text(KIND_OF[kind], unsigned)).hex()
    return structs.replace(unsigned, signature=signature)
