"""What a lesson looks and sounds like where it is shown, as a school tells it to its hub (core)."""

from typing import Literal

import msgspec
from msgspec import Struct

Seen = Literal["", "ok", "black", "frozen", "still"]
Heard = Literal["", "ok", "silent"]

MAX_TOLD = 256  # bytes of one report: four times the longest
HOLDS = 15.0  # seconds a report counts: it is repeated while something is wrong


class Sight(Struct, frozen=True, omit_defaults=True):
    """Words for picture and sound; "" where nobody looked, or there is none."""

    picture: Seen = ""
    sound: Heard = ""

    @property
    def fault(self) -> str:
        """The worst that is wrong, "" if nothing is; a picture that is merely still is no fault."""
        if self.picture in ("black", "frozen"):
            return self.picture
        return "silent" if self.sound == "silent" else ""

    @property
    def remark(self) -> str:
        """What a person may want to know: the fault, or that the picture is still."""
        return self.fault or ("still" if self.picture == "still" else "")


class BadSight(ValueError):
    """Not a report."""


def read(body: bytes) -> Sight:
    """Read a report; raise BadSight."""
    if len(body) > MAX_TOLD:
        raise BadSight(f"{len(body)} bytes")
    try:
        return msgspec.json.decode(body, type=Sight)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise BadSight(str(exc)) from exc


def written(sight: Sight) -> bytes:
    """Return a report as it is sent."""
    return msgspec.json.encode(sight)
