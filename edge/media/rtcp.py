"""RTCP: reports (RFC 3550), feedback (RFC 4585, RFC 5104 FIR) and REMB (draft-alvestrand-rmcat-remb-03)."""

import struct
from collections.abc import Callable, Iterator

from msgspec import Struct

from edge.media.rtp import BadPacket

MAX_COUNT = 31  # the count of blocks, sources or chunks has five bits
MAX_CNAME = 255  # an item's length is one byte

_SR, _RR, _SDES, _BYE, _RTPFB, _PSFB = 200, 201, 202, 203, 205, 206
_NACK, _PLI, _FIR, _APPLICATION = 1, 1, 4, 15
_CNAME = 1
_LOST_LIMIT = 1 << 23  # the cumulative count is signed, 24 bits, and stays at its ends (RFC 3550 6.4.1)
_WORD = struct.Struct(">I")
_PAIR = struct.Struct(">II")
_HEADER = struct.Struct(">BBH")
_SENDER = struct.Struct(">IQIII")
_BLOCK = struct.Struct(">IIIIII")
_LOST = struct.Struct(">HH")
_COMMAND = struct.Struct(">IB3x")
_REMB = struct.Struct(">4sI")


class ReportBlock(Struct, frozen=True):
    """What one receiver says about one source."""

    ssrc: int
    fraction_lost: int  # in 1/256
    cumulative_lost: int
    highest_sequence: int  # extended, its low 32 bits
    jitter: int
    lsr: int  # middle of the last sender report's NTP time
    dlsr: int  # since that report, in 1/65536 s


class SenderReport(Struct, frozen=True):
    """A sender's clock and counters. `build` writes `ntp`; `ntp_middle` is what comes back as `lsr`."""

    ssrc: int
    ntp: float  # seconds since 1900 modulo 2**32, cut to 2**-21 s so that `middle` of it is exact
    ntp_middle: int
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


class ReceiverReport(Struct, frozen=True):
    """What a peer that sends nothing says about what it receives."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


class Nack(Struct, frozen=True):
    """Please send these packets again; 16-bit sequence numbers when parsed, any when built."""

    sender: int
    ssrc: int
    lost: tuple[int, ...]


class Pli(Struct, frozen=True):
    """Please send a key frame: pictures were lost."""

    sender: int
    ssrc: int


class Fir(Struct, frozen=True):
    """Please send a key frame; `command` grows by one (modulo 256) with each new request."""

    sender: int
    ssrcs: tuple[int, ...]
    command: int = 0


class Remb(Struct, frozen=True):
    """The receiver's estimate of what its link carries, bits a second."""

    sender: int
    bitrate: int
    ssrcs: tuple[int, ...]


class Bye(Struct, frozen=True):
    """These sources have ended."""

    ssrcs: tuple[int, ...]


class SourceDescription(Struct, frozen=True):
    """The canonical name of one source."""

    ssrc: int
    cname: str


AnyRtcp = SenderReport | ReceiverReport | Nack | Pli | Fir | Remb | Bye | SourceDescription


def is_rtcp(data: bytes) -> bool:
    """Tell RTCP from RTP on one port (RFC 5761 section 4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223 and data[0] >> 6 == 2


def middle(ntp: float) -> int:
    """Return the middle 32 bits of an NTP time, as `lsr` carries them."""
    return int(ntp * 65536) & 0xFFFFFFFF


def parse(data: bytes) -> list[AnyRtcp]:
    """Return the known packets of a compound; raise BadPacket if any of it makes no sense."""
    if not data:
        raise BadPacket("RTCP packet of 0 bytes")
    packets: list[AnyRtcp] = []
    at = 0
    while at < len(data):
        count, kind, body, at = _next_packet(data, at)
        parser = _PARSERS.get(kind)
        if parser is not None:
            try:
                packets.extend(parser(count, body))
            except struct.error as exc:
                raise BadPacket(f"RTCP {kind}/{count} has only {len(body)} bytes") from exc
    return packets


def build(*packets: AnyRtcp) -> bytes:
    """Return the packets as one compound."""
    return b"".join(map(_build_one, packets))


def _next_packet(data: bytes, at: int) -> tuple[int, int, bytes, int]:
    """Return count or format, type, body without padding, and where the next packet begins."""
    if len(data) - at < 4:
        raise BadPacket(f"{len(data) - at} bytes behind the last RTCP packet")
    first, kind, words = _HEADER.unpack_from(data, at)
    end = at + 4 + 4 * words
    if first >> 6 != 2:
        raise BadPacket(f"RTCP version {first >> 6}, not 2")
    if end > len(data):
        raise BadPacket(f"RTCP {kind} claims {end - at} bytes, {len(data) - at} are there")
    body = data[at + 4 : end]
    if first & 0x20:
        if not body or not 0 < body[-1] <= len(body):
            raise BadPacket(f"RTCP {kind} with impossible padding")
        body = body[: -body[-1]]
    return first & 0x1F, kind, body, end


def _parse_sender_report(count: int, body: bytes) -> Iterator[AnyRtcp]:
    ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
    seconds = (ntp >> 11) / (1 << 21)
    blocks = _parse_blocks(body, 24, count)
    yield SenderReport(ssrc, seconds, ntp >> 16 & 0xFFFFFFFF, timestamp, packets, octets, blocks)


def _parse_receiver_report(count: int, body: bytes) -> Iterator[AnyRtcp]:
    yield ReceiverReport(_WORD.unpack_from(body)[0], _parse_blocks(body, 4, count))


def _parse_blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_parse_block(body, start + 24 * n) for n in range(count))


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, lost, highest, jitter, lsr, dlsr = _BLOCK.unpack_from(body, at)
    cumulative = lost & 0xFFFFFF
    if cumulative >= _LOST_LIMIT:
        cumulative -= 2 * _LOST_LIMIT
    return ReportBlock(ssrc, lost >> 24, cumulative, highest, jitter, lsr, dlsr)


def _parse_description(count: int, body: bytes) -> Iterator[AnyRtcp]:
    at = 0
    for _ in range(count):
        (ssrc,) = _WORD.unpack_from(body, at)
        at += 4
        cname: str | None = None
        while at < len(body) and body[at]:
            if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
                raise BadPacket(f"RTCP source description cut short at {at}")
            kind, length = body[at : at + 2]
            if kind == _CNAME:
                cname = body[at + 2 : at + 2 + length].decode(errors="replace")
            at += 2 + length
        at = (at // 4 + 1) * 4  # a chunk ends with one to four zero bytes
        if cname is not None:
            yield SourceDescription(ssrc, cname)


def _parse_bye(count: int, body: bytes) -> Iterator[AnyRtcp]:
    yield Bye(struct.unpack_from(f">{count}I", body))


def _parse_transport_feedback(form: int, body: bytes) -> Iterator[AnyRtcp]:
    sender, ssrc = _PAIR.unpack_from(body)
    if form == _NACK:
        yield Nack(sender, ssrc, tuple(_unpack_lost(body)))


def _parse_picture_feedback(form: int, body: bytes) -> Iterator[AnyRtcp]:
    sender, ssrc = _PAIR.unpack_from(body)
    if form == _PLI:
        yield Pli(sender, ssrc)
    elif form == _FIR:
        entries = [_COMMAND.unpack_from(body, at) for at in range(8, len(body), 8)]
        yield Fir(sender, tuple(entry[0] for entry in entries), entries[0][1] if entries else 0)
    elif form == _APPLICATION and body[8:12] == b"REMB":
        _, packed = _REMB.unpack_from(body, 8)
        bitrate = (packed & 0x3FFFF) << (packed >> 18 & 0x3F)
        yield Remb(sender, bitrate, struct.unpack_from(f">{packed >> 24}I", body, 16))


def _unpack_lost(body: bytes) -> Iterator[int]:
    for at in range(8, len(body), 4):
        first, following = _LOST.unpack_from(body, at)
        yield first
        while following:
            lowest = following & -following
            yield (first + lowest.bit_length()) & 0xFFFF
            following ^= lowest


def _pack_lost(lost: tuple[int, ...]) -> bytes:
    entries: list[list[int]] = []
    for sequence in lost:
        behind = (sequence - entries[-1][0] - 1) & 0xFFFF if entries else 0xFFFF
        if behind < 16:
            entries[-1][1] |= 1 << behind
        else:
            entries.append([sequence & 0xFFFF, 0])
    return b"".join(_LOST.pack(*entry) for entry in entries)


_PARSERS: dict[int, Callable[[int, bytes], Iterator[AnyRtcp]]] = {
    _SR: _parse_sender_report,
    _RR: _parse_receiver_report,
    _SDES: _parse_description,
    _BYE: _parse_bye,
    _RTPFB: _parse_transport_feedback,
    _PSFB: _parse_picture_feedback,
}


def _build_one(packet: AnyRtcp) -> bytes:
    match packet:
        case SenderReport():
            return _wrap(_SR, len(packet.blocks), _sender_body(packet))
        case ReceiverReport():
            return _wrap(_RR, len(packet.blocks), _WORD.pack(packet.ssrc) + _pack_blocks(packet.blocks))
        case SourceDescription():
            return _wrap(_SDES, 1, _description_body(packet))
        case Bye():
            return _wrap(_BYE, len(packet.ssrcs), _pack_words(packet.ssrcs))
        case _:
            return _build_feedback(packet)


def _build_feedback(packet: Nack | Pli | Fir | Remb) -> bytes:
    match packet:
        case Nack():
            return _wrap(_RTPFB, _NACK, _PAIR.pack(packet.sender, packet.ssrc) + _pack_lost(packet.lost))
        case Pli():
            return _wrap(_PSFB, _PLI, _PAIR.pack(packet.sender, packet.ssrc))
        case Fir():
            commands = b"".join(_COMMAND.pack(ssrc, packet.command & 0xFF) for ssrc in packet.ssrcs)
            return _wrap(_PSFB, _FIR, _PAIR.pack(packet.sender, 0) + commands)
        case Remb():
            return _wrap(_PSFB, _APPLICATION, _PAIR.pack(packet.sender, 0) + _remb_body(packet))


def _wrap(kind: int, count: int, body: bytes) -> bytes:
    if count > MAX_COUNT:
        raise ValueError(f"RTCP {kind} with {count} entries, at most {MAX_COUNT} fit")
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _sender_body(report: SenderReport) -> bytes:
    ntp = int(report.ntp * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
    timestamp = report.rtp_timestamp & 0xFFFFFFFF
    packets, octets = report.packets & 0xFFFFFFFF, report.octets & 0xFFFFFFFF
    return _SENDER.pack(report.ssrc, ntp, timestamp, packets, octets) + _pack_blocks(report.blocks)


def _pack_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(map(_pack_block, blocks))


def _pack_block(block: ReportBlock) -> bytes:
    cumulative = max(-_LOST_LIMIT, min(block.cumulative_lost, _LOST_LIMIT - 1)) & 0xFFFFFF
    lost = min(block.fraction_lost, 255) << 24 | cumulative
    rest = (block.highest_sequence & 0xFFFFFFFF, min(block.jitter, 0xFFFFFFFF), block.lsr)
    return _BLOCK.pack(block.ssrc, lost, *rest, min(block.dlsr, 0xFFFFFFFF))


def _description_body(description: SourceDescription) -> bytes:
    name = description.cname.encode()
    if len(name) > MAX_CNAME:
        raise ValueError(f"CNAME of {len(name)} bytes, at most {MAX_CNAME} fit")
    chunk = _WORD.pack(description.ssrc) + bytes((_CNAME, len(name))) + name
    return chunk + bytes(4 - len(chunk) % 4)


def _remb_body(remb: Remb) -> bytes:
    exponent = min(max(0, remb.bitrate.bit_length() - 18), 63)
    mantissa = min(remb.bitrate >> exponent, 0x3FFFF)
    packed = len(remb.ssrcs) << 24 | exponent << 18 | mantissa
    return _REMB.pack(b"REMB", packed) + _pack_words(remb.ssrcs)


def _pack_words(words: tuple[int, ...]) -> bytes:
    return struct.pack(f">{len(words)}I", *words)
