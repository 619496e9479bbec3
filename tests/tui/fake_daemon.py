"""A daemon of the same wire, with scripted desks: a real socket, api and board, and knobs for faults."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from msgspec import structs

from edge.api import Api, Unable, listen
from edge.board import Board
from edge.contract import wire
from edge.contract.answers import Answer, Done, Pupil, Register, Saved
from edge.contract.commands import Command, ReadRegister, SetSettings, TakeRegister
from edge.contract.notices import (
    Day,
    Health,
    Hello,
    Light,
    Link,
    Notice,
    PlannedLesson,
    RegisterChanged,
    Settings,
)
from edge.contract.wire import AnyCommand

C = TypeVar("C", bound=Command)
N = TypeVar("N", bound=Notice)

DATE = "2026-11-26"
SUBJECTS = ("Физика", "Қазақ тілі", "Алгебра", "Химия", "Ағылшын тілі", "Дүниежүзі тарихы")
PUPILS = (
    *("Абай Әсел", "Асқар Дәулет", "Әділ Жанна", "Бекова Айым", "Ғалым Ерлан"),
    *("Дүйсен Қанат", "Ермек Нұрай", "Жұмабай Сара", "Иманов Тимур", "Кәрім Өмір"),
    *("Қасым Айша", "Лесов Руслан", "Мұрат Ұлпан", "Нұрлан Іңкәр", "Һасен Шынар"),
)


def a_day(count: int = 6, due: int = 2) -> Day:
    """Return a day of so many lessons, one an hour from eight."""
    lessons = tuple(a_lesson(number) for number in range(count))
    return Day(DATE, lessons=lessons, due=lessons[due].id if due < count else "")


def a_lesson(number: int = 0, **changes: Any) -> PlannedLesson:
    """Return a lesson of the day."""
    hour = f"{(8 + number) % 24:02}"
    fields: dict[str, Any] = {
        "id": f"7{'АБ'[number % 2]} {DATE} {hour}:{number // 24:02}",
        "starts": f"{hour}:{number // 24:02}",
        "ends": f"{hour}:45",
        "class_": f"7{'АБ'[number % 2]}",
        "subject": SUBJECTS[number % len(SUBJECTS)],
        "topic": "Ньютонның екінші заңы",
        "teacher": "Гүлнар Сейітқызы",
        "hub": "Қарасу тірек мектебі",
        "room": "12",
    }
    return PlannedLesson(**{**fields, **changes})


def pupils(count: int) -> tuple[Pupil, ...]:
    """Return so many pupils."""
    return tuple(Pupil(n, PUPILS[(n - 1) % 15] + (f" {n}" if n > 15 else "")) for n in range(1, count + 1))


class Knobs:
    """What goes wrong."""

    def __init__(self) -> None:
        self.refuses: dict[type[Command], Unable] = {}  # until taken out
        self.gates: dict[type[Command], asyncio.Event] = {}  # answers only when it is set
        self.contract = wire.CONTRACT
        self.version = "0.0.0"


class FakeDaemon:
    """Answers `Done` where no script says otherwise; keeps what it was told and what it was ordered."""

    def __init__(self, socket: Path, lang: str = "kk") -> None:
        self.socket = socket
        self.knobs = Knobs()
        self.board = Board()
        self.orders: list[Command] = []
        self.registers: dict[str, Register] = {}
        self.pupils = pupils(15)
        self.came = asyncio.Event()
        self._scripts: dict[type[Command], Callable[[Any], Awaitable[Answer]]] = {
            SetSettings: self._set_settings,
            ReadRegister: self._read_register,
            TakeRegister: self._take_register,
        }
        self._runner: web.AppRunner | None = None
        self.tell(Settings(lang, school="Ақжар ауылы мектебі", welcomed=True))
        self.tell(a_day())
        self.tell(Link("good"))
        self.tell(Health((Light("disk", "good", "disk-good"),)))

    def tell(self, notice: Notice) -> None:
        """Make something known to every screen."""
        self.board.tell(notice)

    def now(self, kind: type[N]) -> N:
        """Return the newest notice of a kind."""
        notice = self.board._newest[kind.__name__]
        assert isinstance(notice, kind)
        return notice

    def answer(self, kind: type[C], script: Callable[[C], Awaitable[Answer]]) -> None:
        """Answer a command by this from now on."""
        self._scripts[kind] = script

    def ordered(self, kind: type[C]) -> list[C]:
        """Return the commands of a kind that came, oldest first."""
        return [command for command in self.orders if isinstance(command, kind)]

    async def open(self) -> None:
        """Listen."""
        kinds = AnyCommand.__args__
        api = Api(self.board, [dict.fromkeys(kinds, self._command)], "Ақжар ауылы мектебі")
        api._hello = Hello(self.knobs.contract, self.knobs.version, "Ақжар ауылы мектебі")
        self._runner = web.AppRunner(api.app(), shutdown_timeout=0.01, handler_cancellation=True)
        await self._runner.setup()
        await listen(self._runner, self.socket)

    async def close(self) -> None:
        """Go away, as a daemon that ends or is killed: every connection breaks."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.socket.unlink(missing_ok=True)

    async def _command(self, command: Command) -> Answer:
        self.orders.append(command)
        if gate := self.knobs.gates.get(type(command)):
            await gate.wait()
        if why := self.knobs.refuses.get(type(command)):
            raise why
        script = self._scripts.get(type(command))
        return await script(command) if script else Done()

    async def _set_settings(self, command: SetSettings) -> Done:
        old = self.now(Settings)
        changes = {name: new for name, new in structs.asdict(command).items() if new is not None}
        self.tell(structs.replace(old, **changes))
        return Done()

    async def _read_register(self, command: ReadRegister) -> Register:
        class_ = command.lesson.split(" ")[0]
        return self.registers.get(command.lesson) or Register(command.lesson, class_, self.pupils)

    async def _take_register(self, command: TakeRegister) -> Saved:
        before = await self._read_register(ReadRegister(command.lesson))
        if before.signed and not command.reason:
            raise Unable("reason-needed")
        head = f"{len(self.orders):016x}"
        self.registers[command.lesson] = Register(
            command.lesson, before.class_, before.pupils, command.marks, command.signed, (head,)
        )
        self.tell(RegisterChanged(command.lesson, head))
        return Saved(head)
