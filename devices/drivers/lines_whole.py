"""Whole lines out of bytes in any pieces (core)."""

from collections.abc import Iterator

MAX_LINE = 4096  # bytes: a JSON object of all the channels that one sketch may have is half of it


class WholeLines:
    """Cuts at each newline; what is longer than any line is left out until the next one."""

    def __init__(self, longest: int = MAX_LINE, ends: bytes = b"\n") -> None:
        self.overlong = 0
        self._longest = longest
        self._end, self._alike = ends[:1], ends[1:]  # some instruments end a line with a return alone
        self._begun = b""
        self._skips = False

    def missed(self) -> None:
        """Bytes were lost here: what has begun is left out up to the next newline, and counted."""
        self._begun, self._skips = b"", True

    def cut(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that these bytes complete, without their ends."""
        for other in self._alike:
            piece = piece.replace(bytes((other,)), self._end)
        *lines, rest = piece.split(self._end)
        for line in lines:
            whole, self._begun = self._begun + line, b""
            if self._skips or len(whole) > self._longest:
                self.overlong += 1
            elif whole:
                yield whole
            self._skips = False
        self._begun += rest
        if len(self._begun) > self._longest:
            self._begun, self._skips = b"", True
