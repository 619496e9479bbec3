"""What is put before all of a lesson: one stream a lesson, fed by whichever class has the floor.

It is made where the lesson is published, and is there as long as the lesson is live, so that nobody has to
connect when the floor is given. Only the holder's packets get into it, and no sound of who is silenced.
"""

from collections.abc import Callable, Iterable
from itertools import count

from edge.dialogue.backstage import CLASS, FLOOR, TRACKS, Backstage
from edge.dialogue.floor import FloorState
from edge.media.gated import GatedStream, Valve
from edge.media.packet import Kind
from edge.media.stream import Stream


class Composer:
    """The floor streams of the lessons whose hub this node is."""

    def __init__(self, backstage: Backstage, ntp: Callable[[], float]) -> None:
        self._backstage = backstage
        self._ntp = ntp
        self._numbers = count(1)
        self._made: dict[str, GatedStream] = {}
        self._valves: dict[str, Valve] = {}

    def look(self, floors: Iterable[FloorState]) -> None:
        """Make the streams of these lessons what their floors say; those of other lessons end."""
        ours = {each.stream: each for each in floors}
        for lesson in self._made.keys() - ours.keys():
            self._end(lesson)
        for state in ours.values():
            floor = self._floor(state.stream)
            self._feed(state, floor)
            floor.admit({"video", "audio"} if state.is_heard else {"video"} if state.holder else ())

    def fed_by(self, stream: Stream) -> list[GatedStream]:
        """Return the floor streams that a class is put into."""
        lessons = [lesson for lesson, valve in self._valves.items() if valve.source is stream]
        return [self._made[lesson] for lesson in lessons]

    def feeds(self, stream: Stream, kind: Kind) -> bool:
        """Tell whether a class is seen, or heard, by all."""
        return any(kind in floor.admitted for floor in self.fed_by(stream))

    def _floor(self, lesson: str) -> GatedStream:
        name = FLOOR + lesson
        made = self._made.get(lesson)
        if made is not None and made is self._backstage.stream(name) and made.live:
            return made
        self._shut(lesson)
        stream = self._backstage.studio.begin(name, TRACKS)
        assert isinstance(stream, GatedStream)  # as all are here
        self._made[lesson] = stream
        return stream

    def _feed(self, state: FloorState, floor: GatedStream) -> None:
        source = self._backstage.stream(CLASS + state.holder) if state.holder else None
        valve = self._valves.get(state.stream)
        if (valve.source if valve else None) is source:
            return
        self._shut(state.stream)
        if source is not None:
            self._valves[state.stream] = Valve(source, floor, next(self._numbers), self._ntp)

    def _shut(self, lesson: str) -> None:
        valve = self._valves.pop(lesson, None)
        if valve is not None:
            valve.close()

    def _end(self, lesson: str) -> None:
        self._shut(lesson)
        stream = self._made.pop(lesson)
        stream.admit(("video", "audio"))  # a parent's floor of this name may go on with it
        self._backstage.studio.leave(stream, stream.publication)
