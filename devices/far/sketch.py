"""A teacher's own sketch on a board that is not there (core): the same air, printed in each way there is."""

import json
import math
from typing import Literal

Form = Literal["pairs", "json", "rows", "unnamed", "plotter"]
RATE = 4  # lines a second
BOOT = 1.6  # seconds until a board that was plugged in speaks
LONGEST_PAUSE = 1.0  # seconds; what was to be said before that was never said


def air(age: float) -> tuple[float, float]:
    """Return temperature and humidity of a room with a window."""
    return 22.0 + 3.0 * math.sin(age / 90.0), 45.0 - 8.0 * math.sin(age / 90.0)


class Sketch:
    """The far end of a line to it."""

    def __init__(self, form: Form = "pairs") -> None:
        self._form = form
        self._began: float | None = None
        self._said = 0  # lines

    def take(self, piece: bytes, now: float) -> None:
        """Obey nothing: it only prints."""

    def speak(self, now: float) -> bytes:
        """Return what it has printed since it was last asked."""
        if self._began is None:
            self._began = now
        age = now - self._began - BOOT
        if age < 0:
            return b""
        head = b"" if self._said else self._head()
        first, self._said = max(self._said, int((age - LONGEST_PAUSE) * RATE)), int(age * RATE) + 1
        return head + b"".join(self._line(number / RATE) for number in range(first, self._said))

    def _head(self) -> bytes:
        return b"# name Room 12\n" + (b"temp[C],humidity[%]\n" if self._form == "rows" else b"")

    def _line(self, age: float) -> bytes:
        temperature, humidity = (round(each, 2) for each in air(age))
        return {
            "pairs": f"temp:{temperature};humidity:{humidity}",
            "json": json.dumps({"temp": temperature, "humidity": humidity}),
            "rows": f"{temperature},{humidity}",
            "unnamed": f"{temperature},{humidity}",
            "plotter": f"Temperature: {temperature} °C  Humidity: {humidity} %",
        }[self._form].encode() + b"\r\n"
