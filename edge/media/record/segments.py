"""What a browser must be told of a growing file, read from its bytes: codecs, times, key frames (core).

A segment is a fragment of MP4 (moof and mdat) or a cluster of WebM, its time that of its first picture, or of
its first sound where there is none. Only those that begin with a key frame can be begun with.
"""

from collections.abc import Iterator

from msgspec import Struct

from edge.media.record import ebml, mp4

PROBE = 65_536  # bytes at the front of a cluster among which its first picture begins
CODECS = {"V_VP8": "vp8", "A_OPUS": "opus"}  # by Matroska's name
MILLISECOND = 1_000_000  # nanoseconds: what times of WebM count unless it says otherwise
NOT_SYNC = 0x10000  # sample flag: this is no key frame (ISO/IEC 14496-12 section 8.8.3.1)
TFHD_FLAGS, TFDT = 0x20, b"tfdt"


class Head(Struct, frozen=True):
    """What stands before the first segment."""

    codecs: tuple[str, ...]  # as in RFC 6381
    main: int  # the number of the track that times are told by: the picture's, if there is one
    pictures: bool
    rates: dict[int, int]  # ticks a second, by track
    finished: bool = False  # it is no growing file: the table of its frames is here


class Start(Struct, frozen=True):
    """When a segment begins, in seconds; None where its front does not tell, and whether with a key frame."""

    at: float | None
    key: bool


def webm_head(content: bytes) -> Head:
    """Read what stands before the first cluster; raise BadElement."""
    _, size, length = ebml.head(content)
    at = length + size
    _, _, length = ebml.head(content, at)
    scale, tracks, finished = MILLISECOND, list[tuple[int, str]](), False
    for ident, start, end in ebml.children(content[at + length :]):
        start, end = start + at + length, end + at + length
        if ident == ebml.INFO:
            scale = _number(content[start:end], ebml.TIMESTAMP_SCALE) or scale
        elif ident == ebml.TRACKS:
            tracks = list(_webm_tracks(content[start:end]))
        finished |= ident == ebml.CUES
    pictures = [number for number, codec in tracks if codec.startswith("V_")]
    codecs = tuple(CODECS.get(codec, codec) for _, codec in tracks)
    main = pictures[0] if pictures else 1
    rate = round(1e9 / scale)
    return Head(codecs, main, bool(pictures), {number: rate for number, _ in tracks}, finished)


def webm_start(front: bytes, head: Head) -> Start:
    """Read the first PROBE bytes of a cluster."""
    at: float | None = None
    try:
        _, _, length = ebml.head(front)
        while length < len(front):
            ident, size, head_length = ebml.head(front, length)
            body = front[length + head_length : length + head_length + size]
            if ident == ebml.TIMESTAMP:
                at = int.from_bytes(body) / head.rates.get(head.main, 1000)
            if ident == ebml.BLOCK_GROUP:
                ident, body = _block_of(body)
            if ident in (ebml.SIMPLE_BLOCK, ebml.BLOCK):
                track, begin = ebml.block(body[: ebml.MAX_HEAD])
                if track == head.main:
                    key = ident == ebml.SIMPLE_BLOCK and bool(body[begin - 1] & 0x80)
                    return Start(at, key or not head.pictures)
            length += head_length + size
    except (ebml.BadElement, IndexError):
        pass
    return Start(at, not head.pictures)


def mp4_head(content: bytes) -> Head:
    """Read ftyp and moov; raise BadBox."""
    codecs, rates, main, pictures, grows = list[str](), dict[int, int](), 0, False, False
    for kind, start, end in _descend(content, (b"moov",)):
        grows |= kind == b"mvex"
        if kind != b"trak":
            continue
        boxes = {path: (begin, stop) for path, begin, stop in _descend(content, TRAK, start, end)}
        number = _tail_number(content, boxes[b"tkhd"], 12, 20)
        rates[number] = _tail_number(content, boxes[b"mdhd"], 12, 20) or 1
        entry = content[boxes[b"stsd"][0] : boxes[b"stsd"][1]]
        if entry[12:16] == b"avc1":
            main, pictures = number, True
            mark = entry.find(b"avcC")
            codecs.append("avc1." + entry[mark + 5 : mark + 8].hex())
        else:
            codecs.append(entry[12:16].decode("ascii", "replace").lower())
    return Head(tuple(codecs), main or min(rates, default=1), pictures, rates, not grows)


def mp4_start(moof: bytes, head: Head) -> Start:
    """Read a moof box."""
    try:
        _, size, length = mp4.head(moof)
        for kind, start, end in mp4.children(moof, length, size):
            if kind == b"traf" and (found := _traf(moof, start, end, head)) is not None:
                return found
    except (mp4.BadBox, KeyError, IndexError):
        pass
    return Start(None, not head.pictures)


TRAK = (b"mdia", b"minf", b"stbl")


def _descend(
    content: bytes, into: tuple[bytes, ...], start: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
    for kind, begin, stop in mp4.children(content, start, len(content) if end is None else end):
        yield kind, begin, stop
        if kind in into:
            yield from _descend(content, into, begin, stop)


def _tail_number(content: bytes, place: tuple[int, int], short: int, long: int) -> int:
    """Return a field that stands behind two times, which take 4 or 8 bytes each by the box's version."""
    at = place[0] + (long if content[place[0]] else short)
    return int.from_bytes(content[at : at + 4])


def _traf(moof: bytes, start: int, end: int, head: Head) -> Start | None:
    boxes = {kind: moof[begin:stop] for kind, begin, stop in mp4.children(moof, start, end)}
    header, run, begins = boxes[b"tfhd"], boxes[b"trun"], boxes[TFDT]
    track = int.from_bytes(header[4:8])
    if track != head.main:
        return None
    at = int.from_bytes(begins[4:12] if begins[0] else begins[4:8]) / head.rates[track]
    return Start(at, not head.pictures or not _first_flags(header, run) & NOT_SYNC)


def _first_flags(header: bytes, run: bytes) -> int:
    """Return the flags of a run's first sample."""
    flags = int.from_bytes(run[1:4])
    if flags & mp4.TRUN_FIRST_FLAGS:
        return int.from_bytes(run[12:16])
    if flags & mp4.TRUN_FLAGS:
        at = 12 + 4 * bool(flags & mp4.TRUN_DURATION) + 4 * bool(flags & mp4.TRUN_SIZE)
        return int.from_bytes(run[at : at + 4])
    return int.from_bytes(header[-4:]) if int.from_bytes(header[1:4]) & TFHD_FLAGS else NOT_SYNC


def _webm_tracks(content: bytes) -> Iterator[tuple[int, str]]:
    for ident, start, end in ebml.children(content):
        if ident == ebml.TRACK_ENTRY:
            entry = content[start:end]
            codec = next((entry[a:b] for i, a, b in ebml.children(entry) if i == ebml.CODEC_ID), b"")
            yield _number(entry, ebml.TRACK_NUMBER), codec.decode("ascii", "replace")


def _number(content: bytes, wanted: int) -> int:
    found = (content[a:b] for ident, a, b in ebml.children(content) if ident == wanted)
    return int.from_bytes(next(found, b""))


def _block_of(group: bytes) -> tuple[int, bytes]:
    """Return the block of a group as a simple one: without a reference to another it is a key frame."""
    found = {ident: group[a:b] for ident, a, b in ebml.children(group)}
    block = found.get(ebml.BLOCK)
    if block is None or REFERENCE in found:
        return ebml.BLOCK, block or b""
    _, begin = ebml.block(block[: ebml.MAX_HEAD])
    return ebml.SIMPLE_BLOCK, block[: begin - 1] + bytes([block[begin - 1] | 0x80]) + block[begin:]


REFERENCE = 0xFB  # a block that this one is to be decoded after
