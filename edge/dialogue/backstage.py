"""The streams that are no lessons: what each class sends, and what is put before all of a lesson.

They have a studio of their own, so nothing that deals with lessons (recorders, lists, pages, the link to the
parent, whoever looks at pictures) ever sees them.
"""

from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType

from edge.media.gated import GatedStream
from edge.media.packet import Kind, Track
from edge.media.relay import Relay
from edge.media.session import Sessions
from edge.media.stream import Stream
from edge.media.studio import Studio
from edge.media.whep import Watcher, Whep
from edge.media.whip import Whip

CLASS, FLOOR, UP = "class-", "floor-", "up-"  # how names begin here
MOST = 256  # streams: 134 schools of the largest hub, and as many again two tiers below
BITRATE = 700_000  # bit/s that a page may send: a large picture and its sound, with room for key frames
FRESH = 1.5  # seconds since the last packet for which a track counts as coming: seven small pictures

# The same for every class, and in all browsers: so one class can follow another in one stream.
TRACKS: dict[Kind, Track] = {"video": Track("video", "VP8", 96, 0), "audio": Track("audio", "opus", 111, 0)}


class ClassState(Struct, frozen=True):
    """What is known here of one class's stream."""

    camera: bool  # its picture can be had at this node now
    microphone: bool  # its sound can
    live: bool  # it is connected
    heard: float  # when its last packet came, in seconds of the loop's clock


class Devices(Struct, frozen=True):
    """Which devices of a class can be seen and heard through, as its own node says."""

    camera: bool = False
    microphone: bool = False
    link: str = ""  # by which lessons come to it, in one word, as the node above it says; "" for no word
    lesson: str | UnsetType = UNSET  # the stream of the one it is in, "" in none; an older node says nothing


# Seconds that such a word counts, and is passed on: it is said again every 20 s, and no more when a class is
# off for good.
SAID = 60.0
UNSAID = Devices(True, True)  # of a class whose node says nothing of them


class Ways(Struct, frozen=True):
    """How peers reach this node."""

    sessions: Sessions
    ntp: Callable[[], float]


class Backstage:
    """The studio behind the lessons, and its doors in and out."""

    def __init__(self, ways: Ways, viewers: int, rests: Callable[[Watcher], bool]) -> None:
        """`viewers` is how many may watch; `rests` tells who of them is to be sent nothing for now."""
        self.studio = Studio(MOST, make=GatedStream)
        self.relay = Relay()
        self.whip = Whip(self.studio, ways.sessions, ways.ntp, BITRATE, TRACKS)
        self.whep = Whep(self.studio, ways.sessions, self.relay, ways.ntp, viewers, rests)
        self.told: dict[str, Devices] = {}  # of classes, as they say
        self._told_at: dict[str, float] = {}
        self.unasked: dict[Kind, int] = {"video": 0, "audio": 0}  # packets nobody wanted; they went nowhere

    def stream(self, name: str) -> GatedStream | None:
        """Return a stream by its whole name."""
        found = self.studio.streams.get(name)
        return found if isinstance(found, GatedStream) else None

    def of(self, node: str) -> GatedStream | None:
        """Return what a class sends."""
        return self.stream(CLASS + node)

    def nodes(self) -> dict[str, GatedStream]:
        """Return what every class sends, by node."""
        streams = self.studio.streams.items()
        return {
            name.removeprefix(CLASS): stream
            for name, stream in streams
            if name.startswith(CLASS) and isinstance(stream, GatedStream)
        }

    def classes(self) -> dict[str, ClassState]:
        """Return how every class stands whose stream is here."""
        return {node: self._state(node, stream) for node, stream in self.nodes().items()}

    def _state(self, node: str, stream: GatedStream) -> ClassState:
        devices = self.told.get(node, UNSAID)
        live = stream.live
        return ClassState(devices.camera and live, devices.microphone and live, live, stream.heard)

    def tell(self, told: dict[str, Devices], now: float) -> None:
        """Take what classes say of their cameras and microphones."""
        self.told = dict(list((self.told | told).items())[-MOST:])
        at = self._told_at | dict.fromkeys(told, now)
        self._told_at = {node: at[node] for node in self.told}

    def fresh(self, now: float) -> dict[str, Devices]:
        """Return what classes said not long ago."""
        return {node: each for node, each in self.told.items() if now - self._told_at[node] < SAID}

    def links(self, now: float) -> dict[str, str]:
        """Return how lessons come to classes, as the nodes above them said not long ago."""
        return {node: each.link for node, each in self.fresh(now).items() if each.link}

    def lesson(self, node: str, now: float) -> str | None:
        """Return the stream of the lesson a class is in, "" for none; None where it said nothing lately."""
        said = self.told[node].lesson if node in self.told else UNSET
        return None if said is UNSET or now - self._told_at[node] >= SAID else said

    def demand(self) -> dict[str, set[str]]:
        """Return the classes whose pictures somebody looks at here, and for which lessons."""
        watched = self.whep.watched().items()
        return {name.removeprefix(CLASS): each for name, each in watched if name.startswith(CLASS)}

    def comes(self, stream: Stream | None, kind: Kind, now: float) -> bool:
        """Tell whether packets of a kind come in a stream now."""
        if stream is None or kind not in stream.lanes:
            return False
        arrived = stream.arrived(kind)
        return arrived is not None and now - arrived[2] < FRESH

    def cut(self, stream: GatedStream, kind: Kind) -> None:
        """Forget what came of a kind, also what waits to be sent: from now on nobody gets any of it."""
        stream.forget(kind)
        fanout = self.relay.fanouts.get(stream.name)
        if fanout is not None and fanout.stream is stream:
            fanout.cut(kind)
