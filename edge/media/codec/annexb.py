"""H.264 as libav writes it made into what WebRTC expects: parameter sets before every IDR, SDP parameters."""

from collections.abc import Iterable

from edge.media.codec.h264 import DELIMITER, IDR, PPS, SPS, START


def join(nals: Iterable[bytes]) -> bytes:
    """Return the NALs as a byte stream, each behind a 4-byte start code."""
    return b"".join(START + nal for nal in nals)


def kind(nal: bytes) -> int:
    """Return the nal_unit_type."""
    return nal[0] & 0x1F


def fmtp(sps: bytes) -> str:
    """Return the SDP format parameters (RFC 6184 section 8.1) of a stream with this SPS."""
    return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={sps[1:4].hex()}"


class ParameterSets:
    """Remember the stream's SPS and PPS and put them before every IDR picture that comes without."""

    def __init__(self) -> None:
        self._sets: dict[int, list[bytes]] = {SPS: [], PPS: []}

    @property
    def sps(self) -> bytes | None:
        """The sequence parameter set in force, if one was seen."""
        return self._sets[SPS][-1] if self._sets[SPS] else None

    def learn(self, nals: Iterable[bytes]) -> None:
        """Remember parameter sets, those of a muxer's header for example."""
        seen = list(nals)
        for number in (SPS, PPS):
            self._sets[number] = [nal for nal in seen if kind(nal) == number] or self._sets[number]

    def complete(self, nals: list[bytes]) -> list[bytes]:
        """Return one picture's NALs, an IDR with its parameter sets first, as libav's filter does not."""
        self.learn(nals)
        if IDR not in map(kind, nals):
            return nals
        others = [nal for nal in nals if kind(nal) not in self._sets]
        delimiter = [nal for nal in others[:1] if kind(nal) == DELIMITER]
        return [*delimiter, *self._sets[SPS], *self._sets[PPS], *others[len(delimiter) :]]
