"""One file of a recording being written: frames go to the muxer, whole fragments go to the disk."""

from contextlib import suppress

from msgspec import Struct

from edge.media.codec.avcc import Sets
from edge.media.packet import Frame
from edge.media.record import recording as notes
from edge.media.record.containers import media_type_of
from edge.media.record.durable import DiskFile
from edge.media.record.index import IndexHeader, encode, encode_header, entry_of
from edge.media.record.place import Place
from edge.media.record.placing import Placing
from edge.media.record.recording import INDEX, Recording
from edge.media.record.trouble import media_fault


class Beginning(Struct, frozen=True):
    """What the muxer needs to know of the video: its first key frame and H.264 parameter sets."""

    key: bytes = b""
    sets: Sets | None = None


class Part:
    """Creates the files at once; raises OSError, NoTemplate. After an error only `abandon` may follow.

    Each fragment goes through two syncs: first the records of its frames, then the fragment. So the index
    knows every frame of the file, and a power cut costs the fragments after the last sync and no more.
    """

    def __init__(self, place: Place, header: IndexHeader, beginning: Beginning, part: int) -> None:
        from edge.media.record.muxer import Muxer  # with FFmpeg, in the writer's thread

        self.header = header
        self.beginning = beginning
        self.placing = Placing(header.zero)
        self.recording = Recording(
            id=header.id,
            stream=header.stream,
            started=header.started,
            media_type=media_type_of(header.codecs),
            part=part,
            aligned=header.aligned,
            frames=dict.fromkeys(header.codecs, 0),
        )
        self._place = place
        self._records: list[bytes] = []
        self._noted = 0
        self._whole_size = 0
        self._muxer = Muxer(header.codecs, beginning.key, beginning.sets)
        self._files: list[DiskFile] = []
        try:
            self._media, self._index = self._create()
        except OSError:
            self.abandon("")
            self.discard()
            raise

    def add(self, frame: Frame) -> None:
        """Take the next frame; raises OSError, Jumped, av.FFmpegError."""
        pts = self.placing.place(frame)
        if pts is None:
            self.recording.dropped += 1
            return
        self._records.append(encode(entry_of(frame)))
        self.recording.frames[frame.kind] += 1
        self._write(self._muxer.mux(frame, pts))

    def close(self) -> None:
        """Write what is left and leave a file that plays; raises OSError."""
        self._write(self._muxer.close())
        self._index.write(b"".join(self._records))  # frames of a track whose last packets went nowhere
        self._records.clear()
        self._index.sync()
        self._close_files()
        self.note()

    def abandon(self, reason: str) -> None:
        """Keep what is whole and close; never raises. `note` is still to be called."""
        try:
            self._muxer.close()
            if self._files:
                self._files[0].cut(self._whole_size)
        except (OSError, media_fault()):
            pass  # start-up cuts the file again
        self.recording.reason = reason
        self._close_files()

    @property
    def is_empty(self) -> bool:
        """Nothing that could be shown is on the disk."""
        return not self._whole_size

    def discard(self) -> None:
        """Leave nothing of it; never raises."""
        for suffix in (INDEX, notes.META, "." + self.recording.extension):
            with suppress(OSError):
                self._place.disk.remove(self._place.folder / (self.header.id + suffix))

    def note(self, state: notes.State = "finishing") -> None:
        """Write down what is known; raises OSError."""
        self.recording.state = state
        self.recording.seconds = round(self.placing.seconds, 3)
        self.recording.bytes = self._whole_size
        self.recording.gaps = self.placing.gaps
        notes.save(self._place.disk, self._place.folder, self.recording)

    def _create(self) -> tuple[DiskFile, DiskFile]:
        folder, disk = self._place.folder, self._place.disk
        self._place.prepare()
        self._place.check(0)
        media = disk.create(self.recording.path(folder))
        self._files.append(media)
        index = disk.create(folder / (self.header.id + INDEX))
        self._files.append(index)
        index.write(encode_header(self.header))
        index.sync()
        self.note("recording")  # syncs the folder, and with it the names of all three
        return media, index

    def _write(self, fragments: bytes) -> None:
        if not fragments:
            return
        self._place.check(len(fragments))
        self._index.write(b"".join(self._records))
        self._records.clear()
        self._index.sync()
        self._media.write(fragments)
        self._media.sync()
        self._whole_size = self._media.size
        if len(self.placing.gaps) != self._noted:
            self._noted = len(self.placing.gaps)
            self.note("recording")

    def _close_files(self) -> None:
        for file in self._files:
            file.close()
        self._files.clear()
