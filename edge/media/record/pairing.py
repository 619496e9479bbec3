"""Which frame of a file is which entry of its index: by length and CRC, in order."""

from collections.abc import Iterable, Sequence
from zlib import crc32

from edge.media.codec.avcc import BadSample, to_annexb
from edge.media.packet import Codec, Kind
from edge.media.record.index import IndexEntry

WINDOW = 4096  # entries looked ahead: 80 s of sound; frames that were indexed but never reached the file


def as_received(codec: Codec, stored: bytes) -> bytes:
    """Return a frame as it was when the index took its CRC."""
    if codec != "H264":
        return stored
    try:
        return to_annexb(stored)
    except BadSample:
        return b""  # no entry has this length: it will be called foreign


class Pairing:
    """Goes through one index while frames come from the file."""

    def __init__(self, entries: Iterable[IndexEntry]) -> None:
        self.foreign: dict[Kind, int] = {}  # frames of the file that the index does not know
        self.missing: dict[Kind, int] = {}  # entries passed over: frames the file should have
        self._entries: dict[Kind, list[IndexEntry]] = {"video": [], "audio": []}
        self._next: dict[Kind, int] = {"video": 0, "audio": 0}
        for entry in entries:
            self._entries[entry.kind].append(entry)

    def match(self, kind: Kind, frame: bytes) -> IndexEntry | None:
        """Return the entry of the next frame of a track."""
        begin = self._next[kind]
        length, crc = len(frame), crc32(frame)
        for at, entry in enumerate(self._entries[kind][begin : begin + 1] or (), begin):
            if entry.length == length and entry.crc32 == crc:
                self._next[kind] = at + 1
                return entry
        return self._search(kind, begin, (length, crc))

    def finish(self) -> None:
        """Count the entries behind the last frame as missing."""
        for kind, entries in self._entries.items():
            self._pass_over(kind, len(entries) - self._next[kind])

    def rest(self, kind: Kind) -> Sequence[IndexEntry]:
        """Return the entries not matched yet."""
        return self._entries[kind][self._next[kind] :]

    def _search(self, kind: Kind, begin: int, wanted: tuple[int, int]) -> IndexEntry | None:
        for at, entry in enumerate(self._entries[kind][begin : begin + WINDOW], begin):
            if (entry.length, entry.crc32) == wanted:
                self._pass_over(kind, at - begin)
                self._next[kind] = at + 1
                return entry
        self.foreign[kind] = self.foreign.get(kind, 0) + 1
        return None

    def _pass_over(self, kind: Kind, count: int) -> None:
        if count:
            self.missing[kind] = self.missing.get(kind, 0) + count
