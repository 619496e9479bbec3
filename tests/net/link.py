"""The link emulator: `python -m tests.net.link NS_A NS_B PLAN` joins two network namespaces; PLAN is JSON.

Two TUN devices, one in each namespace, need root and /dev/net/tun but no kernel module such as netem.
The process speaks JSON lines: "up" first, then an answer to every command on its standard input.
It ends, with the counts, when that closes.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from contextlib import suppress

import msgspec
from msgspec import Struct

from tests.net.wire import Counts, Quality, Wire

DEVICE = "lesson0"
ADDRESSES = ("10.9.0.1", "10.9.0.2")
MTU = 1500
BATCH = 64  # packets read at once before the other direction gets its turn
IDLE = 1.0  # seconds between looks when nothing is under way
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
IPV4 = 4


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """How a link behaves: quality of each direction, and cuts that come by themselves."""

    forth: Quality = Quality()  # from the first namespace to the second
    back: Quality = Quality()
    seed: int = 7
    cuts: tuple[tuple[float, float], ...] = ()  # (seconds after the start, length in seconds)


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """An order to a running link."""

    do: str  # "count" | "cut" | "mend" | "change"
    plan: Plan | None = None  # of "change": the qualities from now on


class Answer(Struct, frozen=True):
    """The counts so far of both directions."""

    at: float
    forth: Counts
    back: Counts


class Emulator:
    """Carries packets between two TUN devices until told to stop."""

    def __init__(self, plan: Plan, ends: tuple[int, int]) -> None:
        self._wires = (Wire(plan.forth, plan.seed), Wire(plan.back, plan.seed + 1))
        self._ends = ends
        self._begin = time.monotonic()
        self._cuts = plan.cuts
        self._by_hand = False

    def run(self) -> None:
        """Carry packets and obey commands until standard input closes."""
        print('"up"', flush=True)
        while True:
            ready, _, _ = select.select([*self._ends, 0], [], [], self._pause())
            now = time.monotonic()
            self._cut(now)
            for number, end in enumerate(self._ends):
                if end in ready:
                    self._read(number, now)
            if 0 in ready and not self._obey(sys.stdin.readline()):
                break
            self._deliver()
        self._print_counts()

    def _pause(self) -> float:
        dues = [due for wire in self._wires if (due := wire.next_due()) is not None]
        return max(0.0, min(dues) - time.monotonic()) if dues else IDLE

    def _cut(self, now: float) -> None:
        age = now - self._begin
        scheduled = any(start <= age < start + length for start, length in self._cuts)
        for wire in self._wires:
            wire.is_cut = self._by_hand or scheduled

    def _read(self, number: int, now: float) -> None:
        for _ in range(BATCH):
            try:
                packet = os.read(self._ends[number], MTU)
            except BlockingIOError:
                break
            if packet[0] >> 4 == IPV4:
                self._wires[number].offer(packet, now)

    def _deliver(self) -> None:
        for number, wire in enumerate(self._wires):
            for packet in wire.due(time.monotonic()):
                os.write(self._ends[1 - number], packet)

    def _obey(self, line: str) -> bool:
        """Do what one line asks and answer; False when there will be no more lines."""
        if not line:
            return False
        command = msgspec.json.decode(line, type=Command)
        if command.do in ("cut", "mend"):
            self._by_hand = command.do == "cut"
        elif command.do == "change" and command.plan:
            self._wires[0].quality, self._wires[1].quality = command.plan.forth, command.plan.back
        self._print_counts()
        return True

    def _print_counts(self) -> None:
        answer = Answer(time.monotonic() - self._begin, self._wires[0].counts, self._wires[1].counts)
        print(msgspec.json.encode(answer).decode(), flush=True)


def open_tun(namespace: str, address: str, device: str = DEVICE) -> int:
    """Make a TUN device in a namespace and return its file; the calling thread stays in that namespace."""
    place = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    enter_namespace(place)
    os.close(place)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22s", device.encode(), IFF_TUN | IFF_NO_PI, b""))
    for order in (
        f"addr add {address}/24 dev {device}",
        f"link set {device} mtu {MTU} txqueuelen 1000 multicast on up",
        f"route add 224.0.0.0/4 dev {device}",
    ):
        subprocess.run(["ip", *order.split()], check=True)
    return tun


def go_first() -> None:
    """Wait for no core, as a wire does not; where that is not allowed, wait as everybody does."""
    with suppress(PermissionError):  # a container without CAP_SYS_NICE
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def enter_namespace(place: int) -> None:
    """setns(2), which Python 3.11 does not have."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(place, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def main(first: str, second: str, plan: str) -> None:
    """Join two namespaces."""
    go_first()
    ends = (open_tun(first, ADDRESSES[0]), open_tun(second, ADDRESSES[1]))
    Emulator(msgspec.json.decode(plan, type=Plan), ends).run()


if __name__ == "__main__":
    main(*sys.argv[1:4])
