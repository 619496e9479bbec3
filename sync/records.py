"""Facts: what happened, in the past tense. They only grow: a new field has a default, a kind is never reused.

A fact travels and is stored as `(hlc, kind, body)`, the body as the JSON its writer made: who cannot read a
kind or a field passes it on untouched. No fact but `RosterChanged` names a child, and that one in a sealed
form (sync/names.py); everywhere else a pupil is a roster number.
"""

from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct, field

# What no school has is no fact of ours: it is kept, and listed as unreadable.
Number = Annotated[int, Meta(ge=1, le=999)]
Minutes = Annotated[int, Meta(ge=0, le=1440)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Samples = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Milliseconds = Annotated[int, Meta(ge=-(1 << 53), le=1 << 53)]
Word = Annotated[str, Meta(max_length=64)]  # a key, a version: what a list at the hub has room for
MOST_LETTERS = 300  # of a question: what a teacher reads to her class while it waits
Question = Annotated[str, Meta(min_length=1, max_length=MOST_LETTERS)]

ALL_CLASSES = "*"  # among those who are silenced: whoever is in the lesson
MOST_MUTES = 400  # classes that are silenced in one lesson: as many as a hub's page shows

MOST_CHOICE = 120  # letters of one of the answers to choose from: a line of the projector
Choice = Annotated[str, Meta(min_length=1, max_length=MOST_CHOICE)]
MOST_MARKUP = 6000  # letters of MathML: the longest formula of a school book takes 4,000
Markup = Annotated[str, Meta(max_length=MOST_MARKUP)]
Letter = Annotated[str, Meta(pattern=r"^[A-D]\Z")]

CODES = ("present", "late", "ill", "excused", "unexcused")
MODELS = ("streaming", "online-teaching", "hub-and-magnet", "digital-solutions")
ID_BYTES = 8  # of SHA-256: 64 bits tell a region's facts of a century apart


class Record(Struct, frozen=True, omit_defaults=True):
    """A fact's body. Fields that a newer node added are ignored here and kept in the journal."""


class NodeEnrolled(Record, frozen=True, omit_defaults=True):
    """A node joined the tree below the writer of this fact."""

    node: str
    school: str
    fingerprint: str  # SHA-256 of its certificate (DER), 64 hexadecimal digits
    name: str = ""
    enrols: bool = False  # may have nodes of its own below it: a hub


class NodeRevoked(Record, frozen=True, omit_defaults=True):
    """A node is not let in any more; what it brought before stays."""

    node: str
    reason: str = ""


class ClockStarted(Record, frozen=True, omit_defaults=True):
    """A computer came up: from this fact on its clock is another one. `wall` is what it took for the time."""

    boot: str
    wall: Milliseconds  # since 1970


class ClockSeen(Record, frozen=True, omit_defaults=True):
    """The clock of the writer was compared with a better one in this boot."""

    boot: str
    of: str  # the node that was asked, or "wall"
    offset: Milliseconds  # to add to what the writer noted before this fact
    rest: Milliseconds = 0  # to add to what it notes after: a clock that ran ahead is not turned back


class LessonPlanned(Record, frozen=True, omit_defaults=True):
    """A class has a lesson at this time on these days, until a later fact says otherwise."""

    class_: str = field(name="class")
    starts: str  # local time, HH:MM
    days: tuple[str, ...]  # local dates, ISO 8601
    subject: str
    minutes: Minutes = 45
    teacher: str = ""
    hub: str = ""  # the school that she teaches from
    model: str = "streaming"  # one of MODELS
    topic: str = ""
    room: str = ""


class LessonCancelled(Record, frozen=True, omit_defaults=True):
    """These lessons do not take place."""

    class_: str = field(name="class")
    starts: str
    days: tuple[str, ...]
    reason: str = ""


class LessonHeld(Record, frozen=True, omit_defaults=True):
    """A stream was live at the writer of this fact."""

    stream: str
    began: str  # UTC, ISO 8601
    seconds: Seconds
    recording: str = ""
    gaps: Count = 0
    whole: bool = False
    lesson: str = ""


class LessonStarted(Record, frozen=True, omit_defaults=True):
    """A class began a lesson at its screen, with this stream."""

    lesson: str
    stream: str


class HandRaised(Record, frozen=True, omit_defaults=True):
    """A class raised its hand in a lesson, or took it down; outside the timetable a lesson has no name."""

    lesson: str
    stream: str
    up: bool


class QuestionAsked(Record, frozen=True, omit_defaults=True):
    """A class sent a question to whoever teaches on this stream."""

    lesson: str
    stream: str
    text: Question


class QuestionAnswered(Record, frozen=True, omit_defaults=True):
    """Who teaches on this stream answered a class's question, for all who are in the lesson."""

    stream: str
    question: str  # the id of the fact that asked
    asked: Question
    text: Question


class FloorGiven(Record, frozen=True, omit_defaults=True):
    """Who teaches on this stream let a class speak to all; without a node nobody has the floor any more.

    It says all of it: what names the same class again only silences somebody, or ends that.
    """

    stream: str
    node: str = ""
    school: str = ""
    mutes: Annotated[tuple[Word, ...], Meta(max_length=MOST_MUTES)] = ()  # silenced: nodes, or ALL_CLASSES


class CheckAsked(Record, frozen=True, omit_defaults=True):
    """A quick check was put to the classes of a stream, or by a class's own teacher in a lesson."""

    check: str  # 16 hexadecimal digits
    text: Question
    choices: Annotated[tuple[Choice, ...], Meta(min_length=2, max_length=4)]  # of A, B, C, D
    stream: str = ""
    lesson: str = ""  # where it was asked without a hub
    right: str = ""  # the letter; "" where nobody says
    markup: Markup = ""  # the question's formulas: MathML
    choice_markup: tuple[Markup, ...] = ()
    item: str = ""  # the prepared set of the library that it is from
    number: Count = 0  # within the set, from 1
    pictured: bool = False  # the question of that set has a picture


class CheckEnded(Record, frozen=True, omit_defaults=True):
    """No more answers are waited for; what comes later is kept, and counts."""

    check: str


class CheckAnswered(Record, frozen=True, omit_defaults=True):
    """What the pupils of a class answered: each by a card, or only how many."""

    check: str
    lesson: str = ""
    choices: dict[Number, Letter] = {}  # roster number → letter
    counts: dict[Letter, Count] = {}  # letter → pupils, where they were counted
    of: Count = 0  # pupils of the class


class ExperimentMade(Record, frozen=True, omit_defaults=True):
    """An experiment was made in a laboratory; what was measured stays there."""

    experiment: str
    began: str  # UTC, ISO 8601
    seconds: Seconds
    samples: Samples
    marks: Count = 0
    group: Count = 1  # of pupils
    lesson: str = ""
    run: str = ""  # its name in the laboratory
    simulated: bool = False  # nothing real was measured


class RegisterTaken(Record, frozen=True, omit_defaults=True):
    """Who was there: a mark for each roster number; a number without one is unmarked."""

    lesson: str
    marks: dict[Number, str]  # roster number → one of CODES
    by: str = ""  # who took it
    signed: bool = True
    prev: tuple[str, ...] = ()  # ids of the registers that this one replaces
    reason: str = ""  # why, when it replaces a signed one


class RosterChanged(Record, frozen=True, omit_defaults=True):
    """What is known of one pupil from now on."""

    pupil: str  # a pseudonym
    class_: str = field(name="class")
    number: Number  # in the class's register
    name: str = ""  # sealed, with what another system calls the pupil: sync/rosters.py, sync/names.py
    left: str = ""  # the date since when the pupil is no longer in this class


class PupilForgotten(Record, frozen=True, omit_defaults=True):
    """The key of a pupil's name is to be destroyed, and was at the writer of this fact."""

    pupil: str
    by: str = ""


class ScreenNote(Record, frozen=True, omit_defaults=True):
    """A teacher noted something at her screen."""

    text: str
    lesson: str = ""
    by: str = ""


class Signed(Record, frozen=True, omit_defaults=True):
    """What a publisher says of its library, signed (sync/catalogue.py)."""

    publisher: str  # the node that writes it
    key: str  # Ed25519, 64 hexadecimal digits
    version: int  # of all that this publisher says: higher each time
    text: str  # JSON
    signature: str  # Ed25519 over all of it and the kind, 128 hexadecimal digits


class ContentOffered(Signed, frozen=True, omit_defaults=True):
    """An item of the library is there for every node below; `text` tells of it."""


class ContentWithdrawn(Signed, frozen=True, omit_defaults=True):
    """An item is not offered any more."""


class KeyReplaced(Signed, frozen=True, omit_defaults=True):
    """The publisher has another key from now on; the old one signs this."""


class ContentHeld(Record, frozen=True, omit_defaults=True):
    """How much of an item of the library the writer of this fact has."""

    item: str
    have: Count  # chunks that are verified
    of: Count  # chunks that there are
    waits: str = ""  # why it does not go on: lesson, metered, quiet, daily, link, disk, away; "" if it does
    gone: bool = False  # it was here and was deleted


class NodeHealth(Record, frozen=True, omit_defaults=True):
    """How the writer of this fact is: what a hub cannot see itself, so not how it reaches the hub."""

    version: Word
    release: Word = ""  # of the installation; "" where it was not installed from a bundle
    on_trial: bool = False  # a release that has not proved itself yet
    lights: Annotated[
        dict[Word, Word], Meta(max_length=8)
    ] = {}  # disk, devices, power: good, poor or bad; what there is none of is left out
    said: Annotated[
        dict[Word, Word], Meta(max_length=8)
    ] = {}  # of those that are not good the word key of the sentence
    minutes: Milliseconds = 0  # of recording that still fit
    backup: Milliseconds = 0  # since 1970, when the newest backup of the journal was made; 0 for never
    damaged: Count = 0  # recordings that are not what was recorded


class Audited(Record, frozen=True, omit_defaults=True):
    """Somebody did something that has to be accounted for: invited, imported, exported, …"""

    who: str
    did: str
    what: str = ""


KINDS: dict[str, type[Record]] = {
    "node-enrolled": NodeEnrolled,
    "node-revoked": NodeRevoked,
    "clock-started": ClockStarted,
    "clock-seen": ClockSeen,
    "lesson-planned": LessonPlanned,
    "lesson-cancelled": LessonCancelled,
    "lesson-held": LessonHeld,
    "lesson-started": LessonStarted,
    "hand-raised": HandRaised,
    "question-asked": QuestionAsked,
    "question-answered": QuestionAnswered,
    "floor-given": FloorGiven,
    "check-asked": CheckAsked,
    "check-ended": CheckEnded,
    "check-answered": CheckAnswered,
    "experiment-made": ExperimentMade,
    "register-taken": RegisterTaken,
    "roster-changed": RosterChanged,
    "pupil-forgotten": PupilForgotten,
    "screen-note": ScreenNote,
    "content-offered": ContentOffered,
    "content-withdrawn": ContentWithdrawn,
    "key-replaced": KeyReplaced,
    "content-held": ContentHeld,
    "node-health": NodeHealth,
    "audited": Audited,
}
KIND_OF: dict[type[Record], str] = {record: kind for kind, record in KINDS.items()}


class Unreadable(ValueError):
    """A body that is no such fact: it is kept, passed on, and listed for review."""


def encode(record: Record) -> tuple[str, str]:
    """Return a fact's kind and its body as JSON."""
    return KIND_OF[type(record)], msgspec.json.encode(record).decode()


def decode(kind: str, body: str | bytes | Raw) -> Record | None:
    """Return the fact, None for a kind of a newer node; raise Unreadable."""
    record = KINDS.get(kind)
    if record is None:
        return None
    try:
        return msgspec.json.decode(body, type=record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise Unreadable(f"not a {kind}: {exc}") from exc


def fact_id(hlc: int, kind: str, body: str) -> str:
    """Return the name of a fact by its content, 16 hexadecimal digits: the same in whatever stream it is."""
    content = b"%d\0%s\0%s" % (hlc, kind.encode(), body.encode())
    return sha256(content).hexdigest()[: 2 * ID_BYTES]


def lesson_id(class_: str, day: str, starts: str) -> str:
    """Return the name of a lesson within its school: a class can be in one lesson at a time."""
    return f"{class_} {day} {starts}"


def lesson_parts(lesson: str) -> tuple[str, str, str]:
    """Return class, day and start of a lesson's name; empty strings for what it does not tell."""
    parts = lesson.rsplit(" ", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (lesson, "", "")


Fact = tuple[int, str, str]  # hlc, kind, body
