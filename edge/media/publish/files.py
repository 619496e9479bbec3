"""A media file as a source: tracks that WebRTC takes pass byte by byte, the others are encoded on the way."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Event

import av
from av.container import InputContainer

from edge.media.packet import CLOCK_RATE, Codec, Frame, Kind
from edge.media.publish.interleave import Interleave
from edge.media.publish.probe import examine, open_file
from edge.media.publish.source import Broken, Picture
from edge.media.publish.tracks import Reader

LAST_STEP = Fraction(1, 25)  # seconds between the last picture of a pass and the first of the next


class FileSource:
    """One file, once or for ever."""

    live = False

    def __init__(self, path: Path, picture: Picture, loop: bool = False) -> None:
        """Open and examine the file; raises SourceError."""
        self._path, self._loop = path, loop
        found = examine(path, picture)
        self._readers, self._start = found.readers, found.start
        self.codecs: dict[Kind, Codec] = {each.kind: each.codec for each in self._readers.values()}
        self.fmtp: dict[Kind, str] = {each.kind: each.fmtp for each in self._readers.values()}
        self._closed = Event()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in order of media time; with `loop` the beginning follows the end."""
        order = Interleave(self.codecs)
        start = end = Fraction(0)
        while True:
            with open_file(self._path) as container:
                for frame in self._pass(container, start - self._start):
                    end = max(end, Fraction(frame.timestamp, CLOCK_RATE[frame.kind]) + LAST_STEP)
                    yield from order.add(frame)
            if self._closed.is_set() or not self._loop or end == start:
                break
            start = end
        yield from order.flush()

    def close(self) -> None:
        """Make `frames` end soon; callable at any time from any thread."""
        self._closed.set()

    def _pass(self, container: InputContainer, shift: Fraction) -> Iterator[Frame]:
        try:
            shifts = dict.fromkeys(self._readers, shift)
            yield from read_once(container, self._readers, shifts, self._closed)
        except av.FFmpegError as exc:
            raise Broken(f"{self._path} is damaged and cannot be read to its end: {exc.strerror}") from exc


def read_once(
    container: InputContainer, readers: dict[int, Reader], shifts: dict[int, Fraction], closed: Event
) -> Iterator[Frame]:
    """Yield the frames of one pass over a container, in its order; all dictionaries are by stream index."""
    for index, reader in readers.items():
        reader.begin(container.streams[index], shifts[index])
    for packet in container.demux([container.streams[index] for index in readers]):
        if closed.is_set():
            return
        if packet.size:  # the empty ones at the end are PyAV's way to say flush
            yield from readers[packet.stream_index].feed(packet)
    for reader in readers.values():
        yield from reader.end()
