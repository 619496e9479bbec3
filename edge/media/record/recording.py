"""What is known of one recording: a small file beside it, replaced as a whole."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from edge.media.packet import Kind
from edge.media.record.durable import Disk
from edge.media.record.index import MAX_HEADER, SIZE, Aligned, BadIndex, Index, decode, decode_header, records
from edge.media.record.marks import Gap, Shift

State = Literal["recording", "finishing", "done", "interrupted"]

META = ".json"
INDEX = ".idx"
TAIL = 256  # records: three seconds of a lesson, so that both tracks are among them


class Recording(Struct, kw_only=True):
    """One file of a lesson. `finishing` plays, but cannot be sought in; `interrupted` ends too early."""

    id: str
    stream: str
    started: str  # UTC
    media_type: str
    state: State = "recording"
    seconds: float = 0.0
    bytes: int = 0
    whole: bool = False  # finished, and not one frame of what was sent is known to be missing
    gaps: list[Gap] = field(default_factory=list)
    part: int = 1
    reason: str = ""  # why it stopped before the lesson ended: "disk-full", "read-only", …
    aligned: Aligned = "sender-reports"
    shifts: list[Shift] = field(default_factory=list)
    frames: dict[Kind, int] = field(default_factory=dict)
    lost: dict[Kind, int] = field(default_factory=dict)  # packets that never came and frames they broke
    dropped: int = 0  # frames not written: the disk was too slow, or their timestamps went back
    copy_of: str = ""  # the recording of the parent that this was fetched from; "" for one that was made here
    digest: str = ""  # SHA-256 of the finished file, if it is the canonical one of its frames
    source: str = ""  # the recording of the parent that this was healed from: their files are the same
    healed: float = 0.0  # seconds that were missing, and came from the parent afterwards
    missing: float = 0.0  # seconds that stay missing, nearly: the parent lacks them too
    moved: float = 0.0  # seconds that what was here before comes later in the file since it was healed
    unhealed: str = ""  # why it cannot be healed, a word key: gone, damaged, refused

    @property
    def extension(self) -> str:
        """The media file's extension."""
        return self.media_type.partition("/")[2]

    def path(self, folder: Path) -> Path:
        """Where the media file is."""
        return folder / f"{self.id}.{self.extension}"

    @property
    def is_intact(self) -> bool:
        """Nothing is known to be missing up to its end."""
        return not (self.gaps or self.reason or self.dropped or any(self.lost.values()))


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as recordings write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def save(disk: Disk, folder: Path, recording: Recording) -> None:
    """Write what is known, durably."""
    disk.save(folder / (recording.id + META), msgspec.json.format(msgspec.json.encode(recording)) + b"\n")


def load(folder: Path, ident: str) -> Recording | None:
    """Read it back; None if there is no such recording or its file is damaged."""
    try:
        return msgspec.json.decode((folder / (ident + META)).read_bytes(), type=Recording)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def read_index(folder: Path, ident: str) -> Index | None:
    """Read a recording's index; None if there is none that can be read."""
    try:
        return decode((folder / (ident + INDEX)).read_bytes())
    except (OSError, BadIndex):
        return None


def seconds_so_far(folder: Path, ident: str) -> float:
    """Return the time of the newest frame of an index that may still grow; raises BadIndex, OSError."""
    with (folder / (ident + INDEX)).open("rb") as file:
        header, begin = decode_header(file.read(MAX_HEADER))
        count = (file.seek(0, 2) - begin) // SIZE
        file.seek(begin + max(0, count - TAIL) * SIZE)
        entries = list(records(file.read(TAIL * SIZE)))
    times = [(entry.timestamp - header.zero[entry.kind]) / header.rates[entry.kind] for entry in entries]
    return max(times, default=0.0)
