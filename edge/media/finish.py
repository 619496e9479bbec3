"""After the lesson: the file that grew becomes one that can be sought in, frames copied byte by byte.

Times come from the index, which has them exactly, and the sound is moved to where all sender reports of the
lesson together say it belongs. The new file takes the name of the old one only when it is whole on the disk.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media import recording as notes
from edge.media.durable import NEW
from edge.media.fragments import Look
from edge.media.index import BadIndex, Index, decode
from edge.media.packet import Codec, Kind
from edge.media.pairing import Pairing, as_received
from edge.media.part import Place
from edge.media.recording import INDEX, Recording, Shift

log = logging.getLogger(__name__)

OPTIONS = {
    "mp4": {"movflags": "faststart", "fflags": "+bitexact"},
    "webm": {"cues_to_front": "1", "fflags": "+bitexact"},
}

CODECS: dict[str, Codec] = {"h264": "H264", "vp8": "VP8", "opus": "opus"}  # by libav's name


class Hurried(RuntimeError):
    """Told to leave the rest for the next start."""


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
        size = path.stat().st_size
        place.check(size + size // 16)  # the table of all frames, moved to the front
        draft = path.with_name(path.name + NEW)
        try:
            copied = _copy(path, draft, recording, hurried)
            _sync(place, draft)
            place.disk.replace(draft, path)
            recording.frames, recording.seconds = copied.frames, round(copied.seconds, 3)
        finally:
            with suppress(OSError):
                place.disk.remove(draft)
    recording.bytes = path.stat().st_size
    recording.state = "interrupted" if cut_short else "done"
    recording.whole = recording.is_intact and not cut_short
    notes.save(place.disk, place.folder, recording)
    log.info("finished id=%s seconds=%.1f whole=%s", recording.id, recording.seconds, recording.whole)


def read_index(folder: Path, ident: str) -> Index | None:
    """Read a recording's index; None if there is none that can be read."""
    try:
        return decode((folder / (ident + INDEX)).read_bytes())
    except (OSError, BadIndex):
        return None


class Times:
    """When each frame is to be shown, in seconds from the file's beginning."""

    def __init__(self, index: Index, shifts: list[Shift]) -> None:
        self._zero = index.header.zero
        self._rates = index.header.rates
        self._shifts = shifts
        firsts = {entry.kind: entry for entry in reversed(index.entries)}
        self._lift = -min([Fraction(0), *(self._raw(kind, each.timestamp) for kind, each in firsts.items())])

    def of(self, kind: Kind, timestamp: int) -> Fraction:
        """Return the time of the frame with this timestamp; never below zero."""
        return max(self._raw(kind, timestamp) + self._lift, Fraction(0))

    def _raw(self, kind: Kind, timestamp: int) -> Fraction:
        at = Fraction(timestamp - self._zero[kind], self._rates[kind])
        if kind == "video":
            return at
        later = [shift.seconds for shift in self._shifts if shift.at <= at] or [0.0]
        return at + Fraction(later[-1]).limit_denominator(1_000_000)


class _Track(Struct):
    kind: Kind
    codec: Codec
    stream: Stream
    base: Fraction
    last: int = -1
    frames: int = 0


class _Copied(Struct):
    frames: dict[Kind, int]
    seconds: float


def _copy(path: Path, draft: Path, recording: Recording, hurried: Callable[[], bool]) -> _Copied:
    index = read_index(path.parent, recording.id)
    pairing = Pairing(index.entries if index else ())
    times = Times(index, recording.shifts) if index else None
    options = OPTIONS[recording.extension]
    with av.open(path) as source, av.open(draft, "w", format=recording.extension, options=options) as out:
        tracks = _tracks(source, out, index)
        for packet in source.demux():
            if hurried():
                raise Hurried(recording.id)
            if not packet.size or packet.pts is None:
                continue
            track = tracks[packet.stream.index]
            entry = pairing.match(track.kind, as_received(track.codec, bytes(packet)))
            if entry is not None and times is not None:
                at = times.of(track.kind, entry.timestamp)
            else:
                at = packet.pts * Fraction(packet.time_base)
            track.frames += 1
            track.last = max(round(at / track.base), track.last + 1)
            packet.stream = track.stream
            packet.duration = round((packet.duration or 0) * packet.time_base / track.base)
            packet.time_base = track.base
            packet.pts = packet.dts = track.last
            out.mux_one(packet)
    seconds = max(float(track.last * track.base) for track in tracks)
    return _Copied({track.kind: track.frames for track in tracks}, seconds)


def _tracks(source: InputContainer, out: OutputContainer, index: Index | None) -> list[_Track]:
    added = []
    for stream in source.streams:
        assert isinstance(stream, VideoStream | AudioStream)
        added.append((stream, out.add_stream_from_template(stream, opaque=True)))
    out.start_encoding()
    return [
        _Track(old.type, CODECS[old.codec_context.name], new, Fraction(new.time_base or 1))
        for old, new in added
    ]


def _is_seekable(path: Path, extension: str) -> bool:
    with path.open("rb") as file:
        return Look(file, extension).shape().seekable


def _sync(place: Place, draft: Path) -> None:
    file = place.disk.reopen(draft)
    try:
        file.sync()
    finally:
        file.close()
