"""The frames of LEGO's SPIKE Prime hubs (core).

A message has its bytes 0, 1 and 2 replaced by counts of what lies between them (consistent overhead byte
stuffing, as LEGO's documentation of the protocol has it), each byte is XORed with 3, and 2 ends it. A 1
begins a message of high priority in the midst of another one, which goes on after it. There is no checksum:
who reads a message has to be strict about it.
"""

from collections.abc import Iterator

URGENT, END = 1, 2
MASK = 3
LOWEST = 3  # the least code word: everything below has to be replaced
BLOCK = 84  # bytes, with its code word
PLAIN = 255  # the code word of a whole block after which nothing was replaced
MAX_FRAME = 2048  # bytes; twice what a hub of firmware 1.6 takes as its largest message, stuffed


def packed(message: bytes) -> bytes:
    """Return a message as it is sent."""
    return bytes(byte ^ MASK for byte in _stuffed(message)) + bytes((END,))


def unpacked(frame: bytes) -> bytes | None:
    """Return the message of a frame without its ends; None for what is none."""
    stuffed = bytes(byte ^ MASK for byte in frame)
    message = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        if code < LOWEST:
            return None
        size, replaced = (
            (BLOCK, None) if code == PLAIN else ((code - LOWEST) % BLOCK + 1, (code - LOWEST) // BLOCK)
        )
        block = stuffed[at + 1 : at + size]
        at += size
        if at > len(stuffed) or any(byte < LOWEST for byte in block):
            return None
        message += block
        if replaced is not None and at < len(stuffed):  # the last block ends with the message
            message.append(replaced)
    return bytes(message)


class Frames:
    """Finds messages in bytes that come in any pieces."""

    def __init__(self) -> None:
        self.refused = 0
        self._usual = bytearray()
        self._urgent: bytearray | None = None  # while one is under way
        self._skips = False  # until the end of a frame that was too long

    def cut(self, piece: bytes) -> Iterator[bytes]:
        """Yield the messages that these bytes complete."""
        for byte in piece:
            if byte == URGENT:
                self._begin_urgent()
            elif byte == END:
                yield from self._ended()
            else:
                self._add(byte)

    def missed(self) -> None:
        """Bytes were lost here: whatever comes up to the next end is no message."""
        self._usual.clear()
        self._urgent, self._skips = None, True
        self.refused += 1

    def refuse(self) -> None:
        """Count a message that made no sense."""
        self.refused += 1

    def _begin_urgent(self) -> None:
        if self._urgent is not None:  # one within one: an end was lost
            self.refused += 1
            self._usual.clear()
        self._urgent = bytearray()

    def _add(self, byte: int) -> None:
        begun = self._usual if self._urgent is None else self._urgent
        if len(begun) < MAX_FRAME:
            begun.append(byte)
        else:
            self._skips = True

    def _ended(self) -> Iterator[bytes]:
        begun = self._usual if self._urgent is None else self._urgent
        frame, skipped, self._urgent, self._skips = bytes(begun), self._skips, None, False
        begun.clear()
        if not frame:
            return
        message = None if skipped else unpacked(frame)
        if message:
            yield message
        else:
            self.refused += 1


def _stuffed(message: bytes) -> bytes:
    stuffed = bytearray((0,))
    code_at, size = 0, 1
    for byte in message:
        if byte < LOWEST:
            stuffed[code_at] = byte * BLOCK + size + 2
        else:
            stuffed.append(byte)
            size += 1
            if size <= BLOCK:
                continue
            stuffed[code_at] = PLAIN
        code_at, size = len(stuffed), 1
        stuffed.append(0)
    stuffed[code_at] = size + 2
    return bytes(stuffed)
