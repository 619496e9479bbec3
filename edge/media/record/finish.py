"""After the lesson: the file that grew becomes one that can be sought in.

The new file takes the name of the old one only when it is whole on the disk, so that a power cut at any
moment leaves one of the two.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import av

from edge.media.record import recording as notes
from edge.media.record.digest import digest_of
from edge.media.record.durable import NEW
from edge.media.record.fragments import Look
from edge.media.record.index import encode, encode_header
from edge.media.record.place import Place
from edge.media.record.recording import INDEX, Recording
from edge.media.record.remux import Remux
from edge.media.record.sheet import Form
from edge.media.record.trouble import Hurried

log = logging.getLogger(__name__)


def finish_all(place: Place, recordings: Iterable[Recording], hurried: Callable[[], bool]) -> None:
    """Make recordings seekable; what cannot be now is left playable, for the next start."""
    for recording in recordings:
        if hurried():
            return
        try:
            finish(place, recording, hurried)
        except Hurried:
            return
        except (OSError, av.FFmpegError) as error:
            log.warning("not finished id=%s cause=%s", recording.id, error)


def finish(place: Place, recording: Recording, hurried: Callable[[], bool], cut_short: bool = False) -> None:
    """Make one recording seekable. Raises OSError, av.FFmpegError, Hurried."""
    path = recording.path(place.folder)
    if not _is_seekable(path, recording.extension):
        form = _replace(place, recording, path, hurried)
    else:  # the power failed, or the node was stopped, right after it took its place
        found = Remux(recording, notes.read_index(place.folder, recording.id), hurried).placed(path)
        form = found[0] if found else None

    def go_on() -> None:
        if hurried():
            raise Hurried(recording.id)

    recording.digest = _settled(place, recording, form, go_on) if form is not None else ""
    recording.bytes = path.stat().st_size
    recording.state = "interrupted" if cut_short else "done"
    recording.whole = recording.is_intact and not cut_short
    notes.save(place.disk, place.folder, recording)
    log.info("finished id=%s seconds=%.1f whole=%s", recording.id, recording.seconds, recording.whole)


def _replace(place: Place, recording: Recording, path: Path, hurried: Callable[[], bool]) -> Form | None:
    size = path.stat().st_size
    place.check(size + size // 16)  # the table of all frames needs 1 to 2 %
    draft = path.with_name(path.name + NEW)
    try:
        made = Remux(recording, notes.read_index(place.folder, recording.id), hurried).run(path, draft)
        place.sync(draft)
        place.disk.replace(draft, path)
    finally:
        with suppress(OSError):
            place.disk.remove(draft)
    recording.frames, recording.seconds = made.copied.frames, round(made.copied.seconds, 3)
    return made.form


def _settled(place: Place, recording: Recording, form: Form, go_on: Callable[[], None]) -> str:
    """Let the index know the file's frames and no more, and return the file's digest."""
    known = notes.read_index(place.folder, recording.id)
    if known is None or len(known.entries) != len(form.index.entries) or known.torn:
        content = encode_header(form.index.header) + b"".join(map(encode, form.index.entries))
        place.disk.save(place.folder / (recording.id + INDEX), content)
    return digest_of(recording.path(place.folder), go_on)


def _is_seekable(path: Path, extension: str) -> bool:
    with path.open("rb") as file:
        return Look(file, extension).shape().seekable
