"""`tirek library`: what hub staff offer to the schools, and who has it."""

import argparse
import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import BinaryIO

from msgspec import Struct, structs

from edge.commands.library_parser import WORDS
from edge.commands.place import CommandRefused, opened, settings, who
from edge.commands.screen import print_table, printable, progress
from edge.content import items
from edge.content.chunks import FOLDER, ChunkStore, Empty
from edge.content.offers import Offers
from edge.content.publisher import Publisher
from edge.content.spread import Place as At
from edge.content.spread import Spread
from edge.journal import Journal
from edge.media.record.durable import Disk
from edge.media.record.place import Place
from sync import catalogue, tree
from sync.catalogue import LARGEST, PAGES, Item, NotAnItem, Offer
from sync.clock import utc
from sync.records import Audited
from sync.tables import Entry

SHOWN = 12  # digits of an id: of a million items two have the same once in 500
LEAST = 6  # digits of an id that may be typed for the whole
TALK = 64 << 20  # bytes: copying more than that is shown
MOST_MEMBERS = 100_000  # of a ZIP file that are looked at


class Chosen(Struct, frozen=True):
    """A file that is to be offered."""

    path: Path
    file: BinaryIO
    item: Item  # without its id


class Shop(Struct, frozen=True):
    """What the commands work with."""

    journal: Journal
    offers: Offers
    publisher: Publisher
    store: ChunkStore
    listens: bool  # for nodes, as the configuration says

    def audit(self, did: str, what: str) -> Entry:
        """Return the note of who did what."""
        return Entry("log", "", Audited(who(), did, what))


def add(parsed: argparse.Namespace) -> int:
    """Offer files; what is offered already only gets the words that are new."""
    words = {word: " ".join(str(getattr(parsed, word)).split()) for word in WORDS}
    with ExitStack() as files:
        # Opened as who types: what is hers the owner of the state folder may not be able to read.
        chosen = [_chosen(path, words, files) for path in parsed.files]
        with opened_shop(parsed) as shop:
            check_hub(shop)
            check_room(shop, chosen)
            for each in chosen:
                offer(shop, each)
    return 0


def show(parsed: argparse.Namespace) -> int:
    """List what is offered to the schools, by this node and by those above."""
    with opened_shop(parsed) as shop:
        names = {shop.journal.identity.node: "this node"}
        if (parent := shop.journal.parent) is not None and parent.name:
            names[parent.node] = parent.name
        names |= {each.node: each.name for each in _let_in(shop) if each.name}
        shelves = [shop.offers.shelf(), *shop.offers.below().values()]
        offers = [offer for shelf in shelves for offer in shelf.offers.values()]
        offers.sort(key=lambda each: (each.item.name, each.item.id))
        rows = [_row(shop, each, names.get(each.publisher, each.publisher)) for each in offers]
        refused = shop.offers.refused()
    print_table(("id", "name", "type", "size", "about", "offered", "by", "here"), rows)
    if refused:
        print(f"not believed: {', '.join(f'{count} {why}' for why, count in sorted(refused.items()))}")
    return 0


def remove(parsed: argparse.Namespace) -> int:
    """Offer something no more; schools drop it when they need the room."""
    with opened_shop(parsed) as shop:
        offer = _found(shop.offers.own().values(), parsed.item, "offered by this node")
        item = offer.item
        shop.publisher.withdraw([item.id], shop.audit("withdrew", f"{item.id[:SHOWN]} {item.name}"))
        if item.id not in shop.offers.shelf().offers:
            shop.store.remove(item.id)
        print(f"not offered any more: {item.id[:SHOWN]} {printable(item.name)}")
    return 0


def status(parsed: argparse.Namespace) -> int:
    """Print how many schools have what, or of one item which computer has how much."""
    with opened_shop(parsed) as shop:
        offers = shop.offers.shelf().offers.values()
        nodes = [At(each.node, each.school, each.name, each.heard) for each in _let_in(shop)]
        spread = Spread(nodes, [(each.node, each.hlc, each.fact) for each in shop.offers.holdings()])
        if not parsed.item:
            counts = sorted(offers, key=lambda each: (each.item.name, each.item.id))
            rows = [(each.item.id[:SHOWN], each.item.name, *spread.summary(each.item.id)) for each in counts]
            print_table(("id", "name", "whole at", "on the way", "waiting"), rows)
            return 0
        item = _found(offers, parsed.item, "offered here").item
    print(f"{item.id}\n{printable(item.name)}, {_size(item.size)}")
    print_table(("school", "node", "name", "has", "waits for", "said", "last heard"), spread.rows(item.id))
    return 0


def rotate_key(parsed: argparse.Namespace) -> int:
    """Sign with a new key; the schools learn of it by the signature of the old one."""
    with opened_shop(parsed) as shop:
        check_hub(shop)
        new = shop.publisher.replace_key(shop.audit("replaced", "the publisher's key"))
        print(f"signed with a new key from now on: {new}")
        print("Make a new backup of the journal's folder: an older one has the old key.")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "add": add,
    "list": show,
    "remove": remove,
    "status": status,
    "rotate-key": rotate_key,
}


@contextmanager
def opened_shop(parsed: argparse.Namespace) -> Iterator[Shop]:
    """The journal and the library of the node on this computer."""
    known = settings(parsed)
    with opened(parsed) as journal:
        offers = Offers(journal)
        place = Place(Path(known.state) / FOLDER, Disk(), known.limits.disk_reserve << 20)
        try:
            yield Shop(
                journal, offers, Publisher(journal, offers), ChunkStore(place), bool(known.listen_nodes)
            )
        except OSError as exc:
            raise CommandRefused(f"{exc.filename or place.folder}: {exc.strerror}") from exc


def check_hub(shop: Shop) -> None:
    """Raise CommandRefused where nobody is below who could fetch anything."""
    if shop.listens or shop.journal.ledger.read(_has_invited):
        return
    raise CommandRefused(
        "this node is no hub: nobody is below it who could fetch anything. "
        "Set `listen_nodes` in its configuration and invite a school first"
    )


def _has_invited(db: Connection) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM node WHERE NOT revoked) OR EXISTS (SELECT 1 FROM invitation)"
    return bool(db.execute(query).fetchone()[0])


def check_room(shop: Shop, chosen: list[Chosen]) -> None:
    """Raise CommandRefused where the disk has no room for these."""
    place = shop.store.place
    place.prepare()
    wanted, free = sum(each.item.size for each in chosen), place.disk.room(place.folder) - place.reserve
    if wanted > free:
        raise CommandRefused(
            f"no room in {place.folder}: {_size(wanted)} are to come, {_size(max(free, 0))} are free beside "
            f"{_size(place.reserve)} that `disk_reserve` keeps; nothing was offered"
        )


def _chosen(path: Path, words: dict[str, str], files: ExitStack) -> Chosen:
    """Return a file as it would be offered; raise CommandRefused."""
    name = unicodedata.normalize("NFC", path.name)
    try:
        file = files.enter_context(_open(path))
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise CommandRefused(f"{path} is a device or a pipe, and no file; nothing was offered")
        media_type = _media_type(file, name)
        item = Item("0" * 64, found.st_size, name, media_type, **words)
        if not item.size:
            raise CommandRefused(f"{path} is empty; nothing was offered")
        if item.size > LARGEST:
            raise CommandRefused(f"{path} is larger than {_size(LARGEST)}; nothing was offered")
        catalogue.check(item)
    except OSError as exc:
        why = "is a folder" if path.is_dir() else f"cannot be read: {exc.strerror}"
        raise CommandRefused(f"{path} {why}; nothing was offered") from exc
    except NotAnItem as exc:
        raise CommandRefused(f"{exc}; nothing was offered") from exc
    return Chosen(path, file, item)


def _open(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # nobody waits for a pipe's writer
    return open(descriptor, "rb")  # buffered: what is read is as long as it was asked for, but at the end


def _media_type(file: BinaryIO, name: str) -> str:
    """Return what a file is, and say so if it is not what its name promises."""
    found, promised = items.media_type_of(name, file.read(items.HEAD)), items.promised(name)
    if found == items.ZIP and _has_pages(file):
        found = PAGES
    file.seek(0)
    if found == catalogue.FILE != promised:
        print(f"{printable(name)}: no {promised} inside: offered as a file that nobody can open here")
    return found


def _has_pages(file: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return items.of_pages(archive.namelist()[:MOST_MEMBERS])
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
        return False


def offer(shop: Shop, chosen: Chosen) -> None:
    """Copy a file into the library, and offer it to every node below."""
    size, name = chosen.item.size, printable(chosen.item.name)
    show = progress(f"copying {name}") if size > TALK else lambda done, total: None
    now = shop.journal.ledger.now()
    try:
        held = shop.store.add(chosen.file, chosen.item, now, lambda done: show(min(done, size), size))
    except Empty as exc:
        raise CommandRefused(f"{chosen.path} was emptied while it was read") from exc
    before = shop.offers.own().get(held.item.id)
    item = _worded(held.item, before)
    if before is not None and before.item == item:
        print(f"already offered: {item.id[:SHOWN]} {name}")
        return
    others = [each for each in shop.offers.shelf().named(item.name) if each.id != item.id]
    shop.publisher.offer([item], shop.audit("published", f"{item.id[:SHOWN]} {item.name}"))
    print(f"{'changed' if before else 'offered'}: {item.id[:SHOWN]} {name}, {_size(item.size)}")
    if before is not None and before.item.name != item.name:
        print(f"its name was {printable(before.item.name)}: the same bytes are the same item")
    if others:
        print(f"{name} is the name of {len(others)} more: both stay, told apart by their ids")


def _worded(item: Item, before: Offer | None) -> Item:
    """Return an item with the words of earlier where none were typed."""
    if before is None:
        return item
    kept = {word: getattr(item, word) or getattr(before.item, word) for word in WORDS}
    return structs.replace(item, **kept)


def _let_in(shop: Shop) -> list[tree.Standing]:
    return [each for each in shop.journal.ledger.read(tree.standings) if not each.revoked]


def _found(offers: Iterable[Offer], typed: str, where: str) -> Offer:
    """Return the one offer that was typed; raise CommandRefused."""
    known = list(offers)
    typed_id = typed.lower()
    named = [each for each in known if each.item.name == unicodedata.normalize("NFC", typed)]
    found = named or [each for each in known if len(typed) >= LEAST and each.item.id.startswith(typed_id)]
    if not found:
        raise CommandRefused(f"{typed!r} is nothing that is {where}: `tirek library list` shows what is")
    if len(found) > 1:
        ids = ", ".join(each.item.id[:SHOWN] for each in found)
        raise CommandRefused(f"{typed!r} could be one of {len(found)}; type one of these ids: {ids}")
    return found[0]


def _row(shop: Shop, offer: Offer, by: str) -> tuple[str, ...]:
    item = offer.item
    about = ", ".join(filter(None, (item.title, item.subject, item.grade, item.topic, item.lang)))
    have = len(shop.store.have(item.id))
    here = "whole" if shop.store.is_whole(item.id) else f"{have} chunks" if have else "no"
    kind = item.media_type.rpartition("/")[2]
    day = utc(offer.version)[:10]
    return item.id[:SHOWN], item.name, kind, _size(item.size), about, day, by, here


def _size(octets: int) -> str:
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)):
        if octets >= size:
            return f"{octets / size:.1f} {unit}"
    return f"{octets} B"
