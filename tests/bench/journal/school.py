"""A school-week as teachers make it: 78 pupils, 11 classes, 330 registers, 2,340 marks, 7 % not present.

Who is there is drawn for every mark on its own, when a register is taken to the millisecond: that compresses
worse than children who are ill for days.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from msgspec import Struct

from sync import tables
from sync.clock import Moment
from sync.ledger import Ledger, Now, computer
from sync.records import RegisterTaken, lesson_id
from sync.tables import Entry

SIZES = (12, 10, 9, 8, 8, 7, 6, 6, 5, 4, 3)
CLASSES = {f"{number}А": pupils for number, pupils in enumerate(SIZES, 1)}
YOUNG = 4  # classes with one teacher for everything
TEACHERS = (
    *("Ахметова Г. С.", "Жұмабаев Е. Қ.", "Иванова Н. П.", "Қасымова Ә. Т."),
    *("Мұратов Б. Ж.", "Нұрланова А. М.", "Оразбаева Ш. К.", "Сәрсенов Д. Ғ."),
    *("Тілеубергенова Ж. О.", "Уәлиев М. Ә.", "Хасенова Р. И.", "Шарипова Л. В."),
)
STARTS = ("08:30", "09:20", "10:15", "11:10", "12:05", "12:55")  # local times of a day's lessons
LATER = (40_000, 900_000)  # milliseconds from a lesson's start to its register
DAYS = 5
EAST = timedelta(hours=5)  # that Aqtobe's clocks are ahead of UTC
ABSENT = 0.07
CODES = ("late", "late", "ill", "ill", "ill", "excused", "unexcused")  # of those who are not there
PUPILS = sum(CLASSES.values())
REGISTERS = len(CLASSES) * len(STARTS) * DAYS
MARKS = PUPILS * len(STARTS) * DAYS
TOGETHER = 5000  # registers of one commit


class Taken(Struct, frozen=True):
    """A register and when it was taken, in milliseconds since 1970."""

    ms: int
    register: RegisterTaken


def last_monday() -> date:
    """Return the first day of the last whole week: what a node may have waiting now."""
    today = datetime.now(UTC).date()
    return today - timedelta(today.weekday() + 7)


def week(seed: int, monday: date, days: int = DAYS) -> Iterator[Taken]:
    """Yield the registers of a week in the order they are taken."""
    random = Random(seed)
    for number in range(days):
        day = monday + timedelta(number)
        for start in STARTS:
            yield from sorted(_lesson(random, day, start), key=lambda taken: taken.ms)


def backlog(seed: int, weeks: int) -> list[Taken]:
    """Return the registers of several weeks as if one had been taken each second until now."""
    registers = [
        each.register for number in range(weeks) for each in week(seed * weeks + number, _week(number))
    ]
    now = computer().wall
    return [Taken(now - (len(registers) - place) * 1000, each) for place, each in enumerate(registers)]


def write(ledger: Ledger, school: str, taken: list[Taken], now: Now = computer) -> None:
    """Write registers with one commit, each as if it was taken at its time in this boot of the computer."""
    moment = now()

    def job(db: sqlite3.Connection) -> None:
        for each in taken:
            then = Moment(moment.boot, moment.mono + each.ms - moment.wall, each.ms)
            tables.append(db, ledger.node, [Entry("register", school, each.register)], then)

    ledger.write(job).result()


def _week(number: int) -> date:
    return last_monday() + timedelta(7 * number)


def append(ledger: Ledger, school: str, taken: list[Taken]) -> None:
    """Write registers as if all were taken now: faster, where the time of each does not matter."""
    for first in range(0, len(taken), TOGETHER):
        ledger.append(Entry("register", school, each.register) for each in taken[first:][:TOGETHER]).result()


def _lesson(random: Random, day: date, start: str) -> Iterator[Taken]:
    begins = datetime.combine(day, time.fromisoformat(start), UTC) - EAST
    for number, (class_, pupils) in enumerate(CLASSES.items()):
        marks = {pupil: _code(random) for pupil in range(1, pupils + 1)}
        teacher = TEACHERS[number] if number < YOUNG else random.choice(TEACHERS)
        lesson = lesson_id(class_, day.isoformat(), start)
        ms = int(begins.timestamp() * 1000) + random.randint(*LATER)
        yield Taken(ms, RegisterTaken(lesson, marks, teacher))


def _code(random: Random) -> str:
    return random.choice(CODES) if random.random() < ABSENT else "present"
