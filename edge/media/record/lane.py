"""One track on its way from packets to whole frames, for a reader that has time."""

from edge.media.codec import h264, opus, vp8
from edge.media.packet import CLOCK_RATE, Codec, Frame, Packet, Track
from edge.media.reorder import Reorder
from edge.media.timeline import SenderClock

STUCK = 2.0  # seconds in which every frame lies before the last one taken: the timestamps have jumped back

Assembler = h264.Assembler | vp8.Assembler | opus.Assembler

ASSEMBLERS: dict[Codec, type[Assembler]] = {
    "H264": h264.Assembler,
    "VP8": vp8.Assembler,
    "opus": opus.Assembler,
}


class Lane:
    """Orders packets, assembles frames, keeps the sender's clock."""

    def __init__(self, track: Track) -> None:
        self.clock = SenderClock(CLOCK_RATE[track.kind])
        self.arrival: float | None = None  # of the newest packet
        self._track = track
        self._reorder = Reorder()
        self._assembler: Assembler = ASSEMBLERS[track.codec]()
        self._broken = 0  # frames broken in assemblers before this one
        self._framed = 0.0  # arrival of the last whole frame

    @property
    def lost(self) -> int:
        """Packets that never came and frames that were not whole."""
        return self._reorder.given_up + self._assembler.broken + self._broken

    @property
    def is_stuck(self) -> bool:
        """Packets come, but all their frames are older than one before: only a fresh start helps."""
        return self._assembler.backwards > 0 and (self.arrival or 0.0) - self._framed > STUCK

    def packet(self, packet: Packet) -> list[Frame]:
        """Take a packet; return the frames that are complete now."""
        self.arrival = packet.arrival
        return self._assemble(self._reorder.add(packet, packet.arrival))

    def expire(self, now: float) -> list[Frame]:
        """Give up what was waited for too long; return the frames that frees."""
        return self._assemble(self._reorder.expire(now))

    def flush(self) -> list[Frame]:
        """Give up everything that is missing; return the last frames."""
        return self._assemble(self._reorder.flush())

    def forget_clock(self) -> None:
        """What the sender reports said so far says nothing about what follows."""
        self.clock = SenderClock(CLOCK_RATE[self._track.kind])

    def begin_anew(self) -> None:
        """Take any timestamps from now on."""
        self._broken += self._assembler.broken
        self._assembler = ASSEMBLERS[self._track.codec]()
        self.forget_clock()

    def _assemble(self, packets: list[Packet]) -> list[Frame]:
        frames = [frame for packet in packets for frame in self._assembler.feed(packet)]
        if frames:
            self._framed = frames[-1].arrival
        return frames
