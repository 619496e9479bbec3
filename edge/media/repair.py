"""What a recording lacks of the parent's, by what is in both (core).

Two nodes count the timestamps of a stream from different beginnings, and after a cut of the link from others
again; one has a lesson in three files, the other in one. So frames are not compared by time but by what they
are: track, length and CRC-32. Whatever of the parent's file is found in any file here is not asked for. That
two different frames look alike is seen at the end, when the sums of both files differ, and then nothing of
what is here is taken.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from edge.media.packet import Kind
from edge.media.record.index import Index, IndexEntry
from edge.media.record.marks import Gap, Shift
from edge.media.record.pieces import MAX_PIECES, Piece
from edge.media.record.times import LONGEST, SECOND, USUAL, Times

SLACK = 120_000  # milliseconds that two nodes' clocks may differ: they ask their hub for the time
BATCH = 1 << 20  # bytes of frames in one request: 4 s of a link of 2 Mbit/s
OWN = 2.0  # seconds only this node has, which may go: what its receiver took at either end of a lesson
PLACE = 48  # bits of a place in a file
SAMPLES = 200  # frames that are looked up to see how far two time lines are apart

Why = Literal["", "gone", "damaged", "refused"]


class Spot(Struct, frozen=True, gc=False):
    """Where a frame is, in one of the files that are here."""

    file: int
    at: int


class Span(Struct, frozen=True):
    """A recording in time, in milliseconds since 1970."""

    id: str
    stream: str
    begins: int
    ends: int
    digest: str = ""


class Group(Struct, frozen=True):
    """Recordings of one lesson: the parent's, and those that are here."""

    theirs: tuple[Span, ...]
    ours: tuple[Span, ...]

    @property
    def lacking(self) -> list[Span]:
        """The parent's of which there is no equal here."""
        here = {each.digest for each in self.ours}
        return [each for each in self.theirs if each.digest not in here]


class Pool:
    """The frames that are here, of all files of one lesson; in 150 bytes a frame."""

    def __init__(self) -> None:
        self._spots: dict[int, int] = {}  # by name; the file's number, and where in it
        self._frames: list[array[int]] = []  # names of the frames of each file

    def begin(self) -> int:
        """Take another file; return its number."""
        self._frames.append(array("Q"))
        return len(self._frames) - 1

    def add(self, kind: Kind, length: int, crc: int, spot: Spot) -> None:
        """Take one frame of a file."""
        name = _name(kind, length, crc)
        self._spots.setdefault(name, spot.file << PLACE | spot.at)
        self._frames[spot.file].append(name)

    def find(self, entry: IndexEntry) -> Spot | None:
        """Return where a frame of the parent's is, None if it is not here."""
        spot = self._spots.get(_name_of(entry))
        return None if spot is None else Spot(spot >> PLACE, spot & (1 << PLACE) - 1)

    def common(self, file: int, index: Index) -> int:
        """Return how many frames of the parent's a file has."""
        frames = set(self._frames[file])
        return sum(_name_of(each) in frames for each in index.entries)

    def only_here(self, file: int, indexes: Iterable[Index]) -> float:
        """Return how many seconds of a file none of the parent's has."""
        there = {_name_of(each) for index in indexes for each in index.entries}
        sounds = [name & 1 for name in self._frames[file] if name not in there]
        heard = sum(sounds)
        return max(heard * USUAL["audio"], (len(sounds) - heard) * USUAL["video"]) / SECOND


def _name(kind: Kind, length: int, crc: int) -> int:
    """Return what a frame is known by, in 64 bits: no frame has more than 4 MiB."""
    return crc << 24 | length << 1 | (kind == "audio")


def _name_of(entry: IndexEntry) -> int:
    return _name(entry.kind, entry.length, entry.crc32)


def groups(theirs: Iterable[Span], ours: Iterable[Span]) -> list[Group]:
    """Return what belongs together by stream and time, where there is something here; newest first."""
    found: list[Group] = []
    marked = [(each, True) for each in theirs] + [(each, False) for each in ours]
    run: list[tuple[Span, bool]] = []
    until = 0
    for span, is_theirs in sorted(marked, key=lambda each: (each[0].stream, each[0].begins, each[0].id)):
        if run and (span.stream != run[0][0].stream or span.begins - SLACK > until):
            found.append(_group(run))
            run, until = [], 0
        run.append((span, is_theirs))
        until = max(until, span.ends)
    found += [_group(run)] if run else []
    kept = [each for each in found if each.theirs and each.ours]
    return sorted(kept, key=lambda each: -max(span.begins for span in each.theirs))


def is_within(span: Span, others: Iterable[Span]) -> bool:
    """Tell whether at least half of it lies in the time from the first of the others to the last."""
    others = list(others)
    begins, ends = min(each.begins for each in others), max(each.ends for each in others)
    common = min(span.ends, ends) - max(span.begins, begins)
    return common > 0 and 2 * common >= span.ends - span.begins


def batches(missing: Iterable[tuple[int, IndexEntry]]) -> Iterator[list[tuple[int, IndexEntry]]]:
    """Yield frames and their places in lots for one request each, in the file's order."""
    found = iter(sorted(missing, key=lambda each: each[0]))
    for lot in lots(pieces_of(missing)):
        yield [next(found) for _ in lot]


def pieces_of(missing: Iterable[tuple[int, IndexEntry]]) -> list[Piece]:
    """Return the bytes of these frames, in the file's order."""
    return sorted((Piece(at, entry.length) for at, entry in missing), key=lambda each: each.at)


def lots(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield pieces in lots for one request each."""
    lot: list[Piece] = []
    size = 0
    for piece in pieces:
        if lot and (size + piece.size > BATCH or len(lot) >= MAX_PIECES):
            yield lot
            lot, size = [], 0
        lot.append(piece)
        size += piece.size
    if lot:
        yield lot


def seconds_of(index: Index, missing: Iterable[IndexEntry]) -> float:
    """Return how long frames are shown or heard, of the track of which that is more."""
    wanted = {(each.kind, each.timestamp) for each in missing}
    lasting = Counter[Kind]()
    following: dict[Kind, int] = {}
    for entry in reversed(index.entries):
        kind, unit = entry.kind, SECOND // index.header.rates[entry.kind]
        until = following.get(kind)
        lasts = USUAL[kind] if until is None else min((until - entry.timestamp) * unit, LONGEST[kind])
        following[kind] = entry.timestamp
        if (kind, entry.timestamp) in wanted:
            lasting[kind] += lasts
    return max(lasting.values(), default=0) / SECOND


def still_missing(gaps: Iterable[Gap], lost: Mapping[Kind, int], dropped: int, seconds: float) -> float:
    """Return how many seconds a recording lacks, nearly: what it noted, in seconds."""
    frames = max([dropped * USUAL["audio"], *(count * USUAL[kind] for kind, count in lost.items())])
    return min(seconds, sum(each.seconds for each in gaps) + frames / SECOND)


def moved(before: Index, shifts: Sequence[Shift], after: Index, later: Sequence[Shift]) -> float:
    """Return how many seconds later a frame comes in the new file than in the one before."""
    there: dict[int, int | None] = {}
    for each in after.entries:
        name = _name_of(each)
        there[name] = None if name in there else each.timestamp  # silence looks like silence
    old, new = Times(before, shifts), Times(after, later)
    found = []
    for entry in before.entries:
        timestamp = there.get(_name_of(entry))
        if timestamp is not None:
            found.append(float(new.of(entry.kind, timestamp) - old.of(entry.kind, entry.timestamp)))
        if len(found) >= SAMPLES:
            break
    return sorted(found)[len(found) // 2] if found else 0.0


def _group(run: Sequence[tuple[Span, bool]]) -> Group:
    theirs = tuple(span for span, is_theirs in run if is_theirs)
    return Group(theirs, tuple(span for span, is_theirs in run if not is_theirs))
