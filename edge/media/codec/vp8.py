"""VP8 in RTP (RFC 7741) and its frames (RFC 6386)."""

from edge.media.codec.assembly import VideoAssembler
from edge.media.packet import RTP_HEADER

KEY_HEADER = 10  # frame tag, start code, width, height
_START_CODE = b"\x9d\x01\x2a"
_BEGIN = 0x10  # S: start of a partition; with partition 0 the start of a frame


class Assembler(VideoAssembler):
    """Frames of one VP8 track; the payload descriptor says where each begins."""

    def _reset(self) -> None:
        self._pictured = True

    def _add(self, wire: bytes) -> bool:
        body = _body(wire, RTP_HEADER)
        if _begins_frame(wire[RTP_HEADER]) == bool(self._chunks) or body >= len(wire):
            return False
        self._chunks.append(wire[body:])
        return True

    def _is_whole(self, frame: bytes) -> bool:
        return is_valid(frame)

    def _is_key(self, frame: bytes) -> bool:
        return is_key(frame)


def packetise(frame: bytes, limit: int = 1200) -> list[bytes]:
    """Return the RTP payloads of a frame, all of one size but the last."""
    if limit < 2:
        raise ValueError(f"VP8 payloads of at most {limit} bytes, 2 is the least")
    if not is_valid(frame):
        raise ValueError(f"not a VP8 frame: {frame[:KEY_HEADER].hex()} and so on, {len(frame)} bytes")
    count = -(-len(frame) // (limit - 1))
    size = -(-len(frame) // count)
    return [
        (b"\0" if start else b"\x10") + frame[start : start + size] for start in range(0, len(frame), size)
    ]


def is_valid(frame: bytes) -> bool:
    """Tell whether the header is sound and the first partition is all there (RFC 6386 section 9.1)."""
    if len(frame) < 3:
        return False
    first_partition = int.from_bytes(frame[:3], "little") >> 5
    if frame[0] & 1:
        return len(frame) >= 3 + first_partition
    return frame[3:6] == _START_CODE and len(frame) >= KEY_HEADER + first_partition


def is_key(frame: bytes) -> bool:
    """Tell whether a frame is a key frame."""
    return len(frame) >= KEY_HEADER and not frame[0] & 1 and frame[3:6] == _START_CODE


def dimensions(frame: bytes) -> tuple[int, int] | None:
    """Return width and height of a key frame, None for every other."""
    if not is_key(frame):
        return None
    size = int.from_bytes(frame[6:10], "little")
    return size & 0x3FFF, size >> 16 & 0x3FFF  # the two bits above each say how to scale


def starts_key(payload: bytes) -> bool:
    """Tell whether an RTP payload begins a key frame."""
    if not payload or not _begins_frame(payload[0]):
        return False
    body = _body(payload, 0)
    return body < len(payload) and not payload[body] & 1


def _begins_frame(descriptor: int) -> bool:
    return descriptor & (_BEGIN | 0x07) == _BEGIN


def _body(wire: bytes, at: int) -> int:
    """Return where the frame begins behind the payload descriptor at `at`, the end if it is cut short."""
    if not wire[at] & 0x80:
        return at + 1
    if len(wire) < at + 3:
        return len(wire)
    flags = wire[at + 1]
    body = at + 2
    if flags & 0x80:
        body += 2 if wire[body] & 0x80 else 1  # picture id of 15 or 7 bits
    if flags & 0x40:
        body += 1
    if flags & 0x30:
        body += 1
    return body
