"""What flows through the media path: tracks, RTP packets, whole frames, and the drains they go to."""

from typing import Literal, Protocol

from msgspec import Struct

Kind = Literal["video", "audio"]
Codec = Literal["H264", "VP8", "opus"]

CLOCK_RATE: dict[Kind, int] = {"video": 90_000, "audio": 48_000}
RTP_HEADER = 12  # bytes of every packet's header here: CSRCs, extensions and padding are cut off on arrival


class Track(Struct, frozen=True):
    """One negotiated track of a stream (RFC 8829 section 5.10)."""

    kind: Kind
    codec: Codec
    payload_type: int
    ssrc: int
    fmtp: str = ""  # format parameters as in SDP, for example "profile-level-id=42e01f;packetization-mode=1"


class Packet(Struct, frozen=True, gc=False):
    """One RTP packet (RFC 3550 section 5.1) as it is forwarded: a 12-byte header and a payload."""

    kind: Kind
    sequence: int  # extended sequence number: never wraps; its low 16 bits are in the header
    timestamp: int  # RTP timestamp extended to never wrap; its low 32 bits are in the header
    marker: bool
    wire: bytes  # header and payload: no CSRC, no extension, no padding
    arrival: float  # monotonic seconds

    @property
    def payload(self) -> bytes:
        """The bytes behind the header."""
        return self.wire[RTP_HEADER:]


class Frame(Struct, frozen=True, gc=False):
    """One whole, validated frame: H.264 as Annex B with 4-byte start codes, VP8 and Opus as they are."""

    kind: Kind
    timestamp: int  # extended RTP timestamp: the frame's identity at every hop (modulo 2**32)
    data: bytes
    key: bool
    arrival: float  # monotonic seconds of its last packet


class Drain(Protocol):
    """One reader of a stream. Calls never block or raise: a slow drain loses its own packets, counted."""

    def packet(self, packet: Packet) -> None:
        """Take one packet, in order of arrival (which need not be the order of sequence numbers)."""

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        """A sender report: media of this extended RTP timestamp was captured at `ntp` seconds."""

    def closed(self) -> None:
        """The stream has ended for good; nothing follows."""
