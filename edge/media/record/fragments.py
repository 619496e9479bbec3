"""A recording's file as it lies on the disk: its head, its whole fragments, and where they end.

A torn or overwritten tail can make libav refuse a whole file, so files are looked through here first.
"""

from typing import BinaryIO

from msgspec import Struct

from edge.media.record import ebml, mp4

MAX_MOOF = 16 << 20  # bytes: 2 s of a recording need a few hundred; what claims more is garbage
MAX_FRAGMENT = 256 << 20  # likewise for frames


class Fragment(Struct, frozen=True):
    """A fragment of MP4 (moof and mdat) or a cluster of WebM."""

    start: int
    end: int


class Shape(Struct, frozen=True):
    """What a look through the file found."""

    fragments: list[Fragment]
    end: int  # of the last whole element: behind it is nothing, or garbage
    seekable: bool  # it is the finished file, not the one that grew


class Chunk(Struct, frozen=True):
    """One frame's bytes as they are in the file, and its track's number, counted from 1."""

    track: int
    content: bytes


class Look:
    """Reads the structure of one file; raises OSError."""

    def __init__(self, file: BinaryIO, extension: str) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._is_mp4 = extension == "mp4"

    def shape(self) -> Shape:
        """Go through the file up to the first thing that is not whole."""
        return self._mp4() if self._is_mp4 else self._webm()

    def chunks(self, fragment: Fragment) -> list[Chunk]:
        """Return the frames of a fragment; empty if it contradicts itself."""
        content = self._read(fragment.start, fragment.end - fragment.start)
        try:
            return _mp4_chunks(content) if self._is_mp4 else _webm_chunks(content)
        except (mp4.BadBox, ebml.BadElement):
            return []

    def _mp4(self) -> Shape:
        fragments: list[Fragment] = []
        at, kinds = 0, list[bytes]()
        while (box := self._box(at)) is not None:
            kind, size = box
            if kind == b"moof":
                following = self._box(at + size)
                if following is None or following[0] != b"mdat" or not self._fits(at, size, following[1]):
                    break
                size += following[1]
                fragments.append(Fragment(at, at + size))
            elif kind not in (b"ftyp", b"moov", b"mdat", b"free", b"mfra"):
                break
            kinds.append(kind)
            at += size
        seekable = not fragments and b"moov" in kinds and b"mdat" in kinds and at == self._size
        return Shape(fragments, at if b"moov" in kinds else 0, seekable)

    def _box(self, at: int) -> tuple[bytes, int] | None:
        try:
            kind, size, _ = mp4.head(self._read(at, mp4.MAX_HEAD))
        except mp4.BadBox:
            return None
        return (kind, size) if at + size <= self._size else None

    def _fits(self, at: int, moof: int, mdat: int) -> bool:
        if moof > MAX_MOOF or mdat > MAX_FRAGMENT:
            return False
        try:
            samples = mp4.samples(self._read(at, moof))
        except mp4.BadBox:
            return False
        return bool(samples) and all(
            moof < sample.start and sample.start + sample.size <= moof + mdat for sample in samples
        )

    def _webm(self) -> Shape:
        fragments: list[Fragment] = []
        segment = self._element(0)
        if segment is None or segment[0] != ebml.EBML:
            return Shape([], 0, False)
        at = segment[2]
        head = self._element(at)
        if head is None or head[0] != ebml.SEGMENT:
            return Shape([], 0, False)
        at, seekable, tracks = head[1], False, False
        while (found := self._element(at)) is not None:
            ident, _, end = found
            if end > self._size or (ident == ebml.CLUSTER and end - at > MAX_FRAGMENT):
                break
            if ident == ebml.CLUSTER:
                fragments.append(Fragment(at, end))
            elif ident not in ebml.SEGMENT_CHILDREN:
                break
            seekable |= ident == ebml.CUES
            tracks |= ident == ebml.TRACKS
            at = end
        return Shape(fragments, at if tracks else 0, seekable and at == self._size)

    def _element(self, at: int) -> tuple[int, int, int] | None:
        """Return (id, start of the body, end) of an element."""
        try:
            ident, size, length = ebml.head(self._read(at, ebml.MAX_HEAD))
        except ebml.BadElement:
            return None
        end = self._size if size == ebml.UNKNOWN else at + length + size
        return ident, at + length, end

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)


def _mp4_chunks(content: bytes) -> list[Chunk]:
    _, size, _ = mp4.head(content)
    return [
        Chunk(sample.track, content[sample.start : sample.start + sample.size])
        for sample in mp4.samples(content[:size])
    ]


def _webm_chunks(content: bytes) -> list[Chunk]:
    _, _, length = ebml.head(content)
    chunks = []
    for ident, start, end in ebml.children(content[length:]):
        start, end = start + length, end + length
        if ident == ebml.BLOCK_GROUP:
            blocks = [each for each in ebml.children(content[start:end]) if each[0] == ebml.BLOCK]
            if not blocks:
                raise ebml.BadElement(f"a group without a block at {start}")
            ident, start, end = blocks[0][0], start + blocks[0][1], start + blocks[0][2]
        if ident in (ebml.SIMPLE_BLOCK, ebml.BLOCK):
            track, begin = ebml.block(content[start:end])
            chunks.append(Chunk(track, content[start + begin : end]))
    return chunks
