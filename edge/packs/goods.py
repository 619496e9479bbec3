"""The files that go along with a pack: recordings of the last days, and materials."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.content import arrival
from edge.content.arrival import Damaged
from edge.content.chunks import BLOB, SUMS, ChunkStore, Gone, WrongHash, WrongSums
from edge.content.offers import Offers
from edge.journal import Journal
from edge.media.record import recording as notes
from edge.media.record.recording import INDEX, META
from edge.media.record.store import Store
from edge.packs.making import Goods
from edge.packs.stick import Pack
from edge.packs.taking import Staged
from sync.catalogue import CHUNK, Item

RECORDINGS = "recordings"
MATERIALS = "content"
KEPT = (BLOB, SUMS)  # of a material, as its store keeps it


def recordings_of(store: Store, days: int) -> Goods:
    """Return the files of what was recorded here in the last days and is finished."""
    if not days:
        return []
    folder = store.place.folder
    since = datetime.now(UTC) - timedelta(days=days)
    goods = []
    for each in store.list(since):
        paths = (each.path(folder), folder / (each.id + INDEX), folder / (each.id + META))
        if each.state in ("done", "interrupted") and all(path.is_file() for path in paths):
            goods += [(f"{RECORDINGS}/{path.name}", path) for path in paths]
    return goods


def take_recordings(store: Store, folder: Path) -> tuple[list[str], list[str]]:
    """Make the recordings of a staged pack this node's; return which came, and what was wrong of others."""
    came, wrong = [], []
    place = folder / RECORDINGS
    store.place.prepare()
    names = {path.name for path in place.glob("*")}
    for path in sorted(place.glob("*" + META)):
        recording = notes.load(place, path.name.removesuffix(META))
        if recording is None or recording.path(place).name not in names:
            wrong.append(f"{path.name}: its description or its file is missing")
            continue
        ours = arrival.here_as(store, recording)
        if ours is not None and arrival.is_complete(store, ours):
            continue
        try:
            arrival.check(store, place, recording)
        except Damaged as exc:
            wrong.append(str(exc))
            continue
        came.append(arrival.place(store, place, recording))
    return came, wrong


def materials_of(journal: Journal, store: ChunkStore) -> Goods:
    """Return the files of what the library offers and has whole."""
    goods: Goods = []
    for ident in Offers(journal).shelf().offers:
        path = store.path_of(ident)
        if path is not None and store.is_whole(ident):
            goods += [
                (f"{MATERIALS}/{path.with_suffix(suffix).name}", path.with_suffix(suffix)) for suffix in KEPT
            ]
    return goods


def take_materials(
    pack: Pack, staged: Staged, journal: Journal, store: ChunkStore
) -> tuple[list[str], list[str]]:
    """Put into the store what the library offers; return what came, and what was wrong of others."""
    came, wrong = [], []
    offers = Offers(journal).shelf().offers
    for file in staged.manifest.files:
        ident = file.name.partition("/")[2].removesuffix(BLOB)
        if not file.name.startswith(MATERIALS) or not file.name.endswith(BLOB) or store.is_whole(ident):
            continue
        if ident not in offers:
            wrong.append(f"{ident}: nobody offers it any more")
            continue
        try:
            _put(store, offers[ident].item, staged.folder, pack.pieces(file), journal.ledger.now())
            came.append(ident)
        except (WrongHash, WrongSums, Gone) as exc:
            wrong.append(f"{ident}: {exc}")
    return came, wrong


def _put(store: ChunkStore, item: Item, folder: Path, pieces: Iterable[bytes], now: int) -> None:
    try:
        sums = (folder / MATERIALS / (item.id + SUMS)).read_bytes()
    except FileNotFoundError as exc:
        raise WrongSums("without its sums") from exc
    draft = store.begin(item, sums)
    try:
        for number, chunk in enumerate(_chunked(pieces)):
            draft.put(number, chunk)
        if draft.missing():
            raise WrongSums("shorter than what is offered")
        draft.finish(now)
    finally:
        draft.close()


def _chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes again, in chunks: a stick gives them in pieces of its own."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)
