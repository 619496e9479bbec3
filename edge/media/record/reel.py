"""One file of a stream's recording as it stands this moment: what a class that is behind watches."""

from msgspec import Struct

from edge.media.record.marks import Gap


class Reel(Struct, frozen=True):
    """One file; where it grows, `seconds` tell of the newest frame, before that is on the disk."""

    id: str
    media_type: str
    seconds: float
    growing: bool = False
    gaps: tuple[Gap, ...] = ()
