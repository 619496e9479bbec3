"""A SPIKE Prime hub to practise with: a motor, three sensors, and programs in its slots (core)."""

import math
import struct

from devices.driver import Driver
from devices.drivers import spike_messages as messages
from devices.drivers.spike import Spike
from devices.drivers.spike_frames import Frames, packed
from devices.simulate import Fault, noise

FIRMWARE = (1, 6, 62)
PACKET, LARGEST, CHUNK = 512, 1024, 512  # bytes that it takes
LASTS = 20.0  # seconds of a program
FULL = 3600.0  # seconds of programs that a charged battery lasts
MAX_FILE = 200_000  # bytes
LONGEST_PAUSE = 1.0  # seconds; what was to be told before that was never told
GARBAGE = b"\x05\x09\x00\x02\x3c\x41~temp,,C\x02"
PROGRAMS = {
    "dance": b"import motor, runloop\nfrom hub import port\nmotor.run(port.A, 500)\n",
    "hello": b"from hub import light_matrix\nlight_matrix.write('Hello')\nprint('hello')\n",
}


class FarSpike:
    """The hub."""

    programs = tuple(PROGRAMS)

    def __init__(self, seed: int = 1) -> None:
        self.fault: Fault = ""
        self.slots: dict[int, bytes] = {}
        self.running: int | None = None  # the slot
        self._seed = seed
        self._frames = Frames()
        self._says = b""
        self._interval = 0.0  # seconds between notifications, 0 for none
        self._next = 0.0
        self._number = 0
        self._since = 0.0
        self._driven = 0.0
        self._turned = 0.0  # degrees
        self._file: tuple[int, int] | None = None  # slot and checksum of what is being brought
        self._brought = b""
        self._sum = 0

    @property
    def moves(self) -> bool:
        """Whether its motor turns."""
        return self.running is not None

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Spike(PROGRAMS)

    def press(self, slot: int, now: float) -> None:
        """Start a program by the hub's own button."""
        self._start(slot, now)

    def take(self, piece: bytes, now: float) -> None:
        """Obey."""
        if self.fault in ("silent", "unplugged"):
            return
        for message in self._frames.cut(piece):
            self._obey(message, now)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        if self.running is not None and now - self._since >= LASTS:
            self._end(now)
        while self._interval and self._next <= now:
            self._next = max(self._next + self._interval, now - LONGEST_PAUSE)
            self._says += packed(self._told(now))
        said, self._says = self._says, b""
        if self.fault == "garbage":
            return GARBAGE
        return b"" if self.fault in ("silent", "unplugged") else said

    def _obey(self, message: bytes, now: float) -> None:
        kind = message[0]
        if kind == messages.INFO:
            said = messages.INFORMATION.pack(1, 0, 47, *FIRMWARE, PACKET, LARGEST, CHUNK, 0)
            self._says += packed(bytes((messages.INFO_SAID,)) + said)
        elif kind == messages.NOTIFY and len(message) == 3:
            self._interval = struct.unpack_from("<H", message, 1)[0] / 1000
            self._next = now
            self._answer(messages.NOTIFY_SAID, True)
        elif kind == messages.CLEAR and len(message) == 2:
            self._answer(messages.CLEAR_SAID, self.slots.pop(message[1], None) is not None)
        elif kind == messages.FLOW and len(message) == 3:
            self._flow(message[1], message[2], now)
        elif kind in (messages.UPLOAD, messages.CHUNK):
            self._bring(message)

    def _flow(self, action: int, slot: int, now: float) -> None:
        if action == messages.START and slot in self.slots:
            self._answer(messages.FLOW_SAID, True)
            self._start(slot, now)
        elif action == messages.STOP and slot == self.running:
            self._answer(messages.FLOW_SAID, True)
            self._end(now)
        else:
            self._answer(messages.FLOW_SAID, False)

    def _bring(self, message: bytes) -> None:
        if message[0] == messages.UPLOAD:
            name, _, rest = message[1:].partition(b"\0")
            slot, checksum = struct.unpack("<BI", rest)
            self._file, self._brought, self._sum = (slot, checksum), b"", 0
            self._answer(messages.UPLOAD_SAID, bool(name) and slot < messages.SLOTS)
            return
        running, size = struct.unpack_from("<IH", message, 1)
        part = message[7:]
        self._sum = messages.checksum(part, self._sum)
        fits = self._file is not None and len(part) == size <= CHUNK and len(self._brought) < MAX_FILE
        if fits and running == self._sum:
            self._brought += part
            self._kept()
        self._answer(messages.CHUNK_SAID, fits and running == self._sum)

    def _kept(self) -> None:
        if self._file and messages.checksum(self._brought) == self._file[1]:
            self.slots[self._file[0]] = self._brought

    def _answer(self, kind: int, is_yes: bool) -> None:
        self._says += packed(bytes((kind, 0 if is_yes else 1)))

    def _start(self, slot: int, now: float) -> None:
        self.running, self._since = slot, now
        self._says += packed(bytes((messages.FLOW_TOLD, messages.START)))
        if b"print('hello')" in self.slots.get(slot, b""):
            self._says += packed(bytes((messages.CONSOLE,)) + b"hello\n\0")

    def _end(self, now: float) -> None:
        self._driven += now - self._since
        self.running = None
        self._says += packed(bytes((messages.FLOW_TOLD, messages.STOP)))

    def _told(self, now: float) -> bytes:
        self._number += 1
        speed = 50 if self.moves else 0
        self._turned += speed * 9 * self._interval
        jitter = noise(self._seed, self._number)
        battery = max(0.0, 1.0 - self._driven / FULL)
        far = 9000 if self.fault == "out-of-range" else round(700 + 500 * math.sin(now / 3))
        rows = (
            (0, (round(100 * battery),)),
            (1, (0, 0, round(100 * math.sin(now)), 0, 0, round(8 * jitter), 0, 1000, 0, 0, 0)),
            (10, (0, 0x30, round(self._turned) % 360 - 180, speed * 100, speed, round(self._turned))),
            (11, (1, 0, 0)),
            (12, (2, 9, 700, 90, 80)),
            (13, (3, min(far, 4000))),
        )
        payload = b"".join(bytes((kind,)) + messages.ROWS[kind].layout.pack(*row) for kind, row in rows)
        return struct.pack("<BH", messages.DEVICES, len(payload)) + payload
