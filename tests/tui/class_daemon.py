"""What a class's daemon tells a screen of camera, microphone, floor and quick checks."""

from typing import Any

from msgspec import structs

from edge.contract.answers import Checks, Done, PreparedQuestion, PreparedSet
from edge.contract.talkback import (
    AskCheck,
    Capture,
    CardsSeen,
    CountAnswers,
    EndCheck,
    ListChecks,
    QuickCheck,
    ReadCards,
    RollByCards,
    SwitchCapture,
)
from tests.tui.fake_daemon import FakeDaemon

CHECK = "0123456789abcdef"
TEXT = "Денеге әсер ететін күш екі есе артса, үдеу қалай өзгереді?"
CHOICES = ("екі есе артады", "екі есе кемиді", "өзгермейді", "төрт есе артады")
MECHANICS = PreparedSet(
    "checks-7",
    "Ньютон заңдары",
    "Физика",
    (PreparedQuestion(1, TEXT, CHOICES), PreparedQuestion(2, "Салмақ пен масса бір ме?", ("иә", "жоқ"))),
)
ALGEBRA = PreparedSet("checks-8", "Теңдеулер", "", (PreparedQuestion(1, "x + 2 = 5, x = ?", ("2", "3")),))
SEEN = Capture("sent", "sent")


def a_check(stage: str = "asked", **changes: Any) -> QuickCheck:
    fields: dict[str, Any] = {"stage": stage, "check": CHECK, "text": TEXT, "choices": CHOICES}
    return QuickCheck(**{**fields, **changes})


def a_class(daemon: FakeDaemon, capture: Capture = SEEN) -> None:
    """Let a daemon have switches, checks and cards that do what they are told."""

    async def switched(order: SwitchCapture) -> Done:
        now = daemon.now(Capture)
        camera = now.camera_on if order.camera is None else order.camera
        microphone = now.microphone_on if order.microphone is None else order.microphone
        eyes = ("sent" if camera else "off", "sent" if microphone else "off")
        daemon.tell(structs.replace(now, camera=eyes[0], microphone=eyes[1]))
        daemon.tell(structs.replace(daemon.now(Capture), camera_on=camera, microphone_on=microphone))
        return Done()

    daemon.answer(SwitchCapture, switched)
    daemon.tell(capture)
    _answers(daemon)
    _asks(daemon)


def _answers(daemon: FakeDaemon) -> None:
    """Let a check be read and counted, and cards of a roll call."""

    async def read(order: ReadCards) -> Done:
        now, pupils = daemon.now(QuickCheck), tuple(pupil.number for pupil in daemon.pupils)
        counts = (len(now.read), *[0] * (len(now.choices) - 1))
        changes = {"missing": pupils} if order.on else {"counts": counts, "missing": ()}
        daemon.tell(structs.replace(now, stage="reading" if order.on else "sent", **changes))
        return Done()

    async def counted(order: CountAnswers) -> Done:
        now = daemon.now(QuickCheck)
        stage = "sent" if order.counts else "counting"
        daemon.tell(structs.replace(now, stage=stage, counts=order.counts, read=()))
        return Done()

    async def ended(order: EndCheck) -> Done:
        now = daemon.now(QuickCheck)
        daemon.tell(QuickCheck() if now.stage == "ended" else structs.replace(now, stage="ended", right="A"))
        return Done()

    async def called(order: RollByCards) -> Done:
        daemon.tell(CardsSeen(order.lesson, order.on))
        return Done()

    daemon.answer(ReadCards, read)
    daemon.answer(CountAnswers, counted)
    daemon.answer(EndCheck, ended)
    daemon.answer(RollByCards, called)


def _asks(daemon: FakeDaemon) -> None:
    """Let prepared questions be asked."""

    async def listed(_: ListChecks) -> Checks:
        return Checks((MECHANICS, ALGEBRA))

    async def asked(order: AskCheck) -> Done:
        question = MECHANICS.questions[order.number - 1]
        daemon.tell(a_check(local=True, text=question.text, choices=question.choices))
        return Done()

    daemon.answer(ListChecks, listed)
    daemon.answer(AskCheck, asked)
