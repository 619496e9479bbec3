"""Notices: what is true now at the daemon. Of each key the newest counts; who attaches gets them all."""

from typing import Literal

from msgspec import Struct

Blanks = dict[str, str | int]

LessonState = Literal["planned", "live", "running", "recorded", "missing", "cancelled"]
RegisterState = Literal["none", "draft", "signed"]
StageState = Literal["none", "waiting", "choosing", "live", "behind", "paused", "lost", "playing"]
LinkState = Literal["good", "poor", "sound-only", "lost", "alone"]
RecordingState = Literal["off", "recording", "stopped"]
LightState = Literal["good", "poor", "bad", "none"]
DeviceState = Literal["ready", "stale", "gone", "busy", "probing", "unknown", "forbidden"]
StopState = Literal["", "waits", "unproven"]
CheckState = Literal["waiting", "good", "silent", "denied", "missing", "busy", "off"]


class Notice(Struct, frozen=True, tag_field="is", omit_defaults=True):
    """One thing that is true now."""

    @property
    def key(self) -> str:
        """Return what it is about: of notices with one key only the newest counts."""
        return type(self).__name__


class Hello(Notice, frozen=True, tag="hello", omit_defaults=True):
    """The first notice on every connection."""

    contract: int
    version: str  # of the daemon
    name: str  # what people call this node
    kiosk: bool = False


class Beat(Notice, frozen=True, tag="beat", omit_defaults=True):
    """Nothing is new, and the daemon is alive."""


class Settings(Notice, frozen=True, tag="settings", omit_defaults=True):
    """What was chosen at the screen, kept by the daemon so that every screen of this node agrees."""

    lang: str
    school: str = ""
    hub: str = ""  # the address of the hub this node was enrolled with
    theme: Literal["dark", "light"] = "dark"
    volume: int = 80  # percent, at the projector
    welcomed: bool = False  # the first run was gone through
    has_pin: bool = False  # technicians' actions ask for it; without one nobody gets at them


class PlannedLesson(Struct, frozen=True, omit_defaults=True):
    """One lesson of a day."""

    id: str  # "CLASS DAY HH:MM"
    starts: str  # HH:MM
    ends: str
    class_: str
    subject: str
    topic: str = ""
    teacher: str = ""
    hub: str = ""
    room: str = ""
    state: LessonState = "planned"
    register: RegisterState = "none"
    recording: str = ""  # the newest recording that belongs to it


class Day(Notice, frozen=True, tag="day", omit_defaults=True):
    """The lessons of today in order of time, and which of them is due: the running, the next, or the last."""

    date: str  # ISO 8601, local
    ahead: int = 0  # milliseconds to add to this computer's clock
    lessons: tuple[PlannedLesson, ...] = ()
    due: str = ""
    streams: tuple[str, ...] = ()  # live at the hub now
    more: int = 0  # lessons of this day that are not among them: there are too many


class Offer(Struct, frozen=True, omit_defaults=True):
    """A recording that could be shown while the hub is away."""

    item: str
    title: str
    day: str
    minutes: int


class Recorded(Struct, frozen=True, omit_defaults=True):
    """What the recorder does with the lesson that runs."""

    state: RecordingState = "off"
    seconds: float = 0.0
    reason: str = ""  # a word key, when stopped: disk-full, read-only, disk-error, failed


class Lesson(Notice, frozen=True, tag="lesson", omit_defaults=True):
    """The lesson that runs here, as the stage has it; `state` "none" when none does."""

    state: StageState = "none"
    lesson: str = ""  # its name in the timetable; "" for a stream that was chosen without one
    class_: str = ""
    subject: str = ""
    topic: str = ""
    teacher: str = ""
    hub: str = ""
    stream: str = ""
    behind: float = 0.0  # seconds behind the hub: 0 when live
    can_pause: bool = False  # false where nothing is recorded
    position: float = 0.0  # seconds in the recording that is played
    length: float = 0.0
    paused: bool = False
    away: float = 0.0  # seconds since the hub was heard
    offer: Offer | None = None
    recorded: Recorded = Recorded()
    hand: int = 0  # milliseconds since 1970 when the hand was raised; 0 when it is down
    questions: int = 0  # asked in this lesson
    choices: tuple[str, ...] = ()  # live streams, when it is not known which of them is this lesson
    sight: str = ""  # what is wrong with what the hub sends, a word key: black, frozen, silent; or still
    page: int = 0  # of a document that is shown, from 1
    pages: int = 0  # that it has; 0 where that is not known, or nothing with pages is shown
    playing: str = ""  # what the item is called that is played; "" for none, or where nobody knows it


class Link(Notice, frozen=True, tag="link", omit_defaults=True):
    """How the hub is heard, in one word."""

    state: LinkState
    since: int = 0  # milliseconds since 1970


class Showing(Notice, frozen=True, tag="showing", omit_defaults=True):
    """What the projector's page is to show, and what it said of itself."""

    mode: Literal["free", "slate", "stream", "recording", "check", "document"] = "free"
    projector: Literal["absent", "idle", "playing", "frozen", "muted"] = "absent"


class RegisterChanged(Notice, frozen=True, tag="register-changed", omit_defaults=True):
    """A register was written, by this or another screen."""

    lesson: str
    head: str  # the id of what counts now

    @property
    def key(self) -> str:
        """Return the lesson's key."""
        return f"RegisterChanged {self.lesson}"


class Library(Notice, frozen=True, tag="library", omit_defaults=True):
    """The library has changed: ask again for what is shown."""

    version: int = 0
    here: int = 0  # items on this disk
    coming: str = ""  # the item that is being fetched
    share: float = 0.0  # of it, from 0 to 1
    waits: str = ""  # why nothing is fetched although something is wanted: lesson, link, disk, metered, …
    until: str = ""  # … quiet, daily; HH:MM until when, where that is known


class Channel(Struct, frozen=True, omit_defaults=True):
    """One measured quantity of a device."""

    name: str
    quantity: str  # a word key: temperature, pressure, voltage, …
    unit: str  # UCUM
    low: float
    high: float
    decimals: int = 1
    shown: dict[str, str] = {}  # the unit as people write it, by language
    rate: float = 1.0  # samples a second, while all is well
    accuracy: float | None = None  # ± so much in its unit, as its maker says; None: nobody says
    resolution: float | None = None  # the least difference that it can show, in its unit
    max_rate: float | None = None  # samples a second that it can give at most


class Actuator(Struct, frozen=True, omit_defaults=True):
    """One thing that a device moves or switches."""

    name: str
    does: str  # a word key: motor, servo, lamp, …
    low: float
    high: float
    unit: str = "1"  # UCUM
    rest: float = 0.0
    shown: dict[str, str] = {}  # the unit as people write it, by language


class Device(Struct, frozen=True, omit_defaults=True):
    """One instrument or robot, or a port behind which nobody is known ("unknown").

    Of an instrument the state is ready, stale, gone or busy; of an unknown one probing, unknown, busy or
    forbidden.
    """

    id: str
    label: str  # what the school calls it, or a word key
    kind: Literal["sensor", "robot", "unknown"]
    state: DeviceState = "ready"
    channels: tuple[Channel, ...] = ()
    programs: tuple[str, ...] = ()
    running: str = ""  # the program that runs
    message: str = ""  # the last that it said: a word key where it has one
    battery: float | None = None  # from 0 to 1
    simulated: bool = False
    actuators: tuple[Actuator, ...] = ()
    holder: str = ""  # the screen that moves it
    said: str = ""  # a word key of what a person should know: twins, moved, port-busy, …
    blanks: Blanks = {}
    moved_from: str = ""  # the device that this may be, in another socket: SameDevice answers
    place: str = ""  # the path of its port
    driver: str = ""
    profile: str = ""
    identity: str = ""  # what it said that it is
    # It was told to stop, and has not proven yet that it did; unproven: a person has to switch it off.
    stopping: StopState = ""


class Devices(Notice, frozen=True, tag="devices", omit_defaults=True):
    """Every device that is or was plugged in; `stopped` while everything is stopped and kept so."""

    devices: tuple[Device, ...] = ()
    stopped: bool = False
    stopped_by: str = ""  # the screen, or the person at the command line; "" where that is not known
    stopped_at: int = 0  # milliseconds since 1970


class Reading(Notice, frozen=True, tag="reading", omit_defaults=True):
    """The newest value of a channel, at most ten a second."""

    device: str
    channel: str
    at: int  # milliseconds since 1970
    value: float | None = None  # None while the device says nothing
    flag: Literal["", "out-of-range"] = ""
    trouble: str = ""  # a word key of why there is no value: no-answer, overload, no-fix, …
    raw: float | None = None  # as it came, where the channel is calibrated

    @property
    def key(self) -> str:
        """Return the channel's key."""
        return f"Reading {self.device} {self.channel}"


class Bound(Struct, frozen=True, omit_defaults=True):
    """Which channel an experiment measures a quantity with."""

    quantity: str
    device: str
    channel: str
    unit: str  # in which the experiment has it
    decimals: int = 1
    calibration: str = ""  # the id of the one that counts for it
    own: str = ""  # the channel's own unit, in which its values are kept; "" where it is the same
    accuracy: float | None = None  # ± so much, in `unit`; None: nobody says
    resolution: float | None = None  # the least difference that it can show, in `unit`


class Run(Notice, frozen=True, tag="run", omit_defaults=True):
    """The experiment that runs, or the last one."""

    state: Literal["none", "running", "done", "stopped"] = "none"
    id: str = ""
    experiment: str = ""
    began: int = 0  # milliseconds since 1970
    seconds: float = 0.0
    samples: int = 0
    marks: int = 0
    group: int = 1  # of pupils
    bound: tuple[Bound, ...] = ()
    # A word key; when stopped: disk-full, disk-error, interrupted, never-began; when done: longest.
    reason: str = ""
    simulated: bool = False  # nothing real was measured
    waits: bool = False  # it has not begun yet: what it waits for has not happened
    offered: float | None = None  # in an experiment of events: what will probably be entered next
    lesson: str = ""  # during which it was made
    recording: str = ""  # of that lesson, which ran then
    second: float = 0.0  # of the recording, at which it began
    lost: int = 0  # samples that could not be kept: the disk was too slow


class Light(Struct, frozen=True, omit_defaults=True):
    """One of the four lights: the sentence's key and its blanks."""

    name: Literal["hub", "disk", "devices", "power"]
    state: LightState
    said: str
    blanks: Blanks = {}


class Health(Notice, frozen=True, tag="health", omit_defaults=True):
    """How the node is, in what a teacher can act on."""

    lights: tuple[Light, ...] = ()
    registers: int = 0  # that wait to be sent
    others: int = 0  # other facts that wait
    reached: int = 0  # milliseconds since 1970 when the hub was last even with us; 0 for never
    trying: bool = False
    minutes_free: int = 0  # of recording that still fit on the disk
    backup: int = 0  # milliseconds since 1970 when the newest backup of the journal was made; 0 for never


class MediaCheck(Notice, frozen=True, tag="media-check", omit_defaults=True):
    """What the projector's page finds of camera and microphone while they are checked."""

    page: bool = False  # a page on this computer takes part
    microphone: CheckState = "waiting"
    level: float = 0.0  # of sound, from 0 to 1
    camera: CheckState = "waiting"
    size: str = ""  # of the picture: 1280×720


class Said(Notice, frozen=True, tag="said", omit_defaults=True):
    """Something that has just happened and that a person should read; it is not kept."""

    said: str  # a word key
    blanks: Blanks = {}
    severity: Literal["good", "poor", "bad"] = "good"


ScreenNotice = (
    Hello | Beat | Settings | Day | Lesson | Link | Showing | RegisterChanged | Library | Devices | Reading
    | Run | Health | MediaCheck | Said
)  # fmt: skip
KEPT_NOT = (Beat, Said)  # who attaches later does not need them
