"""All recordings of a node: what there is and where it is."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.media.record import recording as notes
from edge.media.record.durable import Disk
from edge.media.record.index import BadIndex
from edge.media.record.naming import began, is_name, stamp_of
from edge.media.record.place import RESERVE, Place
from edge.media.record.recording import META, Recording, seconds_so_far
from edge.media.record.remains import remove, unfinished
from edge.media.stream import RESERVED

FOLDER = "recordings"
EVER = datetime(1970, 1, 1, tzinfo=UTC)

Recordings = list[Recording]


class Store:
    """The recordings below a node's state folder. All calls but `place` and `path_of` read the disk."""

    def __init__(self, state: Path, disk: Disk | None = None, reserve: int = RESERVE) -> None:
        self.place = Place(state / FOLDER, disk or Disk(), reserve)
        self._waiting: list[str] | None = None

    def list(self, since: datetime = EVER, of_class: bool = False) -> Recordings:
        """Return what is known of every lesson's recording that began since then, newest first.

        What was recorded of the class itself is no lesson: it is left out unless it is asked for.
        """
        names = (path.name.removesuffix(META) for path in self.place.folder.glob("*" + META))
        wanted = (name for name in names if began(name) >= stamp_of(since))
        wanted = (name for name in wanted if of_class or not RESERVED.match(name))
        found = [recording for name in wanted if (recording := self.get(name)) is not None]
        return sorted(found, key=lambda each: (each.started, each.part), reverse=True)

    def get(self, ident: str) -> Recording | None:
        """Return what is known of one recording; size and length of a growing one as they are now."""
        if not is_name(ident):
            return None
        recording = notes.load(self.place.folder, ident)
        if recording is None or recording.id != ident:
            return None
        if recording.state == "recording":
            self._measure(recording)
        return recording

    def path_of(self, ident: str) -> Path | None:
        """Return where a recording's file is; None if there is no such recording or this is no name."""
        recording = self.get(ident)
        path = recording.path(self.place.folder) if recording else None
        return path if path is not None and path.is_file() else None

    def remember_unfinished(self) -> None:
        """Take note of what is to be recovered; call before the first recording of this run begins."""
        self._waiting = unfinished(self.place)

    def recover(self, hurried: Callable[[], bool]) -> Recordings:
        """Finish what was remembered, in a thread: it may take minutes. Stops early when `hurried`."""
        if self._waiting is None:
            self.remember_unfinished()
        names, self._waiting = self._waiting or [], []
        if not names:
            return []
        from edge.media.record.recovery import recover  # with FFmpeg, for files that there seldom are

        return recover(self.place, names, hurried)

    def remove(self, ident: str) -> None:
        """Remove a finished recording; raises OSError."""
        if is_name(ident):
            remove(self.place, ident)

    def _measure(self, recording: Recording) -> None:
        with suppress(OSError, BadIndex):
            recording.bytes = recording.path(self.place.folder).stat().st_size
            recording.seconds = round(seconds_so_far(self.place.folder, recording.id), 3)
