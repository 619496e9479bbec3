"""Who reads a stream in a test."""

from edge.media.packet import Kind, Packet


class Reader:
    """Notes what a stream hands on."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def packet(self, packet: Packet) -> None:
        """Note a packet."""
        self.packets.append(packet)

    def report(self, kind: Kind, ntp: float, timestamp: int) -> None:
        """Note no report."""

    def closed(self) -> None:
        """Note no end."""

    def of(self, kind: Kind) -> list[Packet]:
        """Return what came of a kind."""
        return [packet for packet in self.packets if packet.kind == kind]
