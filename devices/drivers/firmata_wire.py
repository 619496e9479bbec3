"""Firmata on the wire: messages out of bytes, bytes out of orders (core).

A message begins with a byte of 128 and more; the bytes within it have seven bits. So whatever was cut or
disturbed ends at the next beginning: it is counted, and nothing of it is believed. There is no checksum: the
driver takes a sample only of a board that has said who it is, and only of a pin that it asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

MAX_SYSEX = 2048  # bytes; a Mega tells what its 70 pins can do in 507
MAX_PINS = 128  # what seven bits can name
MAX_NAME = 80  # letters of a firmware's name, or of what a board says
BITS = 14  # of a value in two bytes

DIGITAL, ANALOG, MODE, VERSION = 0x90, 0xE0, 0xF4, 0xF9
REPORT_ANALOG, REPORT_DIGITAL = 0xC0, 0xD0
SYSEX, END, RESET = 0xF0, 0xF7, 0xFF
ANALOG_MAP, CAPABILITIES, EXTENDED, TEXT, FIRMWARE, INTERVAL = 0x69, 0x6B, 0x6F, 0x71, 0x79, 0x7A
ANALOG_MAP_ANSWER, CAPABILITIES_ANSWER = 0x6A, 0x6C

AS_INPUT, AS_OUTPUT, AS_ANALOG, AS_PWM, AS_SERVO = range(5)  # modes of a pin


class Analog(NamedTuple):
    """What an analog input shows."""

    channel: int
    value: int


class Digital(NamedTuple):
    """What the eight pins of a port show."""

    port: int
    bits: int


class Firmware(NamedTuple):
    """Who the board says that it is."""

    major: int
    minor: int
    name: str


class Capabilities(NamedTuple):
    """What each pin can do: mode → bits."""

    pins: Sequence[Mapping[int, int]]


class AnalogMap(NamedTuple):
    """The pin of each analog channel."""

    pins: Mapping[int, int]


class Text(NamedTuple):
    """What the board says in words."""

    text: str


class Version(NamedTuple):
    """The protocol's version."""

    major: int
    minor: int


Message = Analog | Digital | Firmware | Capabilities | AnalogMap | Text | Version


class Decoder:
    """Messages out of bytes in any pieces."""

    def __init__(self) -> None:
        self.refused = 0
        self._frame = bytearray()  # a message that has begun
        self._strays = False  # bytes of no message are counted once, up to the next message

    def feed(self, piece: bytes) -> list[Message]:
        """Return the messages that these bytes complete."""
        return [message for byte in piece if (message := self._take(byte)) is not None]

    def missed(self) -> None:
        """Bytes were lost here: whatever comes up to the next beginning is no message."""
        self._drop()

    def _take(self, byte: int) -> Message | None:
        if byte < 0x80:
            return self._more(byte)
        frame, self._frame = self._frame, bytearray()
        if byte == END and frame and frame[0] == SYSEX:
            return self._known(_sysex(frame))
        if frame or not _begins(byte):
            self.refused += 1
        if _begins(byte):
            self._frame.append(byte)
        self._strays = False
        return None

    def _more(self, byte: int) -> Message | None:
        if not self._frame:
            self.refused += not self._strays
            self._strays = True
            return None
        self._frame.append(byte)
        if self._frame[0] != SYSEX:
            return self._short()
        if len(self._frame) > MAX_SYSEX:
            self._drop()
        return None

    def _short(self) -> Message | None:
        if len(self._frame) < 3:
            return None
        (command, low, high), self._frame = self._frame, bytearray()
        if command == VERSION:
            return Version(low, high)
        value = low | high << 7
        if command & 0xF0 == ANALOG:
            return Analog(command & 0x0F, value)
        return self._known(Digital(command & 0x0F, value) if value < 256 else None)

    def _known(self, message: Message | None) -> Message | None:
        self.refused += message is None
        return message

    def _drop(self) -> None:
        self._frame = bytearray()
        self._strays = True  # the rest of it is not counted again
        self.refused += 1


def _begins(byte: int) -> bool:
    return byte in (SYSEX, VERSION) or byte & 0xF0 in (ANALOG, DIGITAL)


def _sysex(frame: bytearray) -> Message | None:
    reader = READERS.get(frame[1]) if len(frame) > 1 else None
    return reader(bytes(frame[2:])) if reader is not None else None


def _firmware(body: bytes) -> Message | None:
    name = _letters(body[2:])
    return Firmware(body[0], body[1], name) if len(body) > 2 and name else None


def _text(body: bytes) -> Message | None:
    text = _letters(body)
    return Text(text) if text else None


def _letters(body: bytes) -> str:
    if len(body) % 2:
        return ""
    codes = [low | high << 7 for low, high in zip(body[::2], body[1::2], strict=True)]
    text = "".join(map(chr, codes)) if all(code < 256 for code in codes) else ""
    return text[:MAX_NAME] if text.isprintable() else ""


def _capabilities(body: bytes) -> Message | None:
    *pins, rest = body.split(b"\x7f")
    if rest or not 0 < len(pins) <= MAX_PINS or any(len(pin) % 2 for pin in pins):
        return None
    return Capabilities([dict(zip(pin[::2], pin[1::2], strict=True)) for pin in pins])


def _analog_map(body: bytes) -> Message | None:
    pins = {channel: pin for pin, channel in enumerate(body) if channel != 0x7F}
    return AnalogMap(pins) if 0 < len(body) <= MAX_PINS else None


READERS: Mapping[int, Callable[[bytes], Message | None]] = {
    FIRMWARE: _firmware,
    TEXT: _text,
    CAPABILITIES_ANSWER: _capabilities,
    ANALOG_MAP_ANSWER: _analog_map,
}


# Orders ----------------------------------------------------------------------------------------------------

ASK_FIRMWARE = bytes([SYSEX, FIRMWARE, END])
ASK_PINS = bytes([SYSEX, CAPABILITIES, END, SYSEX, ANALOG_MAP, END])


def two(value: int) -> bytes:
    """Return a value of 14 bits in two bytes."""
    return bytes([value & 0x7F, value >> 7 & 0x7F])


def interval(milliseconds: int) -> bytes:
    """Return what sets the pause between two rounds of the analog inputs."""
    return bytes([SYSEX, INTERVAL, *two(milliseconds), END])


def mode(pin: int, as_: int) -> bytes:
    """Return what makes a pin an input, an output, …"""
    return bytes([MODE, pin, as_])


def report_analog(channel: int) -> bytes:
    """Return what makes an analog input tell what it shows."""
    return bytes([REPORT_ANALOG | channel, 1])


def report_digital(port: int) -> bytes:
    """Return what makes a port tell what it shows: at once, and at each change."""
    return bytes([REPORT_DIGITAL | port, 1])


def set_port(port: int, bits: int) -> bytes:
    """Return what sets the eight pins of a port."""
    return bytes([DIGITAL | port, *two(bits)])


def set_analog(pin: int, value: int) -> bytes:
    """Return what sets a PWM output or a servo; the short message knows pins to 15 only."""
    if pin < 16:
        return bytes([ANALOG | pin, *two(value)])
    return bytes([SYSEX, EXTENDED, pin, *two(value), END])
