"""Commands: what a screen orders, or asks for. Each is answered by `Done` or by the struct that it names.

A refusal is a word key with its blanks; the daemon never sends a sentence.
"""

from typing import ClassVar, Literal

from msgspec import Struct

from edge.contract import answers


class Command(Struct, frozen=True, tag_field="do", omit_defaults=True):
    """One order or question; `answer` is what comes back."""

    answer: ClassVar[type[answers.Answer]] = answers.Done


# The lesson ------------------------------------------------------------------------------------------------


class StartLesson(Command, frozen=True, tag="start-lesson", omit_defaults=True):
    """Begin a lesson of the timetable, or ("") one without a name; the stream is found if none is given."""

    lesson: str = ""
    stream: str = ""


class LeaveLesson(Command, frozen=True, tag="leave-lesson", omit_defaults=True):
    """The lesson is over here; recording goes on while the hub sends."""


class Pause(Command, frozen=True, tag="pause", omit_defaults=True):
    """Hold the picture while the hub goes on talking."""


class GoOn(Command, frozen=True, tag="go-on", omit_defaults=True):
    """Show on from where the picture was held."""


class BackToLive(Command, frozen=True, tag="back-to-live", omit_defaults=True):
    """Leave what is shown behind the hub, or a recording, and show the hub."""


class Skip(Command, frozen=True, tag="skip", omit_defaults=True):
    """Go back (negative) or forward so many seconds."""

    seconds: float


class Record(Command, frozen=True, tag="record", omit_defaults=True):
    """Record the lesson that runs, or stop recording it."""

    on: bool


class RaiseHand(Command, frozen=True, tag="raise-hand", omit_defaults=True):
    """Raise the class's hand at the hub, or take it down."""

    up: bool


class AskQuestion(Command, frozen=True, tag="ask-question", omit_defaults=True):
    """Send a question to the hub teacher."""

    text: str


# The register ----------------------------------------------------------------------------------------------


class ReadRegister(Command, frozen=True, tag="read-register", omit_defaults=True):
    """Ask for the pupils of a lesson and what stands in its register."""

    lesson: str
    answer: ClassVar[type[answers.Answer]] = answers.Register


class TakeRegister(Command, frozen=True, tag="take-register", omit_defaults=True):
    """Write a register; the answer comes when it is on the disk. Refused: reason-needed, code-unknown."""

    lesson: str
    marks: dict[int, str]
    signed: bool = True
    prev: tuple[str, ...] = ()  # what the screen has seen: `heads` of the answer to ReadRegister
    reason: str = ""
    answer: ClassVar[type[answers.Answer]] = answers.Saved


class KeepDraft(Command, frozen=True, tag="keep-draft", omit_defaults=True):
    """Keep what was marked and is not signed, should this screen die; without marks: let go of it."""

    lesson: str
    marks: dict[int, str] = {}


# The library -----------------------------------------------------------------------------------------------


class SearchLibrary(Command, frozen=True, tag="search-library", omit_defaults=True):
    """Ask for items: by words of title, topic, class, day or file name, and by what they are."""

    text: str = ""
    subject: str = ""
    kind: str = ""  # of answers.Kind
    lang: str = ""
    grade: str = ""
    answer: ClassVar[type[answers.Answer]] = answers.Found


class ReadChapters(Command, frozen=True, tag="read-chapters", omit_defaults=True):
    """Ask for the chapters of an item."""

    item: str
    answer: ClassVar[type[answers.Answer]] = answers.Chapters


class Play(Command, frozen=True, tag="play", omit_defaults=True):
    """Show an item on the projector. Refused: not-here, not-found, not-shown."""

    item: str
    at: float = 0.0


class Fetch(Command, frozen=True, tag="fetch", omit_defaults=True):
    """Bring an item from the hub: now, or when no lesson runs."""

    item: str
    on: bool = True  # false: leave it at the hub


class Pin(Command, frozen=True, tag="pin", omit_defaults=True):
    """Keep an item on this disk whatever the rules say, or no more. Refused: not-here, not-found."""

    item: str
    on: bool = True


class Delete(Command, frozen=True, tag="delete", omit_defaults=True):
    """Remove an item from this disk. Refused: in-use, not-found."""

    item: str


# Lab and robots --------------------------------------------------------------------------------------------


class ListExperiments(Command, frozen=True, tag="list-experiments", omit_defaults=True):
    """Ask for the experiments that can be made, and for the last runs."""

    answer: ClassVar[type[answers.Answer]] = answers.Experiments


class StartExperiment(Command, frozen=True, tag="start-experiment", omit_defaults=True):
    """Begin an experiment. Refused: quantity-missing (`quantity`, `unit`, `found`), experiment-running,
    not-found, disk-full, disk-error."""

    experiment: str
    group: int = 1
    device: str = ""  # that is taken first, where several measure the same
    seconds: float = 0.0  # after which it ends, if not before; 0: as the experiment says


class StopExperiment(Command, frozen=True, tag="stop-experiment", omit_defaults=True):
    """End the experiment; it is kept. Refused: not-running."""


class MarkMoment(Command, frozen=True, tag="mark-moment", omit_defaults=True):
    """Mark this moment of the experiment that runs; in one of events with the value that was read off.
    Refused: not-running, too-many-marks, waits, value-needed, value-beyond, no-value (`quantity`)."""

    value: float | None = None


class TakeBackMark(Command, frozen=True, tag="take-back-mark", omit_defaults=True):
    """The last mark, or the last row of events, counts no more. Refused: not-running, nothing-marked."""


class ReadCurve(Command, frozen=True, tag="read-curve", omit_defaults=True):
    """Ask for a channel of a run, drawn with at most so many points."""

    run: str
    device: str
    channel: str
    points: int = 400
    answer: ClassVar[type[answers.Answer]] = answers.Curve


class ReadAnalysis(Command, frozen=True, tag="read-analysis", omit_defaults=True):
    """Ask for two columns of a run, measured, entered or computed, and for what is found in all of them.

    Without names it is the first view of the experiment. Refused: not-found.
    """

    run: str
    x: str = ""
    y: str = ""
    points: int = 400
    answer: ClassVar[type[answers.Answer]] = answers.Analysis


class ExportExperiment(Command, frozen=True, tag="export-experiment", omit_defaults=True):
    """Write a run as CSV, in a language or in Kazakh. Refused: not-found, disk-full, disk-error."""

    run: str
    lang: Literal["", "kk", "ru", "en"] = ""
    answer: ClassVar[type[answers.Answer]] = answers.Made


class Calibrate(Command, frozen=True, tag="calibrate", omit_defaults=True):
    """Correct a channel from now on: by points (raw, true), by a polynomial, or, with neither, no more.
    Refused: not-found, calibration-wrong (`reason`), disk-full, disk-error."""

    device: str
    channel: str
    by: str
    points: tuple[tuple[float, float], ...] = ()
    terms: tuple[float, ...] = ()  # of 1, raw, raw², …


class RunProgram(Command, frozen=True, tag="run-program", omit_defaults=True):
    """Run a program on a robot; `by` is the screen that holds it then. Refused: stopped, not-found, gone,
    not-now, held (`holder`)."""

    device: str
    program: str
    by: str = ""


class DriveActuator(Command, frozen=True, tag="drive-actuator", omit_defaults=True):
    """Set an actuator; the newest value counts, twenty a second go out. Refused: stopped, not-found, gone,
    not-now, held (`holder`), beyond-range (`low`, `high`)."""

    device: str
    actuator: str
    value: float
    by: str = ""


class StillHere(Command, frozen=True, tag="still-here", omit_defaults=True):
    """The screen that moves something is alive: said twice a second, else what it moves is stopped."""

    by: str = ""


class StopDevice(Command, frozen=True, tag="stop-device", omit_defaults=True):
    """Stop one robot; `by` is who says so. Refused: not-found, gone."""

    device: str
    by: str = ""


class StopEverything(Command, frozen=True, tag="stop-everything", omit_defaults=True):
    """Stop whatever moves, and keep it stopped until AllowMotion, also over a new start of the daemon; `by`
    is who says so."""

    by: str = ""


class AllowMotion(Command, frozen=True, tag="allow-motion", omit_defaults=True):
    """Let robots move again after StopEverything; `by` is who says so."""

    by: str = ""


class SameDevice(Command, frozen=True, tag="same-device", omit_defaults=True):
    """Answer whether a device is the one that was in another socket (`moved_from`). Refused: not-found."""

    device: str
    same: bool


class DescribeDevice(Command, frozen=True, tag="describe-device", omit_defaults=True):
    """Say what a device is; what is None stays. `allowed`: it may be asked who it is before it is known.
    Refused: not-found, driver-unknown, profile-without-driver, profile-wrong (`reason`), and
    its commoner reasons: profile-unknown, -unreadable, -programs, -address, -addresses."""

    device: str
    label: str | None = None
    driver: str | None = None
    profile: str | None = None
    allowed: bool | None = None


# The node --------------------------------------------------------------------------------------------------


class SetSettings(Command, frozen=True, tag="set-settings", omit_defaults=True):
    """Change what is chosen at the screen; what is None stays."""

    lang: Literal["kk", "ru", "en"] | None = None
    theme: Literal["dark", "light"] | None = None
    volume: int | None = None
    welcomed: bool | None = None


class CheckMedia(Command, frozen=True, tag="check-media", omit_defaults=True):
    """Let the projector's page try camera and microphone, or end that."""

    on: bool


class TrySync(Command, frozen=True, tag="try-sync", omit_defaults=True):
    """Try to reach the hub now."""


class MakeBundle(Command, frozen=True, tag="make-bundle", omit_defaults=True):
    """Write one file for the technician, without names and secrets. Refused: disk-full."""

    answer: ClassVar[type[answers.Answer]] = answers.Made


class Unlock(Command, frozen=True, tag="unlock", omit_defaults=True):
    """Ask for the key of the technician's actions. Refused: pin-wrong, pin-missing, pin-wait (`seconds`)."""

    pin: str
    answer: ClassVar[type[answers.Answer]] = answers.Unlocked


class ReadDetails(Command, frozen=True, tag="read-details", omit_defaults=True):
    """Ask for what only a technician understands. Refused: locked."""

    unlocked: str
    answer: ClassVar[type[answers.Answer]] = answers.Details


class ReadStatus(Command, frozen=True, tag="read-status", omit_defaults=True):
    """Ask how the daemon runs."""

    answer: ClassVar[type[answers.Answer]] = answers.Status


class JoinHub(Command, frozen=True, tag="join-hub", omit_defaults=True):
    """Enrol this node with a hub. Refused: locked, join-failed (`reason`); needs no key before the first."""

    address: str
    code: str
    unlocked: str = ""


class Restart(Command, frozen=True, tag="restart", omit_defaults=True):
    """End the daemon, to be started anew. Refused: locked."""

    unlocked: str


ScreenCommand = (
    StartLesson | LeaveLesson | Pause | GoOn | BackToLive | Skip | Record | RaiseHand | AskQuestion
    | ReadRegister | TakeRegister | KeepDraft
    | SearchLibrary | ReadChapters | Play | Fetch | Pin | Delete
    | ListExperiments | StartExperiment | StopExperiment | MarkMoment | TakeBackMark | ReadCurve
    | ReadAnalysis
    | ExportExperiment | Calibrate
    | RunProgram | DriveActuator | StillHere | StopDevice | StopEverything | AllowMotion
    | SameDevice | DescribeDevice
    | SetSettings | CheckMedia | TrySync | MakeBundle | Unlock | ReadDetails | ReadStatus | JoinHub | Restart
)  # fmt: skip
