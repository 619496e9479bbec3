"""What could be shown instead of the hub: recordings of this node, and which of them suits a lesson."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from msgspec import Struct

from edge.classroom.stage import Playable
from edge.classroom.ties import Tied
from edge.classroom.timetable import Timetable
from edge.contract.notices import Offer
from edge.media.record.recording import Recording
from edge.media.record.store import Store
from sync.errors import JournalError

LEAST = 60.0  # seconds: a recording shorter than this is a trial, and no lesson
GROWING = ("recording", "finishing")  # states of a file that is not the finished one yet


class Kept(Struct, frozen=True):
    """A recording of a lesson of the timetable."""

    offer: Offer
    class_: str
    subject: str
    topic: str
    seconds: float


class Shelf(Protocol):
    """Where the stage gets what can be played. Every call may read the disk: call it in a thread."""

    def find(self, item: str) -> Playable | None:
        """Return an item of this disk; None if nobody knows it; raise Unable("not-here")."""

    def kept(self) -> list[Kept]:
        """Return the recordings that can be played and are of a lesson, newest first."""


class OwnShelf:
    """The recordings that this node made."""

    def __init__(self, store: Store, timetable: Timetable) -> None:
        self._store = store
        self._timetable = timetable

    def find(self, item: str) -> Playable | None:
        """Return a recording; None if there is none of this name."""
        recording = self._store.get(item)
        if recording is None or self._store.path_of(item) is None:
            return None
        growing = recording.state in GROWING
        title = self._title(recording)
        return Playable(recording.id, recording.media_type, recording.seconds, growing, title=title)

    def _title(self, recording: Recording) -> str:
        """Return what was taught in it; "" where nobody can tell."""
        with suppress(JournalError):
            tied = self._timetable.lessons().of([recording]).get(recording.id)
            return (tied.topic or tied.subject) if tied is not None else ""
        return ""

    def kept(self) -> list[Kept]:
        """Return the recordings that are of a lesson, newest first; raises JournalError."""
        recordings = [each for each in self._store.list() if each.state not in GROWING]
        tied = self._timetable.lessons().of(recordings)
        return [_kept(each, tied[each.id]) for each in recordings if each.id in tied]


def suiting(kept: Iterable[Kept], lesson: Tied) -> Offer | None:
    """Return the newest of the same topic, else of this class in this subject."""
    long = [each for each in kept if each.seconds >= LEAST and each.subject == lesson.subject]
    same = [each for each in long if lesson.topic and each.topic == lesson.topic]
    beside = [each for each in long if each.class_ == lesson.class_]
    found = same or beside
    return found[0].offer if found else None


def _kept(recording: Recording, lesson: Tied) -> Kept:
    title = lesson.topic or lesson.subject or recording.stream
    offer = Offer(recording.id, title, lesson.day, round(recording.seconds / 60))
    return Kept(offer, lesson.class_, lesson.subject, lesson.topic, recording.seconds)
