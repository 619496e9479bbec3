"""A busy school in a process of its own: takes registers beside the daemon, until somebody kills it.

Each register is told twice, as a line of JSON: before it is asked for, and once it is on the disk.
"""

import asyncio
import json
import sys
from datetime import date, timedelta
from pathlib import Path

from edge.journal import Journal
from edge.roll import Roll
from sync.records import CODES, RegisterTaken, lesson_id

PACE = 0.02  # seconds between two pairs of registers
FIRST_DAY = date(2026, 9, 1)


async def main(state: Path, class_: str) -> None:
    """Take two registers at once, one of them a correction of what was taken just before; again and again."""
    roll = Roll(Journal(state))
    number, before = 0, ""
    while True:
        number += 1
        fresh = _register(class_, number, number)
        again = _register(class_, number - 1, number + 1, before) if number > 1 else None
        pair = [each for each in (fresh, again) if each is not None]
        for register in pair:
            _tell(register)
        taking = [(register, roll.take(class_, register)) for register in pair]
        ids = [(await asyncio.wrap_future(future)).noted.id for _, future in taking]
        for register, id_ in zip(pair, ids, strict=True):
            _tell(register, id_)
        before = ids[0]
        await asyncio.sleep(PACE)


def _register(class_: str, lesson: int, marks: int, before: str = "") -> RegisterTaken:
    day, minute = FIRST_DAY + timedelta(lesson // 600), lesson % 600
    name = lesson_id(class_, day.isoformat(), f"{8 + minute // 60:02}:{minute % 60:02}")
    codes = {pupil: CODES[marks // 5**pupil % 5] for pupil in range(4)}
    taken = {pupil + 1: code for pupil, code in codes.items()}
    return (
        RegisterTaken(name, taken, prev=(before,), reason="again") if before else RegisterTaken(name, taken)
    )


def _tell(register: RegisterTaken, id_: str = "") -> None:
    marks = {str(number): code for number, code in register.marks.items()}
    print(json.dumps({"lesson": register.lesson, "marks": marks, "id": id_}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
