"""What is recorded of the lesson that runs, file after file, as one length of tape (core).

Places on it are seconds from its beginning. It only ever grows at its end; where nothing was received there
is a hole, which whoever watches is carried over.
"""

from collections.abc import Iterable

from msgspec import structs

from edge.media.record.reel import Reel

MAX_REELS = 256  # files of one lesson: another one when the camera is turned, or recording switched on


class Tape:
    """The files of one lesson."""

    def __init__(self) -> None:
        self._reels: dict[str, Reel] = {}

    def take(self, reels: Iterable[Reel]) -> None:
        """Learn how far the files are; one that is not told of any more has ended."""
        told = {reel.id: reel for reel in reels}
        for id_, reel in self._reels.items():
            if id_ not in told and reel.growing:
                self._reels[id_] = structs.replace(reel, growing=False)
        room = MAX_REELS - len(self._reels.keys() - told.keys())
        self._reels.update(list(told.items())[:room] if len(self._reels) >= MAX_REELS else told)

    @property
    def end(self) -> float:
        """Return its length."""
        return sum(reel.seconds for reel in self._reels.values())

    @property
    def grows(self) -> bool:
        """Tell whether it is being recorded."""
        return any(reel.growing for reel in self._reels.values())

    def begin_of(self, id_: str) -> float | None:
        """Return where a file begins; None if it is not of this lesson."""
        if id_ not in self._reels:
            return None
        ids = list(self._reels)
        return sum(self._reels[each].seconds for each in ids[: ids.index(id_)])

    def find(self, at: float) -> tuple[Reel, float] | None:
        """Return the file at a place, and the seconds in it; None where nothing is recorded."""
        begin, found = 0.0, None
        for reel in self._reels.values():
            if found is not None and at < begin:
                break
            if reel.seconds or reel.growing:
                found = (reel, max(0.0, min(at - begin, reel.seconds)))
            begin += reel.seconds
        return found

    def past_hole(self, at: float) -> float:
        """Return the place, or the end of the hole that it lies in."""
        found = self.find(at)
        if found is None:
            return at
        reel, inside = found
        ends = [gap.at + gap.seconds for gap in reel.gaps if gap.at <= inside < gap.at + gap.seconds]
        return at + (ends[0] - inside) if ends else at
