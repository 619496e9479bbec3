"""A UDP echo and its caller, run inside namespaces: `echo ADDRESS`, `call ADDRESS COUNT BYTES PAUSE`."""

import json
import select
import socket
import sys
import time

from tests.net.link import go_first

PORT = 7007
LAST = 2.0  # seconds to wait for the last echo


def echo(address: str) -> None:
    """Send every datagram back to where it came from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind((address, PORT))
        print("up", flush=True)
        while True:
            packet, sender = door.recvfrom(2048)
            door.sendto(packet, sender)


def call(address: str, count: int, size: int, pause: float) -> None:
    """Send `count` datagrams, one a `pause`, and print the round trips of those that came back."""
    trips = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.connect((address, PORT))
        begin = time.monotonic()
        for number in range(count):
            while (wait := begin + number * pause - time.monotonic()) > 0:
                if select.select([door], [], [], wait)[0]:
                    trips.append(_trip(door))
            door.send(repr(time.monotonic()).encode().ljust(size))
        while len(trips) < count and select.select([door], [], [], LAST)[0]:
            trips.append(_trip(door))
    print(json.dumps(trips))


def _trip(door: socket.socket) -> float:
    return time.monotonic() - float(door.recv(2048))


if __name__ == "__main__":
    go_first()  # it measures, and is not what is measured
    match sys.argv[1:]:
        case ["echo", address]:
            echo(address)
        case ["call", address, count, size, pause]:
            call(address, int(count), int(size), float(pause))
