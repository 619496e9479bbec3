"""A recording's frames copied byte by byte into a file that can be sought in.

Times come from the index, which has them exactly, and the sound is moved to where all sender reports of the
lesson together say it belongs: with an index the file is the canonical one of its frames (canonical.py), its
table at the front. Where the index does not know every frame, libav makes the times and moves all media
behind the table once more at the end.
"""

from collections.abc import Callable
from fractions import Fraction
from os import pread
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream
from msgspec import Struct

from edge.media.packet import Codec, Kind
from edge.media.record import canonical
from edge.media.record.canonical import CODECS, Copied
from edge.media.record.index import Index, IndexEntry
from edge.media.record.pairing import Pairing, as_received
from edge.media.record.recording import Recording
from edge.media.record.sheet import Form
from edge.media.record.times import Times
from edge.media.record.trouble import Hurried, NoTemplate

AFTERWARDS = {"mp4": {"movflags": "faststart"}, "webm": {"cues_to_front": "1"}}

Places = dict[tuple[Kind, int], int]  # where the frame of a track and timestamp begins


class Made(Struct, frozen=True):
    """The new file; `form` of a canonical one."""

    copied: Copied
    form: Form | None = None


class Remux:
    """Copies one recording's file. `hurried` is asked before each frame."""

    def __init__(self, recording: Recording, index: Index | None, hurried: Callable[[], bool]) -> None:
        self._recording = recording
        self._index = index if index and index.entries else None
        self._times = Times(self._index, recording.shifts) if self._index else None
        self._hurried = hurried

    def run(self, path: Path, draft: Path) -> Made:
        """Write the draft; raises OSError, av.FFmpegError, Hurried."""
        found = self.placed(path)
        if found is None:
            return Made(self._copy(path, draft))
        form, places = found
        with path.open("rb") as file:
            fd = file.fileno()

            def stored(entry: IndexEntry) -> bytes:
                return pread(fd, entry.length, places[entry.kind, entry.timestamp])

            try:
                return Made(canonical.write(draft, form, stored, self._go_on), form)
            except NoTemplate:
                return Made(self._copy(path, draft))

    def placed(self, path: Path) -> tuple[Form, Places] | None:
        """Return what the file holds and where; None where the index does not know every frame."""
        if self._index is None:
            return None
        pairing, places = Pairing(self._index.entries), Places()
        for found in canonical.frames(path, self._go_on):
            entry = pairing.match(found.kind, as_received(found.codec, found.stored))
            if entry is None:
                return None
            places[entry.kind, entry.timestamp] = found.at
        kept = [each for each in self._index.entries if (each.kind, each.timestamp) in places]
        if {each.kind for each in kept} != self._index.header.codecs.keys():
            return None  # a track from which nothing came
        index = Index(self._index.header, kept)
        return Form(index, self._recording.shifts, canonical.picture_of(path)), places

    def _go_on(self) -> None:
        if self._hurried():
            raise Hurried(self._recording.id)

    def _copy(self, path: Path, draft: Path) -> Copied:
        pairing = Pairing(self._index.entries if self._index else ())
        form = self._recording.extension
        options = {"fflags": "+bitexact", **AFTERWARDS[form]}
        with av.open(path, "r") as source, av.open(draft, "w", format=form, options=options) as out:
            tracks = _tracks(source, out)
            for packet in source.demux():
                self._go_on()
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
