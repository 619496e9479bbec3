"""What another node asks of a recording to heal its own: the sheet of its frames, and pieces of its file.

Blocks; for threads. A sheet takes a second of reading and compressing, so the last ones are kept: after a
lesson all nodes below ask for the same.
"""

import threading
from collections.abc import Iterator, Sequence
from os import fstat, pread
from typing import BinaryIO

from edge.media.record.pieces import Piece
from edge.media.record.recording import Recording, read_index
from edge.media.record.sheet import Form, Sheet, encode
from edge.media.record.store import Store
from edge.media.record.trouble import media_fault

KEPT = 4  # sheets: 1 MB for a lesson each; the hub's lessons of one hour
READ = 262_144  # bytes that are in memory at once for each who asks


class Offering:
    """One for all doors of a node."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()  # two that ask for the same sheet make it once
        self._sheets: dict[tuple[str, str], bytes] = {}

    def recording(self, ident: str) -> Recording | None:
        """Return a recording whose file is final, None if there is no such."""
        found = self._store.get(ident)
        return found if found is not None and found.digest else None

    def sheet(self, recording: Recording) -> bytes | None:
        """Return what its file is made of, as it travels; None if that cannot be read."""
        name = recording.id, recording.digest
        with self._turn:
            if name not in self._sheets:
                made = self._made(recording)
                if made is None:
                    return None
                self._sheets[name] = made
                while len(self._sheets) > KEPT:
                    del self._sheets[next(iter(self._sheets))]
            return self._sheets[name]

    def opened(self, recording: Recording, pieces: Sequence[Piece]) -> BinaryIO | None:
        """Open its file; None where it is not there, or shorter than what is asked for."""
        try:
            file = recording.path(self._store.place.folder).open("rb")
        except OSError:
            return None
        if pieces[-1].end > fstat(file.fileno()).st_size:
            file.close()
            return None
        return file

    def _made(self, recording: Recording) -> bytes | None:
        from edge.media.record.canonical import muxer, picture_of  # with FFmpeg, when a child heals

        folder = self._store.place.folder
        index = read_index(folder, recording.id)
        path = recording.path(folder)
        try:
            picture = picture_of(path)
        except (OSError, media_fault()):
            return None
        if index is None:
            return None
        form = Form(index, recording.shifts, picture)
        return encode(Sheet(form, recording.digest, recording.bytes, muxer()))


def portions(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the same bytes in lots of READ at most, each to be read at once."""
    lot, size = [], 0
    for piece in pieces:
        at = piece.at
        while at < piece.end:
            part = Piece(at, min(piece.end - at, READ - size))
            lot.append(part)
            at, size = part.end, size + part.size
            if size == READ:
                yield lot
                lot, size = [], 0
    if lot:
        yield lot


def read(file: BinaryIO, lot: Sequence[Piece]) -> bytes:
    """Return these bytes; raises OSError where the file has become shorter."""
    fd = file.fileno()
    content = b"".join(pread(fd, each.size, each.at) for each in lot)
    if len(content) != sum(each.size for each in lot):
        raise OSError(f"{file.name}: cut short")
    return content
