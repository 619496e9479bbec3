"""After a power cut or a kill: cut off what is not whole, then finish what is left like any recording."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import av

from edge.media.record import recording as notes
from edge.media.record.containers import media_type_of
from edge.media.record.durable import NEW
from edge.media.record.finish import finish
from edge.media.record.fragments import Fragment, Look, Shape
from edge.media.record.index import Index
from edge.media.record.naming import is_name
from edge.media.record.pairing import as_received
from edge.media.record.place import Place
from edge.media.record.recording import Recording, read_index
from edge.media.record.remains import remove
from edge.media.record.trouble import Hurried

log = logging.getLogger(__name__)


def recover(place: Place, names: list[str], hurried: Callable[[], bool]) -> list[Recording]:
    """Finish these recordings, one after another, and return those that are finished now."""
    for draft in place.folder.glob("*" + NEW):
        if is_name(draft.name.partition(".")[0]) and draft.name.partition(".")[0] in names:
            with suppress(OSError):
                place.disk.remove(draft)
    finished = []
    for name in names:
        try:
            recording = _recover(place, name, hurried)
        except Hurried:
            break
        except (OSError, av.FFmpegError) as error:
            log.warning("not recovered id=%s cause=%s", name, error)
            continue
        if recording is not None:
            finished.append(recording)
    return finished


def _recover(place: Place, name: str, hurried: Callable[[], bool]) -> Recording | None:
    index = read_index(place.folder, name)
    recording = notes.load(place.folder, name) or _described_by(index, name)
    path = recording.path(place.folder) if recording else None
    if recording is None or path is None or not path.exists():
        log.warning("recording without a beginning removed id=%s", name)
        remove(place, name)
        return None
    cut_short = recording.state == "recording"
    if not _cut(place, path, recording, index):
        log.warning("recording without a whole fragment removed id=%s", name)
        remove(place, name)
        return None
    finish(place, recording, hurried, cut_short)
    return recording


def _described_by(index: Index | None, name: str) -> Recording | None:
    if index is None or index.header.id != name:
        return None
    header = index.header
    return Recording(
        id=name,
        stream=header.stream,
        started=header.started,
        media_type=media_type_of(header.codecs),
        aligned=header.aligned,
    )


def _cut(place: Place, path: Path, recording: Recording, index: Index | None) -> bool:
    """Cut the torn tail off; tell whether anything is left."""
    with path.open("rb") as file:
        look = Look(file, recording.extension)
        shape = look.shape()
        if shape.seekable:
            return True
        end = _good_end(look, shape, index)
        size = file.seek(0, 2)
    if end < size:
        log.warning("tail cut off id=%s bytes=%d", recording.id, size - end)
        writable = place.disk.reopen(path)
        try:
            writable.cut(end)
        finally:
            writable.close()
    return end > 0


def _good_end(look: Look, shape: Shape, index: Index | None) -> int:
    """Return where the last fragment ends whose frames are those of the index; 0 if there is none."""
    kept = list(shape.fragments)
    while kept and not _is_good(look, kept[-1], index):
        if index is None or sum(len(look.chunks(each)) for each in kept) > len(index.entries):
            return shape.end  # the index always knew more than the file: so it is the index that is damaged
        kept.pop()
    if len(kept) == len(shape.fragments):
        return shape.end if kept else 0
    return kept[-1].end if kept else 0


def _is_good(look: Look, fragment: Fragment, index: Index | None) -> bool:
    frames = list(_frames(look, fragment, index))
    if index is None:
        return bool(frames)
    known = {(entry.length, entry.crc32) for entry in index.entries}
    return bool(frames) and all((len(frame), crc32(frame)) in known for frame in frames)


def _frames(look: Look, fragment: Fragment, index: Index | None) -> Iterator[bytes]:
    codecs = list(index.header.codecs.values()) if index else []
    for chunk in look.chunks(fragment):
        codec = codecs[chunk.track - 1] if 0 < chunk.track <= len(codecs) else "opus"
        yield as_received(codec, chunk.content)
