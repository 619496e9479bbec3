"""The recordings of this node and of its hub, with the lessons they are of, read where they changed."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import monotonic

from msgspec import Struct

from edge.classroom.timetable import Lessons, Timetable, span_of
from edge.content.holdings import Copy
from edge.media.record.recording import META, Recording
from edge.media.record.store import Store

OVER = ("done", "interrupted")
GROWN = 10.0  # seconds between looks how long a recording is that grows
REREAD = 60.0  # … at everything: two changes at the same moment look like one


class _Read(Struct, frozen=True):
    changed: int  # of the file, nanoseconds
    recording: Recording


class Own:
    """The recordings of this node. Blocks; one thread at a time."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._read: dict[str, _Read] = {}
        self._last: list[Recording] = []
        self._looked, self._changed = float("-inf"), 0

    def all(self) -> list[Recording]:
        """Return what is known of every recording: the very same list while nothing is new."""
        now, changed = self._clock(), self._folder_changed()
        grows = any(each.state not in OVER for each in self._last)
        if changed != self._changed or now - self._looked > (GROWN if grows else REREAD):
            before, self._last = self._last, self._read_again()
            self._looked, self._changed = now, changed
            if self._last == before:
                self._last = before
        return self._last

    def _folder_changed(self) -> int:
        try:
            return self._store.place.folder.stat().st_mtime_ns
        except OSError:
            return 0

    def _read_again(self) -> list[Recording]:
        """Read the files that are new or growing."""
        read: dict[str, _Read] = {}
        for name, changed in self._files():
            known = self._read.get(name)
            if known is None or known.changed != changed or known.recording.state not in OVER:
                recording = self._store.get(name)
                known = _Read(changed, recording) if recording is not None else None
            if known is not None:
                read[name] = known
        self._read = read
        return [each.recording for each in read.values()]

    def _files(self) -> Iterable[tuple[str, int]]:
        try:
            with os.scandir(self._store.place.folder) as entries:
                return [
                    (entry.name.removesuffix(META), entry.stat().st_mtime_ns)
                    for entry in entries
                    if entry.name.endswith(META)
                ]
        except OSError:  # nothing was recorded yet, or one was removed while we looked
            return []


class Ties:
    """Which lesson each recording is of, as of the last refresh."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable
        self._lessons = Lessons({}, ())

    def copies(self, recordings: Iterable[Recording]) -> list[Copy]:
        """Return the recordings with their lessons."""
        return [copy for each in recordings if (copy := self._copy(each)) is not None]

    def refresh(self) -> bool:
        """Read the timetable if there are new facts; true if there were. Raises JournalError."""
        before, self._lessons = self._lessons, self._timetable.lessons()
        return before is not self._lessons

    def _copy(self, recording: Recording) -> Copy | None:
        span = span_of(recording)
        if span is None:
            return None
        return Copy(
            recording.id,
            recording.stream,
            span.begins,
            recording.seconds,
            datetime.fromtimestamp(span.begins / 1000, UTC).astimezone().date().isoformat(),
            recording.bytes,
            recording.whole,
            recording.state not in OVER,
            recording.copy_of,
            self._lessons.one(recording),
            recording.healed,
            recording.missing,
            recording.unhealed,
        )
