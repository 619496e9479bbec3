"""Where the slides of a recording begin, and a small picture of each: files beside it, removed with it.

The list is written last, so where it is, all of it is there; it says of which file it is, so that a
recording that was healed is looked through again.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from edge.media.record.place import Place
from edge.media.record.recording import Recording

SLIDES = ".chapters.json"
PICTURE = ".jpg"
MAX_SLIDES = 60  # of one recording: one in 45 s of a lesson, and 0.6 MB of pictures
MAX_PICTURE = 65_536  # bytes: a picture of 320×180 points has 5 to 20 kB


class Slide(Struct, frozen=True, omit_defaults=True):
    """A slide begins; `score` says from 0 to 1 how surely."""

    at: float  # seconds
    score: float


class Slides(Struct, frozen=True, omit_defaults=True):
    """All of a recording."""

    size: int  # of the file they were found in, and when it was written
    changed: int
    chapters: tuple[Slide, ...] = ()
    failed: str = ""  # why nothing was found: it is not tried again


def of(place: Place, ident: str) -> Slides | None:
    """Return what was found in a recording; None where nobody has looked yet."""
    try:
        return msgspec.json.decode((place.folder / (ident + SLIDES)).read_bytes(), type=Slides)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_due(place: Place, recording: Recording) -> bool:
    """Tell whether a finished recording is to be looked through; raises OSError."""
    if recording.state not in ("done", "interrupted") or not recording.media_type.startswith("video/"):
        return False
    found = of(place, recording.id)
    return found is None or (found.size, found.changed) != state_of(place, recording)


def state_of(place: Place, recording: Recording) -> tuple[int, int]:
    """Return what tells one version of a file from another; raises OSError."""
    status = recording.path(place.folder).stat()
    return status.st_size, status.st_mtime_ns


def picture_of(place: Place, ident: str, number: int) -> Path:
    """Return where the picture of a slide is."""
    return place.folder / f"{ident}.{number}{PICTURE}"


def save(place: Place, ident: str, found: Slides, pictures: list[bytes]) -> None:
    """Write what was found, durably, in place of what was found before; raises OSError."""
    place.check(sum(map(len, pictures)) + len(found.chapters) * 64)
    remove(place, ident)
    for number, picture in enumerate(pictures):
        place.disk.save(picture_of(place, ident, number), picture)
    place.disk.save(place.folder / (ident + SLIDES), msgspec.json.encode(found) + b"\n")


def remove(place: Place, ident: str) -> None:
    """Remove it all; raises OSError."""
    for path in (place.folder / (ident + SLIDES), *place.folder.glob(f"{ident}.*{PICTURE}*")):
        place.disk.remove(path)


def longest(found: list[tuple[Slide, bytes]], end: float) -> list[tuple[Slide, bytes]]:
    """Return at most MAX_SLIDES, those that were shown the longest, in order."""
    ends = [*(slide.at for slide, _ in found[1:]), end]
    shown = sorted(range(len(found)), key=lambda place: found[place][0].at - ends[place])
    return [found[place] for place in sorted(shown[:MAX_SLIDES])]
