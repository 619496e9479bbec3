"""What the stage hears of this node's streams: when their packets come, what is recorded, how the link is."""

from collections.abc import Callable

from edge.classroom.reception import Arrived, Reception
from edge.classroom.stage import Heard
from edge.contract.notices import LinkState
from edge.lessons import Lessons
from edge.media.packet import Kind
from edge.media.record.recorder import RecordingState
from edge.media.sight import Sight
from edge.media.stream import Stream
from edge.media.studio import Studio


def _unseen(stream: str) -> Sight:
    """Nobody looks."""
    return Sight()


class Hearing:
    """The streams; `reached` tells whether the hub answers, None where there is none."""

    def __init__(
        self,
        studio: Studio,
        lessons: Lessons,
        reached: Callable[[], bool | None],
        sight: Callable[[str], Sight] = _unseen,
    ) -> None:
        """`sight` tells what a stream looks like to whoever watches it."""
        self._sight = sight
        self._studio = studio
        self._lessons = lessons
        self._reached = reached
        self._judged = ""
        self._reception = Reception()

    @property
    def version(self) -> int:
        """Return what counts up with every change."""
        return self._studio.version

    async def news(self, after: int, wait: float) -> None:
        """Return once a stream came or went, or after `wait` seconds."""
        await self._studio.news(after, wait)

    def streams(self) -> dict[str, Heard]:
        """Return every stream by name."""
        return {
            name: Heard(stream.heard, stream.live, self._lessons.reels(name))
            for name, stream in self._studio.streams.items()
        }

    def link(self, stream: str, now: float) -> LinkState:
        """Return how the hub is heard: by a lesson's stream, or by whether it answers at all."""
        if stream != self._judged:
            self._judged, self._reception = stream, Reception()
        held, reached = self._studio.streams.get(stream), self._reached()
        arrived = _arrived(held) if held else {}
        if arrived:
            word = self._reception.take(now, arrived)
            # Somebody stopped sending to a hub that answers, or the hub was not asked yet.
            return "poor" if word == "lost" and reached else word
        if reached is None:
            return "alone"
        return "good" if reached else "lost"

    def recording(self, stream: str) -> RecordingState:
        """Return what the recorder of a stream does."""
        return self._lessons.state(stream)

    def remark(self, stream: str) -> str:
        """Return what somebody who looks at a stream has to say: a word key, or ""."""
        return self._sight(stream).remark

    def record(self, stream: str, on: bool) -> bool:
        """Begin or end recording a stream; return whether it is live."""
        held = self._studio.streams.get(stream)
        if held is not None:
            self._lessons.record(held, on)
        return held is not None


def _arrived(stream: Stream) -> dict[Kind, Arrived]:
    found = {kind: stream.arrived(kind) for kind in stream.tracks}
    return {kind: Arrived(*each) for kind, each in found.items() if each is not None}
