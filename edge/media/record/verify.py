"""Is a recording whole? Every frame against its index, decoded, and what was noted while it was made."""

from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.stream import Stream
from av.video.stream import VideoStream

from edge.media.packet import Kind
from edge.media.record import recording as notes
from edge.media.record.canonical import CODECS
from edge.media.record.digest import digest_of
from edge.media.record.pairing import Pairing, as_received
from edge.media.record.recording import read_index
from edge.media.record.times import Times
from edge.media.record.verdict import Tally, Verdict


def verify(path: Path, decode: bool = True) -> Verdict:
    """Look at every frame of a recording; never raises for what is wrong with it."""
    ident = path.name.partition(".")[0]
    verdict = Verdict(path, notes.load(path.parent, ident), read_index(path.parent, ident))
    inspection = _Inspection(verdict)
    try:
        inspection.run(decode)
        verdict.altered = _is_altered(verdict)
    except (OSError, av.FFmpegError) as error:
        verdict.unreadable = str(error)
    inspection.conclude()
    return verdict


def _is_altered(verdict: Verdict) -> bool:
    noted = verdict.recording.digest if verdict.recording else ""
    return bool(noted) and digest_of(verdict.path) != noted


class _Inspection:
    """One walk through a file."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        index, recording = verdict.index, verdict.recording
        self._entries = index.entries if index else []
        self._pairing = Pairing(self._entries)
        finished = recording is not None and recording.state in ("done", "interrupted")
        self._times = Times(index, recording.shifts if recording and finished else []) if index else None
        for kind in index.header.codecs if index else ():
            verdict.tracks[kind] = Tally(indexed=sum(entry.kind == kind for entry in self._entries))

    def run(self, decode: bool) -> None:
        with av.open(self._verdict.path, "r") as source:
            for packet in source.demux():
                stream = packet.stream
                if not isinstance(stream, VideoStream | AudioStream):
                    continue
                tally = self._verdict.tracks.setdefault(stream.type, Tally())
                if packet.size:
                    frame = as_received(CODECS[stream.codec_context.name], bytes(packet))
                    shown = float((packet.pts or 0) * packet.time_base)
                    self._compare(tally, stream.type, frame, shown)
                    tally.keys += packet.is_keyframe
                if decode:
                    _decode(tally, stream, packet)

    def conclude(self) -> None:
        self._pairing.finish()
        for kind, tally in self._verdict.tracks.items():
            tally.missing = self._pairing.missing.get(kind, 0)
            tally.foreign = self._pairing.foreign.get(kind, 0)

    def _compare(self, tally: Tally, kind: Kind, frame: bytes, shown: float) -> None:
        tally.frames += 1
        self._verdict.seconds = max(self._verdict.seconds, shown)
        entry = self._pairing.match(kind, frame)
        if entry is not None and self._times is not None:
            tally.offsets.append(shown - float(self._times.of(kind, entry.timestamp)))


def _decode(tally: Tally, stream: VideoStream | AudioStream, packet: "av.Packet[Stream]") -> None:
    try:
        pictures = stream.decode(packet)
    except av.FFmpegError:
        tally.errors += 1
        return
    tally.decoded += len(pictures)
    tally.errors += sum(picture.is_corrupt for picture in pictures)
