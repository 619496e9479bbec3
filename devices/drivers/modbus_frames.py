"""Frames of Modbus RTU, of a master that only reads (core).

There is no start byte and no end but silence, which USB adapters blur: the answer that is waited for is
looked for at each byte, by who answers, which function, how many bytes, and the sum at its end.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

MAX_COUNT = 125  # registers that one answer can hold
ERROR = 0x80  # is added to the function in an answer that refuses
REQUEST_SIZE = 8
REFUSAL_SIZE = 5
EXCEPTIONS = {
    1: "illegal-function",
    2: "illegal-address",
    3: "illegal-value",
    4: "device-failure",
    5: "busy",  # acknowledged, takes its time
    6: "busy",
}


def _table() -> Sequence[int]:
    sums = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0xA001 if byte & 1 else byte >> 1
        sums.append(byte)
    return sums


TABLE = _table()


def signed(frame: bytes) -> bytes:
    """Return a frame with its sum, the low byte first."""
    total = 0xFFFF
    for byte in frame:
        total = total >> 8 ^ TABLE[(total ^ byte) & 0xFF]
    return frame + total.to_bytes(2, "little")


def is_whole(frame: bytes) -> bool:
    """Tell whether a frame's sum is right."""
    return signed(frame[:-2]) == frame


class Asked(NamedTuple):
    """A request to read registers."""

    slave: int
    function: int  # 3 reads holding registers, 4 reads input registers
    register: int
    registers: int  # how many

    @property
    def frame(self) -> bytes:
        """The bytes of it."""
        return signed(struct.pack(">BBHH", *self))

    def size(self, head: bytes) -> int:
        """Return how long the answer is that begins so, 0 if that is none."""
        slave, function, number = head
        if (slave, function, number) == (self.slave, self.function, 2 * self.registers):
            return 5 + number
        return REFUSAL_SIZE if (slave, function) == (self.slave, self.function | ERROR) else 0


class Answer(NamedTuple):
    """What a slave answered: registers, or why not."""

    registers: tuple[int, ...]
    refusal: str = ""  # a word key


class Ear:
    """Looks for the answer to one request."""

    def __init__(self, asked: Asked, request: bytes = b"") -> None:
        self.is_noisy = False  # something came that is no part of the answer
        self._asked = asked
        self._request = request or asked.frame
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Answer | None:
        """Return the answer once it is whole."""
        self._buffer += piece
        while len(self._buffer) >= 3:
            if self._is_echo():
                if len(self._buffer) < REQUEST_SIZE:
                    return None
                del self._buffer[:REQUEST_SIZE]
                continue
            size = self._asked.size(bytes(self._buffer[:3]))
            if 0 < len(self._buffer) < size:
                return None
            if size and is_whole(bytes(self._buffer[:size])):
                return self._answer(size)
            del self._buffer[0]
            self.is_noisy = True
        return None

    def missed(self) -> None:
        """Bytes were lost here: what has begun is no answer."""
        self._buffer.clear()
        self.is_noisy = True

    @property
    def rest(self) -> bytes:
        """What came and belongs to no answer."""
        return bytes(self._buffer)

    def _is_echo(self) -> bool:
        """Some adapters hear what they send."""
        return not self.is_noisy and self._request.startswith(self._buffer[:REQUEST_SIZE])

    def _answer(self, size: int) -> Answer:
        frame = bytes(self._buffer[:size])
        del self._buffer[:size]
        if frame[1] & ERROR:
            return Answer((), EXCEPTIONS.get(frame[2], "device-failure"))
        return Answer(struct.unpack(f">{self._asked.registers}H", frame[3:-2]))
