"""H.264 in RTP (RFC 6184, packetization modes 0 and 1) and in Annex B with 4-byte start codes."""

from collections.abc import Iterator

from edge.media.codec.assembly import VideoAssembler

START = b"\0\0\0\1"
IDR, SEI, SPS, PPS, DELIMITER = 5, 6, 7, 8, 9
LAST_SINGLE = 23  # types 24 and up exist only in RTP
STAP_A, FU_A = 24, 28
MIN_LIMIT = 16  # below this a fragment would be mostly header

# The order in which an access unit begins (ITU-T H.264 7.4.1.2.3); everything else goes with the slices.
_RANK = {DELIMITER: 0, SPS: 1, PPS: 2, SEI: 3}
_SLICE_RANK = 4
_STARTED = [START + bytes((octet,)) for octet in range(256)]


class Assembler(VideoAssembler):
    """Frames of one H.264 track.

    After a hole nothing in H.264 says whether the first packets of a frame are missing. So what frames of
    this stream begin with is learnt from those without a hole before them, key frames apart from others; a
    frame after a hole passes if it begins at least as early, and a slice only if it is a picture's first.
    """

    def __init__(self) -> None:
        super().__init__()
        self._habit: dict[bool, int] = {}
        self._reset()

    def _reset(self) -> None:
        self._fragmented = -1  # type of the NAL whose end is still to come
        self._first = -1  # type of the frame's first NAL
        self._begins_picture = False
        self._key = False
        self._described = False

    def _add(self, wire: bytes) -> bool:
        octet = wire[12]
        kind = octet & 0x1F
        if octet >= 0x80:
            return False  # the forbidden bit: something on the way knows this NAL is damaged
        if kind == FU_A:
            return self._add_fragment(wire)
        if self._fragmented >= 0:
            return False
        if kind == STAP_A:
            return self._add_aggregate(wire)
        self._chunks += (START, wire[12:])
        return self._note(kind, wire, 13)

    def _add_fragment(self, wire: bytes) -> bool:
        if len(wire) < 14:
            return False
        flags = wire[13]
        kind = flags & 0x1F
        if flags & 0x80:
            if self._fragmented >= 0 or not self._note(kind, wire, 14):
                return False
            self._chunks.append(_STARTED[wire[12] & 0x60 | kind])
        elif kind != self._fragmented:
            return False
        self._fragmented = -1 if flags & 0x40 else kind
        self._chunks.append(wire[14:])
        return True

    def _add_aggregate(self, wire: bytes) -> bool:
        for start, end in _aggregated(wire, 13):
            if end < 0:
                return False
            self._chunks += (START, wire[start:end])
            if not self._note(wire[start] & 0x1F, wire, start + 1):
                return False
        return len(wire) > 13

    def _note(self, kind: int, wire: bytes, body: int) -> bool:
        """Remember what this NAL tells about the frame; False if no NAL can be like this."""
        if not 0 < kind <= LAST_SINGLE:
            return False
        begins = kind <= IDR and body < len(wire) and wire[body] >= 0x80  # first_mb_in_slice = ue(v) 0
        if self._first < 0:
            self._first = kind
            self._begins_picture = begins or kind > IDR
        self._described |= kind == SPS
        if kind <= IDR:
            self._pictured = True
            self._key |= kind == IDR
            return body < len(wire)
        return True

    def _is_whole(self, frame: bytes) -> bool:
        if self._fragmented >= 0:
            return False
        rank = _RANK.get(self._first, _SLICE_RANK)
        passes = self._begins_picture and rank <= self._habit.get(self._key, self._latest())
        if self._after_hole and not passes:
            return False
        # The first frame of a stream stands behind a hole too: what it begins with is learnt all the same.
        self._habit[self._key] = min(rank, self._habit.get(self._key, _SLICE_RANK))
        return True

    def _latest(self) -> int:
        """Return how late a frame may begin before anything is known of the stream."""
        # FFmpeg sends its first SEI before the SPS: with an SPS inside, nothing a decoder needs is missing.
        return _RANK[SPS] if self._key and not self._described else _SLICE_RANK

    def _is_key(self, frame: bytes) -> bool:
        return self._key


def packetise(frame: bytes, limit: int = 1200) -> list[bytes]:
    """Return the RTP payloads of an Annex B frame: parameter sets together, large NALs in pieces."""
    if limit < MIN_LIMIT:
        raise ValueError(f"H.264 payloads of at most {limit} bytes, {MIN_LIMIT} is the least")
    payloads: list[bytes] = []
    waiting: list[bytes] = []
    for nal in nals(frame):
        if nal[0] & 0x1F > IDR and 3 + len(nal) + sum(2 + len(other) for other in waiting) <= limit:
            waiting.append(nal)
            continue
        payloads += _aggregate(waiting)
        waiting = []
        payloads += [nal] if len(nal) <= limit else _fragments(nal, limit)
    payloads += _aggregate(waiting)
    if not payloads:
        raise ValueError(f"no NAL in {len(frame)} bytes: not Annex B")
    return payloads


def nals(frame: bytes) -> Iterator[bytes]:
    """Return the NALs of an Annex B frame without their start codes, of 3 or 4 bytes."""
    start = frame.find(b"\0\0\1")
    while start >= 0:
        following = frame.find(b"\0\0\1", start + 3)
        end = len(frame) if following < 0 else following
        # No NAL ends in a zero byte: such bytes belong to the next start code (Annex B, trailing_zero_8bits).
        nal = (
            frame[start + 3 : end].rstrip(b"\0")
            if end > 0 and frame[end - 1] == 0
            else frame[start + 3 : end]
        )
        if nal:
            yield nal
        start = following


def parameter_sets(frame: bytes) -> tuple[bytes, bytes] | None:
    """Return the frame's first SPS and PPS, or None if one of them is missing or too short to be one."""
    sps = pps = b""
    for nal in nals(frame):
        kind = nal[0] & 0x1F
        if kind == SPS and not sps:
            sps = nal
        elif kind == PPS and not pps:
            pps = nal
        elif kind <= IDR:
            break
    return (sps, pps) if len(sps) >= 4 and len(pps) >= 2 else None


def starts_key(payload: bytes) -> bool:
    """Tell whether an RTP payload holds an SPS or the first slice of an IDR picture."""
    if len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind == FU_A:
        return payload[1] >= 0x80 and _opens_key(payload[1] & 0x1F, payload, 2)
    if kind == STAP_A:
        return any(
            end > 0 and _opens_key(payload[start] & 0x1F, payload, start + 1)
            for start, end in _aggregated(payload, 1)
        )
    return _opens_key(kind, payload, 1)


def _opens_key(kind: int, payload: bytes, body: int) -> bool:
    return kind == SPS or (kind == IDR and body < len(payload) and payload[body] >= 0x80)


def _aggregated(wire: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Return where each NAL of a STAP-A begins and ends; an end of -1 where the lengths are nonsense."""
    while at < len(wire):
        start = at + 2
        at = start + int.from_bytes(wire[at:start], "big")
        if at <= start or at > len(wire):
            yield start, -1
            return
        yield start, at


def _aggregate(waiting: list[bytes]) -> list[bytes]:
    if len(waiting) < 2:
        return waiting
    importance = max(nal[0] & 0x60 for nal in waiting)
    sized = b"".join(len(nal).to_bytes(2, "big") + nal for nal in waiting)
    return [bytes((importance | STAP_A,)) + sized]


def _fragments(nal: bytes, limit: int) -> list[bytes]:
    """Cut a NAL into FU-As, all of one size but the last: UDP segmentation offload asks for that."""
    body = len(nal) - 1
    count = -(-body // (limit - 2))
    size = -(-body // count)
    indicator, kind = nal[0] & 0x60 | FU_A, nal[0] & 0x1F
    payloads = []
    for start in range(1, len(nal), size):
        flags = kind | (0x80 if start == 1 else 0) | (0x40 if start + size >= len(nal) else 0)
        payloads.append(bytes((indicator, flags)) + nal[start : start + size])
    return payloads
