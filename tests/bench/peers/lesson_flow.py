"""A lesson as the network sees it: RTP packets of 1250 bytes in 25 bursts a second, at a steady rate."""

import select
import socket
import sys
import time

import msgspec

from tests.bench.contract import FlowPlan

PORT = 5004
SIZE = 1250  # bytes of an IP packet
HEADERS = 28  # of IP and UDP
FPS = 25
HEAD = bytes((0x80, 96))  # RTP version 2, a dynamic payload type
SSRC = (0x1E5500).to_bytes(4, "big")


def main(plan: FlowPlan) -> None:
    """Send until the time is over, or standard input closes."""
    each = max(1, round(plan.rate / 8 / FPS / SIZE))
    padding = bytes(round(plan.rate / 8 / FPS / each) - HEADERS - 20)
    began, frame, sequence = time.monotonic(), 0, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        while frame < plan.seconds * FPS:
            stamp = (frame * 90_000 // FPS).to_bytes(4, "big")
            for _ in range(each):
                sent = time.monotonic_ns().to_bytes(8, "big")
                head = HEAD + (sequence & 0xFFFF).to_bytes(2, "big") + stamp + SSRC
                door.sendto(head + sent + padding, (plan.to, PORT))
                sequence += 1
            frame += 1
            if select.select([sys.stdin], [], [], max(0.0, began + frame / FPS - time.monotonic()))[0]:
                break


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=FlowPlan))
