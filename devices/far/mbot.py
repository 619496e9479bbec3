"""An mBot to practise with: it speaks as the firmware 06.01.107 does, and gets stuck as it does (core)."""

import math
import struct

from devices.driver import Driver
from devices.drivers.mbot import Mbot
from devices.drivers.mbot_frames import END, GET, HEAD, RESET, RUN
from devices.simulate import Fault, noise

BUFFER = 52  # bytes of one frame; what is longer is forgotten
VERSION = b"06.01.107"
GARBAGE = HEAD + b"\x01\x02~~~~~~" + b"\xfe\x00temp,,C\n"
WALL = 400.0  # centimetres: nothing within reach
MOTORS = (9, 10)


class FarMbot:
    """The board, its sensors, wheels and lamps."""

    programs = ()

    def __init__(self, seed: int = 1) -> None:
        self.fault: Fault = ""
        self.wheels = dict.fromkeys(MOTORS, 0)  # by port: -255 to 255
        self.lamps = (0, 0, 0)
        self.angle = 90
        self.beeps = 0
        self._seed = seed
        self._asked = 0
        self._now = 0.0
        self._before = 0
        self._frame: bytearray | None = None  # that has begun, from its head on
        self._says = b""
        self.reset()

    @property
    def moves(self) -> bool:
        """Whether its wheels turn."""
        return any(self.wheels.values())

    def driver(self) -> Driver:
        """Return a driver for it."""
        return Mbot()

    def reset(self) -> None:
        """Boot, as its button makes it do."""
        self.wheels = dict.fromkeys(MOTORS, 0)
        self._frame, self._before = None, 0
        self._says = b"Version: " + VERSION + END

    def take(self, piece: bytes, now: float) -> None:
        """Obey."""
        self._now = now
        if self.fault in ("silent", "unplugged"):
            return
        for byte in piece:
            self._byte(byte)

    def speak(self, now: float) -> bytes:
        """Return what it has said since it was last asked."""
        self._now = now
        said, self._says = self._says, b""
        if self.fault == "garbage":
            return GARBAGE
        return b"" if self.fault in ("silent", "unplugged") else said

    def _byte(self, byte: int) -> None:
        if self._frame is None:
            if (self._before, byte) == tuple(HEAD):
                self._frame = bytearray(HEAD)
            self._before = byte
            return
        self._frame.append(byte)
        if len(self._frame) > BUFFER:
            self._frame = None
        elif len(self._frame) > 3 and len(self._frame) == 3 + self._frame[2]:
            frame, self._frame = bytes(self._frame), None
            self._obey(frame.ljust(16, b"\0"))
        self._before = 0

    def _obey(self, frame: bytes) -> None:
        index, action, device = frame[3:6]
        if action == GET:
            self._says += HEAD + bytes((index,)) + self._value(device) + END
        elif action == RUN:
            self._run(device, frame[6:])
            self._says += HEAD + END
        elif action == RESET:
            self.wheels = dict.fromkeys(MOTORS, 0)
            self._says += HEAD + END
        elif action == 5:
            self._says += HEAD + END

    def _run(self, device: int, values: bytes) -> None:
        if device == 10 and values[0] in MOTORS:
            self.wheels[values[0]] = struct.unpack_from("<h", values, 1)[0]
        elif device == 8:
            self.lamps = (values[3], values[4], values[5])
        elif device == 11 and values[2] <= 180:
            self.angle = values[2]
        elif device == 34:
            self.beeps += struct.unpack_from("<H", values)[0] > 0

    def _value(self, device: int) -> bytes:
        if device == 0:
            return bytes((4, len(VERSION))) + VERSION
        self._asked += 1
        shown = self._shown(device)
        if shown is None:
            return b""
        if self.fault == "out-of-range":
            shown = 5000.0
        return b"\x02" + struct.pack("<f", shown)

    def _shown(self, device: int) -> float | None:
        """Return what a sensor shows: a room with a wall, a lamp and a black line."""
        jitter = noise(self._seed, self._asked)
        if device == 1:
            return min(WALL, 60.0 + 40.0 * math.sin(self._now / 4.0) + jitter)
        if device == 2:
            return 22.0 + 0.1 * jitter
        if device == 3:
            return round(420.0 + 120.0 * math.sin(self._now / 9.0) + 4.0 * jitter)
        if device == 7:
            return round(90.0 + 60.0 * abs(jitter))
        if device == 17:
            return float(int(self._now / 2.0) % 4)
        return None
