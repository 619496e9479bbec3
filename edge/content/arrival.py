"""A recording that came whole from the parent: is it what its index says, and how it becomes one of ours.

The description goes first, then the file, the index last, each durable before the next: whatever is cut off
in between, the next start finds by the description what is still to be moved.
"""

from pathlib import Path

from msgspec.structs import replace

from edge.media.record import recording as notes
from edge.media.record.naming import free_name, is_name
from edge.media.record.recording import INDEX, META, Recording
from edge.media.record.store import Store
from edge.media.record.verdict import Verdict


class Damaged(Exception):
    """What came is not the recording that its index tells of."""


def draft_paths(folder: Path, recording: Recording) -> tuple[Path, Path]:
    """Return where file and index of a recording are while they are fetched."""
    return recording.path(folder), folder / (recording.id + INDEX)


def check(store: Store, folder: Path, recording: Recording) -> None:
    """Compare every frame of a fetched file with its index; raise Damaged, OSError."""
    notes.save(store.place.disk, folder, recording)
    from edge.media.record.verify import verify  # with FFmpeg, when a recording has come

    verdict = verify(recording.path(folder), decode=False)
    if why := _faults(verdict, recording):
        raise Damaged(f"{recording.id}: {why}")


def place(store: Store, folder: Path, recording: Recording) -> str:
    """Make a checked recording one of this node's, under the same name if it is free; raises OSError."""
    disk, target = store.place.disk, store.place.folder
    media, index = draft_paths(folder, recording)
    ours = here_as(store, recording)
    if ours is None:
        name = _free(target, recording)
        ours = replace(
            recording, copy_of=recording.id, id=name, source="", healed=0.0, moved=0.0, unhealed=""
        )
        notes.save(disk, target, ours)
    if media.exists():
        disk.replace(media, ours.path(target))
    if index.exists():
        disk.replace(index, target / (ours.id + INDEX))
    disk.remove(folder / (recording.id + META))
    return ours.id


def here_as(store: Store, recording: Recording) -> Recording | None:
    """Return the copy of a recording of the parent that is here, or was begun to be moved here."""
    name = _base(recording.id)
    for path in store.place.folder.glob(f"{name}*{META}"):
        found = store.get(path.name.removesuffix(META))
        if found is not None and found.copy_of == recording.id:
            return found
    return None


def is_complete(store: Store, recording: Recording) -> bool:
    """Tell whether file and index of a copy are where they belong."""
    folder = store.place.folder
    return recording.path(folder).is_file() and (folder / (recording.id + INDEX)).is_file()


def _faults(verdict: Verdict, recording: Recording) -> str:
    if verdict.unreadable:
        return f"cannot be read: {verdict.unreadable}"
    if verdict.altered:
        return "another file than the hub says"
    if verdict.index is None or verdict.index.header.stream != recording.stream:
        return "no index of it"
    tallies = verdict.tracks.values()
    if not tallies or not all(each.frames for each in tallies):
        return "a track without frames"
    if any(each.foreign for each in tallies):
        return "frames that the index does not know"
    # Where the parent's own disk cut a recording off, the index knows more than the file.
    if recording.whole and any(each.missing for each in tallies):
        return "frames of the index are missing"
    return ""


def _free(folder: Path, recording: Recording) -> str:
    """Return a name; recordings of our own begin now, so none of them takes it meanwhile."""
    name, _ = free_name(folder, _base(recording.id), recording.part if recording.part > 0 else 1)
    assert is_name(name)
    return name


def _base(ident: str) -> str:
    """Return a name without its part."""
    head, _, tail = ident.rpartition("-")
    return head if tail.isdecimal() and is_name(head) else ident
