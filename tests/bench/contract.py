"""What a measurement and its processes say to each other, one JSON line a message."""

from msgspec import Struct, field


class Order(Struct, frozen=True):
    """What a process shall do; it answers with one line."""

    do: str  # crowd: "join" or "measure"; publisher: "start" or "report"; receivers: "report" or "finish"
    count: int = 0  # join: viewers there shall be in all
    seconds: float = 0.0  # measure: how long; start, report: after how long


class Ready(Struct, frozen=True):
    """First line of a process: it serves, or it is connected."""

    url: str = ""
    seconds: float = 0.0  # of a watcher: from before the first request to the first whole picture
    payload_types: dict[str, list[int]] = {}  # of a publisher: codec name in lower case → numbers


class Sent(Struct, frozen=True):
    """What a publisher sent since its last report."""

    video: int
    audio: int
    stamps: list[tuple[int, int]]  # (frame of the lesson, real time in ns its last packet left), video only
    begin: float = 0.0  # monotonic seconds of the lesson's time 0


class Joined(Struct, frozen=True):
    """The crowd after some joined."""

    connected: int
    srtp: dict[str, int]  # protection profile → viewers


class Seen(Struct, frozen=True):
    """What a crowd received while it measured."""

    viewers: int
    packets: int
    fewest: int  # packets of the viewer that got fewest
    missing: int  # sequence numbers that never came
    asked: int  # packets asked for once more, though they had come
    answered: int  # of these: came again
    reports: int  # sender reports received
    arrivals: list[tuple[int, int]]  # (frame of the lesson, real time in ns its last packet arrived)


class Frames(Struct, frozen=True):
    """Whole frames a receiver got, by content: their number in the lesson and when (monotonic seconds)."""

    video: list[tuple[int, float]] = field(default_factory=list)
    audio: list[tuple[int, float]] = field(default_factory=list)
    strange: int = 0  # content the lesson does not have: damaged or partial


class PublisherPlan(Struct, frozen=True):
    """How to start a publisher."""

    to: str
    lesson: str
    seconds: float = 0.0  # 0: the lesson again and again


class ViewerPlan(Struct, frozen=True):
    """How to start a crowd or a watcher."""

    source: str
    lesson: str


class ServerPlan(Struct, frozen=True):
    """How to start a server of a peer."""

    address: str
    lesson: str = ""
    record: str = ""  # a file MediaRecorder shall write; empty: only receive


class SchoolsPlan(Struct, frozen=True):
    """Which nodes a process stands for: every state folder in this one, each enrolled already."""

    folder: str
    rows: str = ""  # where the same registers are posted as rows, HOST:PORT


class Evened(Struct, frozen=True):
    """How long it took until nodes and their hub held the same."""

    seconds: float
    first: float  # seconds until the first answer
    requests: int
    cpu: float  # seconds of it that this process computed
    memory: float  # MB that this process held at the most, ever


class RowsPlan(Struct, frozen=True):
    """How to start the peer that takes rows: where, the folder of its key, and whom it lets in (PEM)."""

    address: str
    folder: str
    certificates: list[str]


class FlowPlan(Struct, frozen=True):
    """A lesson-like flow: where to, bits a second of IP, how long."""

    to: str
    rate: float
    seconds: float


class BulkHubPlan(Struct, frozen=True):
    """A hub that serves one large file over TLS: politely, or as aiohttp does with a congestion control."""

    address: str
    state: str
    room: str  # the classroom's certificate
    congestion: str = ""  # "": politely
    beside: bool = False  # it sends a lesson


class BulkRoomPlan(Struct, frozen=True):
    """A classroom that hears a lesson-like flow and fetches the file."""

    state: str
    hub: str  # host:port
    certificate: str  # of the hub
    node: str  # the hub's
    lesson: bool
    polite: bool  # its budget decides; else it reads as fast as it can


class Beside(Struct, frozen=True):
    """What a classroom saw since its last report."""

    expected: int  # packets of the lesson
    arrived: int
    delays: list[float] = field(default_factory=list)  # ms, one way
    octets: int = 0  # of bulk
    seconds: float = 0.0
    waits: str = ""  # why bulk waits at the end
    trips: list[float] = field(default_factory=list)  # ms of small exchanges with the hub


class SeminarPlan(Struct, frozen=True):
    """How to start schools that talk back to a hub."""

    hub: str  # its root URL for people
    door: str  # HOST:PORT for nodes
    certificate: str  # of the hub (PEM)
    folders: list[str]  # of the schools' identities


class Spoken(Struct, frozen=True):
    """What schools heard of the one that had the floor."""

    delays: list[float]  # seconds from a school's node to another one's, of every packet of sound
    missing: int  # packets of sound that somebody did not get
    pictures: int  # packets of pictures of the floor, all schools
    seen: int  # packets of pictures on the hub teacher's page
    switches: list[float] = []  # seconds from the teacher's key to sound at all others
