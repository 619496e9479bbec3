"""Healed recordings take the places of those that are here, all of one lesson or none.

What is to be done is written down, durably, when every new file is whole on the disk; then it is done, and
done again after a power cut until nothing is left of it. So at any moment each name has a file that plays.
Blocks; for threads.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from edge.media.record import recording as notes
from edge.media.record.digest import digest_of
from edge.media.record.index import IndexEntry, IndexHeader, encode, encode_header
from edge.media.record.naming import is_name
from edge.media.record.place import Place
from edge.media.record.recording import INDEX, Recording
from edge.media.record.store import Store

PLAN = "swap.json"
EXTENSIONS = (".mp4", ".webm")


class Healed(Struct, frozen=True):
    """A draft, by its name, and the recording that it becomes."""

    draft: str
    recording: Recording


class Plan(Struct, frozen=True):
    """What is to be done."""

    healed: list[Healed]
    removed: list[str]  # recordings of which every frame is in the healed ones


def write_index(place: Place, draft: Path, header: IndexHeader, entries: list[IndexEntry]) -> None:
    """Write the index that belongs to a draft; raises OSError."""
    place.disk.save(_index_of(draft), encode_header(header) + b"".join(map(encode, entries)))


def commit(store: Store, folder: Path, plan: Plan) -> None:
    """Do it, whatever happens from here on; raises OSError."""
    store.place.disk.save(folder / PLAN, msgspec.json.encode(plan))
    resume(store, folder)


def resume(store: Store, folder: Path) -> list[str]:
    """Do what an earlier run began, if it did; return which recordings are new. Raises OSError."""
    try:
        plan = msgspec.json.decode((folder / PLAN).read_bytes(), type=Plan)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return []
    done = [each for each in plan.healed if _replace(store.place, folder / each.draft, each.recording)]
    for ident in plan.removed if len(done) == len(plan.healed) else ():
        store.remove(ident)
    store.place.disk.remove(folder / PLAN)
    store.place.disk.sync_folder(folder)  # or a power cut brings it back, and with it what was deleted since
    for healed in plan.healed:
        store.place.disk.remove(_index_of(folder / healed.draft))
    return [healed.recording.id for healed in done]


def sweep(place: Place, folder: Path, kept: set[str]) -> None:
    """Remove drafts and sheets whose names begin with none of these; raises OSError."""
    for path in folder.glob("*"):
        if is_name(path.name.partition(".")[0]) and not any(path.name.startswith(name) for name in kept):
            place.disk.remove(path)


def _replace(place: Place, draft: Path, recording: Recording) -> bool:
    """Put one recording in its place; false where it was deleted meanwhile, or its draft was lost."""
    assert is_name(recording.id)
    target, index, disk = recording.path(place.folder), _index_of(draft), place.disk
    if not index.exists():
        return False
    if draft.exists():
        disk.replace(draft, target)
    elif not target.exists() or digest_of(target) != recording.digest:
        return False
    # Copied: so it is there again if a power cut comes before the plan is done.
    disk.save(place.folder / (recording.id + INDEX), index.read_bytes())
    notes.save(disk, place.folder, recording)
    for extension in EXTENSIONS:  # one that had no picture before is another kind of file now
        if extension != target.suffix:
            disk.remove(place.folder / (recording.id + extension))
    return True


def _index_of(draft: Path) -> Path:
    return draft.with_suffix(INDEX)
