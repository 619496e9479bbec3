"""What a class says back: its camera and microphone, the floor, quick checks, and cards before the camera.

Commands and notices of one room of the contract; see `commands` and `notices` for what they are.
"""

from typing import ClassVar, Literal

from msgspec import Struct

from edge.contract import answers
from edge.contract.commands import Command
from edge.contract.notices import Notice

Eye = Literal["off", "on", "sent", "missing", "denied", "busy", "absent"]
CheckStage = Literal["none", "asked", "reading", "counting", "sent", "ended"]


class Capture(Notice, frozen=True, tag="capture", omit_defaults=True):
    """Whether the class is seen and heard: `on` is open and stays in this house, `sent` goes to the hub.

    `absent`: there is no page on the projector's computer that could open it.
    """

    camera: Eye = "absent"
    microphone: Eye = "absent"
    camera_on: bool = True  # what was chosen at the screen
    microphone_on: bool = True
    floor: str = ""  # who has the floor, as people call them; "" for nobody
    mine: bool = False  # it is this class
    muted: bool = False  # the hub teacher has silenced this class
    recorded: bool = False  # the class itself is recorded here, as the configuration says


class SwitchCapture(Command, frozen=True, tag="switch-capture", omit_defaults=True):
    """Turn the class's camera or microphone off for certain, or on again; what is None stays."""

    camera: bool | None = None
    microphone: bool | None = None


class Told(Struct, frozen=True, omit_defaults=True):
    """A question of some class, and what the hub teacher answered."""

    question: str
    text: str
    at: int  # milliseconds since 1970
    mine: bool = False  # this class had asked it


class Answered(Notice, frozen=True, tag="answered", omit_defaults=True):
    """What the hub teacher answered in the lesson that runs, the newest first."""

    answers: tuple[Told, ...] = ()


class QuickCheck(Notice, frozen=True, tag="quick-check", omit_defaults=True):
    """The quick check that runs here.

    It is `asked` until the teacher chooses how to answer, then `reading` cards or `counting` hands; `sent`
    when this class has answered, `ended` when whoever asked has ended it.
    """

    stage: CheckStage = "none"
    check: str = ""
    text: str = ""
    choices: tuple[str, ...] = ()  # of A, B, C, D in this order
    local: bool = False  # asked by this class's own teacher, without a hub
    read: tuple[int, ...] = ()  # roster numbers whose cards were read
    missing: tuple[int, ...] = ()  # roster numbers that were not read yet
    strangers: int = 0  # cards in sight that belong to nobody here
    counts: tuple[int, ...] = ()  # of A, B, C, D: how many of this class; only from `sent` on
    right: str = ""  # the letter, only when `ended`
    trouble: str = ""  # a word key of why no card can be read: camera-missing, page-missing, worker-lost, …
    bare: bool = False  # the question has a picture, and that is not on this disk
    behind: bool = False  # a question of the hub's waits until this one is ended


class ReadCards(Command, frozen=True, tag="read-cards", omit_defaults=True):
    """Read the cards that pupils hold up, or end that and answer with what was read and sent before.
    Refused: no-check, camera-missing, page-missing, class-unknown, disk-full."""

    check: str
    on: bool = True


class CountAnswers(Command, frozen=True, tag="count-answers", omit_defaults=True):
    """Answer a check by what the teacher counted, also one that the hub has just ended.
    Refused: no-check, counts-wrong, disk-full."""

    check: str
    counts: tuple[int, ...]  # of A, B, C, D


class ListChecks(Command, frozen=True, tag="list-checks", omit_defaults=True):
    """Ask for the prepared checks that are on this disk."""

    answer: ClassVar[type[answers.Answer]] = answers.Checks


class AskCheck(Command, frozen=True, tag="ask-check", omit_defaults=True):
    """Ask this class a prepared question, without the hub.

    Refused: no-lesson, not-found, check-runs, disk-full.
    """

    item: str
    number: int


class EndCheck(Command, frozen=True, tag="end-check", omit_defaults=True):
    """End the check that this class's own teacher began. Refused: no-check."""

    check: str


class RollByCards(Command, frozen=True, tag="roll-by-cards", omit_defaults=True):
    """Read cards for the roll call of a lesson, or end that; nothing is marked by it but on the screen.
    Refused: camera-missing, page-missing, class-unknown."""

    lesson: str
    on: bool


class CardsSeen(Notice, frozen=True, tag="cards-seen", omit_defaults=True):
    """Whose cards were read for a roll call."""

    lesson: str = ""
    on: bool = False
    read: tuple[int, ...] = ()
    strangers: int = 0
    trouble: str = ""


ClassCommand = SwitchCapture | ReadCards | CountAnswers | ListChecks | AskCheck | EndCheck | RollByCards
ClassNotice = Capture | Answered | QuickCheck | CardsSeen
