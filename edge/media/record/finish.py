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
from edge.media.record.durable import NEW
from edge.media.record.fragments import Look
from edge.media.record.part import Place
from edge.media.record.recording import Recording
from edge.media.record.remux import Hurried, Remux

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
        _replace(place, recording, path, hurried)
    recording.bytes = path.stat().st_size
    recording.state = "interrupted" if cut_short else "done"
    recording.whole = recording.is_intact and not cut_short
    notes.save(place.disk, place.folder, recording)
    log.info("finished id=%s seconds=%.1f whole=%s", recording.id, recording.seconds, recording.whole)


def _replace(place: Place, recording: Recording, path: Path, hurried: Callable[[], bool]) -> None:
    size = path.stat().st_size
    place.check(size + size // 16)  # the table of all frames needs 1 to 2 %
    draft = path.with_name(path.name + NEW)
    try:
        copied = Remux(recording, notes.read_index(place.folder, recording.id), hurried).run(path, draft)
        _sync(place, draft)
        place.disk.replace(draft, path)
    finally:
        with suppress(OSError):
            place.disk.remove(draft)
    recording.frames, recording.seconds = copied.frames, round(copied.seconds, 3)


def _is_seekable(path: Path, extension: str) -> bool:
    with path.open("rb") as file:
        return Look(file, extension).shape().seekable


def _sync(place: Place, draft: Path) -> None:
    file = place.disk.reopen(draft)
    try:
        file.sync()
    finally:
        file.close()
