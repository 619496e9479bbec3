"""The demo's second half: a school with pupils and lessons, joined to the hub, and a register on its way."""

import asyncio
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from edge.journal import Journal
from edge.roll import Roll
from sync.joining import enrolment, identity
from sync.joining.enroll import enroll
from sync.joining.invitations import Invitations
from sync.ledger import computer
from sync.records import LessonPlanned, RegisterTaken, RosterChanged, lesson_id
from sync.tables import Entry, found

SCHOOL = "akzhar"
CLASS = "7Б"
MARKS = dict.fromkeys(range(1, 13), "present") | {3: "ill", 8: "late"}
PUPILS = (
    *("Әлихан Ахметов", "Айгерім Серікқызы", "Бауыржан Оспанов", "Гүлнұр Тілеуова", "Дәурен Қасымов"),
    *("Жанель Ізбасарова", "Ерасыл Нұрланұлы", "Мадина Өмірбекова", "Нұрлан Һашимов", "Сәуле Ғабитова"),
    *("Тимур Ким", "Ұлжан Бекболат"),
)
# Minutes before or after the demo begins, subject, topic, teacher.
LESSONS = (
    (-60, "Қазақ тілі", "Сөз таптары", "Р. Әбдірахманова"),
    (0, "Геометрия", "Үшбұрыштың бұрыштары", "А. Жұмабаева"),
    (60, "Физика", "Жылу алмасу", "Б. Сағындықов"),
    (120, "Химия", "Тұздар", "Г. Мұратова"),
)
STEP = 5  # minutes: lessons begin at times such as 09:25
WAIT = 10.0  # seconds for the register to reach the hub, which takes one
LOOK = 0.02  # seconds between looks


class Marked(Struct, frozen=True):
    """How a register fared; seconds."""

    saved: float
    at_hub: float | None  # None: it did not arrive

    @property
    def text(self) -> str:
        """Return it in words."""
        saved = f"register of {len(MARKS)} pupils: on the disk after {self.saved * 1000:.0f} ms"
        return (
            f"{saved}, {'NOT at the hub' if self.at_hub is None else f'at the hub after {self.at_hub:.1f} s'}"
        )


async def join(hub: Path, classroom: Path, port: int) -> None:
    """Invite the classroom at the hub, and enroll it, as a technician does beside the running daemons."""
    above, below = Journal(hub), Journal(classroom)
    try:
        code = enrolment.fresh_code(secrets.token_bytes(enrolment.CODE_BYTES))
        await asyncio.to_thread(Invitations(above.ledger, computer).add, code, SCHOOL, False, "demo")
        parent = await enroll(f"127.0.0.1:{port}", code, below.identity, "classroom")
        identity.save_parent(below.folder, parent)
    finally:
        above.close()
        below.close()


def furnish(hub: Path) -> None:
    """Write the roster and the timetable of the demo's school at its hub, from where they go down."""
    journal = Journal(hub)
    try:
        now = datetime.now().astimezone().replace(second=0, microsecond=0)
        now -= timedelta(minutes=now.minute % STEP)
        lessons = [_planned(now + timedelta(minutes=after), *what) for after, *what in LESSONS]
        sealed = journal.names.seal_all({f"demo-{n}": name for n, name in enumerate(PUPILS, 1)})
        pupils = [RosterChanged(key, CLASS, n, name) for n, (key, name) in enumerate(sealed.items(), 1)]
        entries = [Entry("timetable", SCHOOL, lesson) for lesson in lessons]
        journal.ledger.append([*entries, *(Entry("roster", SCHOOL, pupil) for pupil in pupils)]).result()
    finally:
        journal.close()


def _planned(starts: datetime, subject: str, topic: str, teacher: str) -> LessonPlanned:
    day = (f"{starts:%Y-%m-%d}",)
    return LessonPlanned(CLASS, f"{starts:%H:%M}", day, subject, teacher=teacher, hub="hub", topic=topic)


async def mark(hub: Path, classroom: Path) -> Marked:
    """Take a register in the classroom and see it arrive at the hub."""
    above, below = Journal(hub), Journal(classroom)
    clock = asyncio.get_running_loop().time
    try:
        now = datetime.now().astimezone()
        lesson, began = lesson_id(CLASS, f"{now:%Y-%m-%d}", f"{now:%H:%M}"), clock()
        register = RegisterTaken(lesson, MARKS, "demo", reason="demo")
        taken = await asyncio.wrap_future(Roll(below).take(CLASS, register))
        saved = clock() - began
        while clock() - began < WAIT:
            if above.ledger.read(lambda db: found(db, taken.noted.stream)).head >= taken.noted.seq:
                return Marked(saved, clock() - began)
            await asyncio.sleep(LOOK)
        return Marked(saved, None)
    finally:
        above.close()
        below.close()
