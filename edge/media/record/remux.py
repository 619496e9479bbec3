"""A recording's frames copied byte by byte into a file that can be sought in.

Times come from the index, which has them exactly, and the sound is moved to where all sender reports of the
lesson together say it belongs. The table of all frames stands at the front: with an index its size has a
bound and room is left for it; without one libav moves all media behind the table once more at the end.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.packet import Codec, Kind
from edge.media.record.index import Index
from edge.media.record.marks import Shift
from edge.media.record.pairing import Pairing, as_received
from edge.media.record.recording import Recording

CODECS: dict[str, Codec] = {"h264": "H264", "vp8": "VP8", "opus": "opus"}  # by libav's name
AFTERWARDS = {"mp4": {"movflags": "faststart"}, "webm": {"cues_to_front": "1"}}
MP4_SAMPLE = 36  # bytes in the table: 8 time, 4 size, 12 chunk, 8 place, 4 key
WEBM_CUE = 64  # bytes: time, track, cluster and place in it take 45 at most
WEBM_CLUSTER = 5.0  # seconds: libav's default; where there is no picture each has one cue
TABLE = 16_384  # bytes: what else is in a table, ten times over


class Hurried(RuntimeError):
    """Told to leave the rest for the next start."""


class Copied(Struct, frozen=True):
    """What is in the new file."""

    frames: dict[Kind, int]
    seconds: float


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


class Remux:
    """Copies one recording's file. `hurried` is asked before each frame."""

    def __init__(self, recording: Recording, index: Index | None, hurried: Callable[[], bool]) -> None:
        self._recording = recording
        self._index = index if index and index.entries else None
        self._times = Times(self._index, recording.shifts) if self._index else None
        self._hurried = hurried

    def run(self, path: Path, draft: Path) -> Copied:
        """Write the draft; raises OSError, av.FFmpegError, Hurried."""
        extension = self._recording.extension
        if self._index is not None:
            try:
                return self._copy(path, draft, _reserve(extension, self._index))
            except av.FFmpegError as error:
                if isinstance(error, OSError):
                    raise
                # A damaged index names too few frames: the table had no room.
        return self._copy(path, draft, AFTERWARDS[extension])

    def _copy(self, path: Path, draft: Path, table: dict[str, str]) -> Copied:
        pairing = Pairing(self._index.entries if self._index else ())
        options = {"fflags": "+bitexact", **table}
        form = self._recording.extension
        with av.open(path, "r") as source, av.open(draft, "w", format=form, options=options) as out:
            tracks = _tracks(source, out)
            for packet in source.demux():
                if self._hurried():
                    raise Hurried(self._recording.id)
                if packet.size:
                    track = tracks[packet.stream.index]
                    track.place(packet, self._time(track, packet, pairing))
                    out.mux_one(packet)
        seconds = max(float(track.last * track.base) for track in tracks)
        return Copied({track.kind: track.frames for track in tracks}, seconds)

    def _time(self, track: "_Track", packet: "av.Packet[Stream]", pairing: Pairing) -> Fraction:
        entry = pairing.match(track.kind, as_received(track.codec, bytes(packet)))
        if entry is not None and self._times is not None:
            return self._times.of(track.kind, entry.timestamp)
        return (packet.pts or 0) * Fraction(packet.time_base)


class _Track(Struct):
    kind: Kind
    codec: Codec
    stream: Stream
    base: Fraction
    last: int = -1
    frames: int = 0

    def place(self, packet: "av.Packet[Stream]", at: Fraction) -> None:
        """Make it a packet of this track, shown at this time and after the one before."""
        self.frames += 1
        self.last = max(round(at / self.base), self.last + 1)
        packet.duration = round((packet.duration or 0) * packet.time_base / self.base)
        packet.stream = self.stream
        packet.time_base = self.base
        packet.pts = packet.dts = self.last


def _tracks(source: InputContainer, out: OutputContainer) -> list[_Track]:
    added = []
    for stream in source.streams:
        assert isinstance(stream, VideoStream | AudioStream)
        added.append((stream, out.add_stream_from_template(stream, opaque=True)))
    out.start_encoding()  # it settles on the time bases
    return [
        _Track(old.type, CODECS[old.codec_context.name], new, Fraction(new.time_base or 1))
        for old, new in added
    ]


def _reserve(extension: str, index: Index) -> dict[str, str]:
    if extension == "mp4":
        return {"moov_size": str(TABLE + MP4_SAMPLE * len(index.entries))}
    cues = sum(entry.kind == "video" and entry.key for entry in index.entries)
    cues = cues or round(_seconds(index) / WEBM_CLUSTER) + 1
    return {"reserve_index_space": str(TABLE + WEBM_CUE * cues)}


def _seconds(index: Index) -> float:
    header, last = index.header, index.entries[-1]
    return (last.timestamp - header.zero[last.kind]) / header.rates[last.kind]
